import * as z from 'zod';
import { publicLog } from '../../text/log.ts';
import { publicLine } from '../../text/printable.ts';
import type { Commands } from '../commands.ts';
import { FileProblem, systemFiles } from '../files.ts';
import { supervisorJournal, unitLogFile } from '../units/supervisor.ts';
import { systemWatch } from '../watch.ts';
import type { UnitJournal, UnitRecord } from './unit-journal.ts';

const recordSchema = z.object({
  at: z.number(),
  unit: z.string(),
  kind: z.enum(['started', 'ended', 'failed', 'line']),
  invocation: z.string(),
  text: z.string().optional(),
});

/** A sandbox's journal is read as a whole: it lives for days at most. Bytes. */
const longest = 64 * 1024 * 1024;

/**
 * The journal of a sandbox: its supervisor writes what becomes of the units, and the lines of jobs, with times; a server
 * writes into a file, and nobody stamps that.
 */
export function sandboxJournal(root: string, commands: Commands): UnitJournal {
  const file = `${root}/${supervisorJournal}`;
  const all = async (): Promise<UnitRecord[]> => {
    if ((await systemFiles.look(file)) === undefined) return [];
    return (await systemFiles.read(file, longest)).split('\n').flatMap((line) => parseRecord(line) ?? []);
  };
  return {
    async read(units, linesOf, { since, until = Number.POSITIVE_INFINITY }, most) {
      const wanted = { line: new Set(linesOf), other: new Set(units) };
      return (await all())
        .filter(({ unit, at, kind }) => {
          const among = kind === 'line' ? wanted.line : wanted.other;
          return among.has(unit) && at >= since && at <= until;
        })
        .slice(-most);
    },
    follow(unit, since, told) {
      let count = 0;
      let reading = Promise.resolve();
      const look = async () => {
        try {
          const lines = (await all()).filter(
            (record) => record.unit === unit && record.kind === 'line' && record.at >= since,
          );
          for (const record of lines.slice(count)) told(record);
          count = lines.length;
        } catch (error) {
          // The sandbox is being destroyed: nothing more is to be told.
          if (!(error instanceof FileProblem)) throw error;
        }
      };
      const again = () => (reading = reading.then(look));
      const watch = systemWatch(() => void again());
      watch.set([file]);
      void again();
      return {
        async finish() {
          await watch.close();
          await again();
        },
      };
    },
    async *log(unit, { lines, follow, signal }) {
      const log = `${root}/${unitLogFile(unit)}`;
      if ((await systemFiles.look(log)) === undefined) return;
      const argv: [string, ...string[]] = [
        'tail',
        `--lines=${lines}`,
        ...(follow ? ['--follow=name'] : []),
        '--',
        log,
      ];
      const shown = publicLog();
      for await (const line of commands.lines(argv, signal))
        for (const text of shown(line))
          yield { at: undefined, unit, kind: 'line', invocation: undefined, text };
    },
  };
}

function parseRecord(line: string): UnitRecord | undefined {
  if (line === '') return undefined;
  try {
    const { text, ...record } = recordSchema.parse(JSON.parse(line));
    return { ...record, ...(text === undefined ? {} : { text: publicLine(text) }) };
  } catch {
    // The supervisor is in the middle of writing it: the next look has it whole.
    return undefined;
  }
}
