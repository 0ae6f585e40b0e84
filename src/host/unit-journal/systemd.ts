import { excerpt } from '../../text/printable.ts';
import { complaint, failureText, type Commands } from '../commands.ts';
import { recordParser } from './entry.ts';
import type { JournalFollower, LogOptions, LogRecord, UnitJournal, UnitRecord } from './unit-journal.ts';

/** Bytes of one record at most, for the bound on what journalctl may write: it leaves fields of more than 4 kB out. */
const recordBytes = 5 * 1024;

/** More lines of one run than these are not told. */
const mostFollowed = 20_000;

/** The journal of systemd, by journalctl(1). */
export function systemdJournal(commands: Commands, timeout: number): UnitJournal {
  const journal: UnitJournal = {
    async read(units, linesOf, { since, until }, most) {
      if (units.length === 0) return [];
      const argv: [string, ...string[]] = [
        'journalctl',
        ...output,
        ...matches(units, linesOf),
        `--since=@${Math.floor(since / 1000)}`,
        ...(until === undefined ? [] : [`--until=@${Math.ceil(until / 1000)}`]),
        `--lines=${most}`,
      ];
      const result = await commands.run(argv, { timeout, maxOutput: 64 * 1024 + most * recordBytes });
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
          .flatMap(recordParser())
          .filter(({ at, kind }) => kind !== 'said' && at >= since && (until === undefined || at <= until)),
      );
    },
    follow: (unit, since, told) => followLines(commands, journal, timeout, unit, since, told),
    log: (unit, options) => readLog(commands, timeout, unit, options),
  };
  return journal;
}

const output = [
  '--quiet',
  '--no-pager',
  '--output=json',
  '--output-fields=MESSAGE,MESSAGE_ID,UNIT,_PID,_SYSTEMD_UNIT,INVOCATION_ID,_SYSTEMD_INVOCATION_ID',
];

/** What the units in `linesOf` wrote, and what PID 1 says of all of them. */
const matches = (units: readonly string[], linesOf: readonly string[]): string[] => [
  ...(linesOf.length === 0 ? [] : [...linesOf.map((unit) => `_SYSTEMD_UNIT=${unit}`), '+']),
  '_PID=1',
  ...units.map((unit) => `UNIT=${unit}`),
];

function followLines(
  commands: Commands,
  journal: UnitJournal,
  timeout: number,
  unit: string,
  since: number,
  told: (record: UnitRecord) => void,
): JournalFollower {
  let count = 0;
  const parse = recordParser();
  const hear = (record: UnitRecord) => {
    if (record.kind !== 'line' || record.at < since) return;
    count += 1;
    told(record);
  };
  const follower = commands.follow(
    ['journalctl', '--follow', ...output, ...matches([unit], [unit]), `--since=@${Math.floor(since / 1000)}`],
    (line) => parse(line).forEach(hear),
  );
  return {
    async finish() {
      follower.stop();
      await follower.ended;
      // What was said last may be under way yet: journald is asked to have it, and then for what was not heard.
      await commands.run(['journalctl', '--sync'], { timeout });
      try {
        const lines = (await journal.read([unit], [unit], { since }, mostFollowed)).filter(
          ({ kind }) => kind === 'line',
        );
        for (const record of lines.slice(count)) hear(record);
      } catch (error) {
        // The journal is not to be read: then nothing was heard before, either.
        if (!(error instanceof Error)) throw error;
      }
    },
  };
}

async function* readLog(
  commands: Commands,
  timeout: number,
  unit: string,
  { lines, since, follow, signal }: LogOptions,
): AsyncGenerator<LogRecord, void> {
  // Who may read some journals and not this one is told so on standard error, and gets nothing, or a part, with success.
  const may = await commands.run(['journalctl', '--no-pager', '--lines=0', `--unit=${unit}`], { timeout });
  const words = may.stderr.split('\n')[0] ?? '';
  if (words !== '' || may.exitCode !== 0)
    throw new Error(
      `no permission to read the log of ${unit}: ${excerpt(words)}; as root, or in the group systemd-journal`,
    );
  const argv: [string, ...string[]] = [
    'journalctl',
    ...output,
    `--lines=${lines}`,
    ...(since === undefined ? [] : [`--since=@${Math.floor(since / 1000)}`]),
    ...(follow ? ['--follow'] : []),
    ...matches([unit], [unit]),
  ];
  const parse = recordParser();
  for await (const line of commands.lines(argv, signal)) yield* parse(line);
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
