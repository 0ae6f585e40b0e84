import { valueOf } from '../fleet/observation.ts';
import { chosenInstances } from '../operations/plans/choice.ts';
import { whyNot } from '../operations/plans/snapshot-choice.ts';
import { schemaLevel, type Work } from '../t3/state-database.ts';
import { againstText } from '../view/against.ts';
import { bytesText, dateText } from '../view/format.ts';
import { standingText } from '../view/snapshot.ts';
import { observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { isoTime, jsonDocument } from './render/json.ts';
import { entryJson } from './render/snapshots.ts';
import { table } from './render/table.ts';
import { liveWork } from './request.ts';

/** `snapshots compare USER`: each snapshot against what is there now, newest first. */
export function compare(context: CommandContext, user: string): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, io);
    const fleet = await observer.once({ versions: false, readers: true }).finally(() => observer.stop());
    const [instance] = chosenInstances(fleet, [user]);
    const entries = instance === undefined ? undefined : valueOf(instance.snapshots);
    if (entries === undefined) throw new Error(`${user}: the backup folder could not be looked at`);
    const found = await liveWork(user, fleet, opened);
    const [live, problem] = 'problem' in found ? [undefined, found.problem] : [found, null];
    if (options.json) {
      io.out(
        jsonDocument({
          user,
          live: live === undefined ? null : workJson(live),
          problem,
          snapshots: entries.map((entry) => ({
            ...entryJson(entry),
            schema: schemaLevel(entry.record?.migrations ?? []) ?? null,
            work: entry.record === undefined ? null : workJson(entry.record.work),
            why: whyNot(entry) ?? null,
          })),
        }),
      );
      return exit.done;
    }
    io.out(
      table(
        ['TAKEN', 'KIND', 'T3', 'SCHEMA', 'SIZE', 'STANDING', 'AGAINST NOW', 'NEWEST WORK', 'FILE'],
        entries.map((entry) => [
          dateText(entry.takenAt),
          entry.kind,
          entry.version ?? '-',
          String(schemaLevel(entry.record?.migrations ?? [])?.id ?? '-'),
          bytesText(entry.bytes),
          standingText(entry),
          againstText(entry.record?.work, live),
          entry.record?.work.lastActivity == null ? '-' : dateText(entry.record.work.lastActivity),
          entry.file,
        ]),
        [3, 4],
      ),
    );
    if (live !== undefined)
      io.out(
        `now: ${live.threads} threads, ${live.messages} messages, ${live.turns} turns; newest work ${live.lastActivity == null ? 'none' : dateText(live.lastActivity)}\n`,
      );
    if (problem !== null) io.err(`t3-cockpit: what is there now cannot be read: ${problem}\n`);
    return exit.done;
  });
}

function workJson({ lastActivity, ...counts }: Work): object {
  return { ...counts, lastActivity: lastActivity == null ? null : isoTime(lastActivity) };
}
