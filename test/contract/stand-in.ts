import { entryCommand } from '../../src/host/program.ts';
import type { T3 } from './subject.ts';

/** The stand-in as a t3 of that version: the bundled door, which the tests' global setup has built of today's sources. */
export function standIn(version: string): T3 {
  return { command: entryCommand('stand-in-t3', '--stand-in-version', version), version };
}
