import { UsageProblem } from '../operations/errors.ts';
import type { LogRecord } from '../host/unit-journal/unit-journal.ts';
import { dateText } from '../view/format.ts';
import { observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { isoTime, jsonDocument, jsonLine } from './render/json.ts';

export interface LogsFlags {
  follow: boolean;
  lines: number;
}

/** `logs USER`: the log of a user’s server, without what nobody may know. */
export function logs(context: CommandContext, user: string, { follow, lines }: LogsFlags): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, io);
    const fleet = await observer.once({ versions: false, readers: false }).finally(() => observer.stop());
    const instance = fleet.instances.find((each) => each.user === user);
    if (fleet.userMap.kind === 'unknown') throw new Error(`user map: ${fleet.userMap.reason}`);
    if (instance === undefined) throw new UsageProblem(`no user ${user} in the user map`);
    const unit = instance.unitName;
    const stop = new AbortController();
    const told = opened.host.unitJournal.log(unit, { lines, follow, signal: stop.signal });
    let interrupted = false;
    const release = io.onInterrupt(() => {
      interrupted = true;
      stop.abort();
    });
    const deadline =
      options.timeout === undefined ? undefined : setTimeout(() => stop.abort(), options.timeout);
    const document: object[] = [];
    try {
      for await (const line of told) {
        if (options.json && !follow) document.push(lineJson(line));
        else io.out(options.json ? jsonLine(lineJson(line)) : lineText(line));
        await io.drained();
      }
    } finally {
      clearTimeout(deadline);
      release();
    }
    if (options.json && !follow) io.out(jsonDocument({ user, unit, lines: document }));
    return interrupted ? exit.interrupted : exit.done;
  });
}

/** What the supervisor says of the unit is told from what the unit says, which may be anything. */
const lineText = ({ at, kind, text = '' }: LogRecord): string =>
  `${at === undefined ? '' : `${dateText(at)}  `}${kind === 'line' ? '' : '-- '}${text}\n`;

const lineJson = ({ at, kind, text = '' }: LogRecord): object => ({
  at: at === undefined ? null : isoTime(at),
  from: kind === 'line' ? 'unit' : 'supervisor',
  text,
});
