import * as z from 'zod';
import { excerpt, publicLine } from '../../text/printable.ts';
import { FileProblem, systemFiles } from '../files.ts';
import { supervisorJournal } from '../units/supervisor.ts';
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

/** The journal that a sandbox's supervisor writes. */
export function sandboxJournal(root: string): UnitJournal {
  const file = `${root}/${supervisorJournal}`;
  const all = async (): Promise<UnitRecord[]> => {
    if ((await systemFiles.look(file)) === undefined) return [];
    return (await systemFiles.read(file, longest)).split('\n').flatMap((line) => parseRecord(line) ?? []);
  };
  return {
    async read(units, { since, until = Number.POSITIVE_INFINITY }, most) {
      const wanted = new Set(units);
      return (await all())
        .filter(({ unit, at }) => wanted.has(unit) && at >= since && at <= until)
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
  };
}

function parseRecord(line: string): UnitRecord | undefined {
  if (line === '') return undefined;
  try {
    const { text, ...record } = recordSchema.parse(JSON.parse(line));
    return { ...record, ...(text === undefined ? {} : { text: excerpt(publicLine(text)) }) };
  } catch {
    // The supervisor is in the middle of writing it: the next look has it whole.
    return undefined;
  }
}
