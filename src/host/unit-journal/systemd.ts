import { excerpt, publicLine } from '../../text/printable.ts';
import { complaint, failureText, type Commands } from '../commands.ts';
import type { UnitJournal, UnitRecord } from './unit-journal.ts';

/** What PID 1 says of a unit, by the message's identity (systemd's catalog, sd-messages(3)). */
const messages: Readonly<Record<string, UnitRecord['kind']>> = {
  // A job says that it is starting, and "started" when it has come to its end; a server says only the latter.
  '7d4958e842da4a758f6c1cdc7b36dcc5': 'started',
  '39f53479d3a045ac8e11786248231fbf': 'started',
  '7ad2d189f7e94e70a38c781354912448': 'ended',
  d9b373ed55a64feb8242e02dbe79a49c: 'failed',
};

const fields = ['MESSAGE', 'MESSAGE_ID', 'UNIT', '_SYSTEMD_UNIT', 'INVOCATION_ID', '_SYSTEMD_INVOCATION_ID'];

/** Bytes of one record at most, for the bound on what journalctl may write. */
const recordBytes = 2048;

/** More lines of one run than these are not told. */
const mostFollowed = 20_000;

/** The journal of systemd, by journalctl(1). */
export function systemdJournal(commands: Commands, timeout: number): UnitJournal {
  const journal: UnitJournal = {
    async read(units, { since, until }, most) {
      if (units.length === 0) return [];
      const result = await commands.run(
        [
          'journalctl',
          ...common(units),
          `--since=@${Math.floor(since / 1000)}`,
          ...(until === undefined ? [] : [`--until=@${Math.ceil(until / 1000)}`]),
          `--lines=${most}`,
        ],
        { timeout, maxOutput: 64 * 1024 + most * recordBytes },
      );
      const failure = failureText(result);
      // Whoever may see no journal but their own gets no records, and a hint on standard error.
      const hint = result.stderr
        .split('\n')
        .find((line) => /not seeing messages|permission|No journal files/i.test(line));
      if (failure !== undefined) throw new Error(`journalctl: ${excerpt(complaint(result)) || failure}`);
      if (hint !== undefined) throw new Error(`journalctl: ${excerpt(hint)}`);
      return onceEach(
        result.stdout
          .split('\n')
          .flatMap((line) => parseRecord(line) ?? [])
          .filter(({ at }) => at >= since && (until === undefined || at <= until)),
      );
    },

    follow(unit, since, told) {
      let count = 0;
      const hear = (record: UnitRecord | undefined) => {
        if (record?.kind !== 'line' || record.at < since) return;
        count += 1;
        told(record);
      };
      const follower = commands.follow(
        ['journalctl', '--follow', ...common([unit]), `--since=@${Math.floor(since / 1000)}`],
        (line) => hear(parseRecord(line)),
      );
      return {
        async finish() {
          follower.stop();
          await follower.ended;
          // What was said last may be under way yet: journald is asked to have it, and then for what was not heard.
          await commands.run(['journalctl', '--sync'], { timeout });
          try {
            const lines = (await journal.read([unit], { since }, mostFollowed)).filter(
              ({ kind }) => kind === 'line',
            );
            for (const record of lines.slice(count)) hear(record);
          } catch (error) {
            // The journal is not to be read: then nothing was heard before, either.
            if (!(error instanceof Error)) throw error;
          }
        },
      };
    },
  };
  return journal;
}

function common(units: readonly string[]): string[] {
  return [
    '--quiet',
    '--no-pager',
    '--output=json',
    `--output-fields=${fields.join(',')}`,
    ...units.map((unit) => `_SYSTEMD_UNIT=${unit}`),
    '+',
    '_PID=1',
    ...units.map((unit) => `UNIT=${unit}`),
  ];
}

/** One line of `journalctl --output=json`; undefined for what says nothing here. */
export function parseRecord(line: string): UnitRecord | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Not JSON: the empty line at the end, or a word of journalctl's own.
    return undefined;
  }
  const word = (key: string) => (typeof entry[key] === 'string' ? entry[key] : undefined);
  const at = Math.floor(Number(word('__REALTIME_TIMESTAMP')) / 1000);
  if (!Number.isFinite(at)) return undefined;
  const kind = messages[word('MESSAGE_ID') ?? ''];
  const about = word('UNIT');
  if (about !== undefined)
    return kind === undefined ? undefined : { at, unit: about, kind, invocation: word('INVOCATION_ID') };
  const unit = word('_SYSTEMD_UNIT');
  if (unit === undefined) return undefined;
  return {
    at,
    unit,
    kind: 'line',
    invocation: word('_SYSTEMD_INVOCATION_ID'),
    text: excerpt(publicLine(textOf(entry['MESSAGE']))),
  };
}

/** What is no text is an array of bytes there, or null where it is too long. */
function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  return Array.isArray(message) ? Buffer.from(message as number[]).toString('utf8') : '';
}

/** A job that has ended says "started" once more: of each run only the first counts. */
function onceEach(records: readonly UnitRecord[]): UnitRecord[] {
  const begun = new Set<string>();
  return records.filter(({ kind, unit, invocation }) => {
    if (kind !== 'started' || invocation === undefined) return true;
    const run = `${unit} ${invocation}`;
    if (begun.has(run)) return false;
    begun.add(run);
    return true;
  });
}
