import { appendFileSync } from 'node:fs';
import { supervisorJournal } from '../../host/units/supervisor.ts';
import type { Layout } from '../layout.ts';

/** What a journal keeps of a unit: that it was started, how it came to its end, and the lines of a job. */
export interface Told {
  unit: string;
  kind: 'started' | 'ended' | 'failed' | 'line';
  invocation: string;
  text?: string;
}

/** The journal of a sandbox, in place of systemd's: a line of JSON each (host/unit-journal.ts reads it). */
export function supervisorJournalOf(layout: Layout): (told: Told) => void {
  const file = `${layout.root}/${supervisorJournal}`;
  return (told) => appendFileSync(file, `${JSON.stringify({ at: Date.now(), ...told })}\n`, { mode: 0o600 });
}
