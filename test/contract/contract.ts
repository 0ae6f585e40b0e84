import { describe } from 'vitest';
import { describeBetweenVersions } from './between-versions.ts';
import { describeCommandLine } from './command-line.ts';
import { describeProcess } from './process.ts';
import { describeTranscript } from './replay.ts';
import type { T3 } from './subject.ts';

/**
 * The one list of what this project believes of t3 (docs/t3-contract.md), held against one t3: a stand-in, or a real one.
 *
 * @param newest The newest stand-in: it does to this t3's database what a newer t3 does.
 */
export function describeT3Contract(name: string, t3: T3, newest: T3): void {
  // Besides what a call may take, some tests make several, and wait for a credential to run out.
  describe(name, { timeout: 8 * (t3.patience ?? 60_000) }, () => {
    describeTranscript(t3);
    describeCommandLine(t3);
    describeProcess(t3);
    describeBetweenVersions(t3, newest);
  });
}
