import type { LogRecord } from '../../host/unit-journal/unit-journal.ts';
import { printable } from '../../text/printable.ts';
import type { Tone } from '../../view/cell.ts';
import { broken, dateText, width } from '../../view/format.ts';
import type { CockpitState } from '../state.ts';
import { segment, type Line } from './line.ts';

/** A record in lines of a width; of a record they never change. */
const written = new WeakMap<LogRecord, { columns: number; lines: readonly Line[] }>();

/** What a user's unit has said, oldest first, nothing of it cut; or why that cannot be read. */
export function logLines({ log }: CockpitState, user: string, columns: number): readonly Line[] {
  if (log?.user !== user) return [[segment(' …', 'muted')]];
  if (log.problem !== undefined) return [[segment(` unknown: ${log.problem}`, 'unknown')]];
  if (log.records.length === 0) return [[segment(' nothing in the last day', 'muted')]];
  return log.records.flatMap((record) => linesOf(record, columns));
}

/** What was done with it, in our words where we have some, stands out from what it wrote itself. */
const words: Record<Exclude<LogRecord['kind'], 'line'>, { text?: string; tone: Tone }> = {
  started: { text: 'was started', tone: 'ok' },
  ended: { text: 'has ended', tone: 'attention' },
  failed: { text: 'has failed', tone: 'danger' },
  'out of memory': { text: 'the kernel killed a process of it: out of memory', tone: 'danger' },
  said: { tone: 'muted' },
};

function linesOf(record: LogRecord, columns: number): readonly Line[] {
  const known = written.get(record);
  if (known?.columns === columns) return known.lines;
  const time = record.at === undefined ? ' ' : ` ${dateText(record.at).slice(5)}  `;
  const { text = record.text ?? '', tone } =
    record.kind === 'line' ? { tone: 'plain' as const } : words[record.kind];
  const strong = record.kind === 'failed' || record.kind === 'out of memory';
  const lines = broken(printable(text), Math.max(10, columns - width(time) - 1)).map((part, index): Line => [
    segment(index === 0 ? time : ' '.repeat(width(time)), 'muted'),
    segment(part, tone, strong),
  ]);
  written.set(record, { columns, lines });
  return lines;
}
