import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seed } from '../unit/properties/runs.ts';
import { Aftermath } from './aftermath.ts';
import type { Disk } from './disk.ts';
import { fingerprint } from './tree.ts';
import { crashesOf } from './fates.ts';
import { scenarios, type Scenario } from './operation.ts';
import { record, type Recording } from './recording.ts';
import { hasStrace, type Operation } from './trace.ts';

/**
 * The power goes, at any call to the kernel of an operation: of what was not flushed any part may be on the disk, in any
 * order, torn at any sector. Every such state is laid out in real files, opened by SQLite as a server would, and read.
 */

/** In memory where there is such a file system: thousands of states are written, and none of them has to last. */
const elsewhere = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', 't3-cockpit-power-'));
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

const counts: string[] = [];
let total = 0;
afterAll(() => {
  process.stdout.write(
    hasStrace
      ? `power loss, seed ${seed}: ${total} states: ${counts.join('; ')}\n`
      : 'power loss: not tried, there is no strace(1) here\n',
  );
});

/** Lay out every state that a crash may leave. @returns how many different ones @throws at the first that must not be */
function tryAll(
  scenario: Scenario,
  recording: Recording,
  disk: Disk,
  moments = disk.moments,
): { states: number; moments: number } {
  const aftermath = new Aftermath(recording, scenario, path.join(elsewhere, 'state'));
  const seen = new Set<string>();
  for (const { tree, words } of crashesOf(disk, moments)) {
    const print = fingerprint(tree.files);
    if (seen.has(print)) continue;
    seen.add(print);
    try {
      aftermath.look(tree.files);
    } catch (error) {
      throw new Error(`T3_COCKPIT_SEED=${seed}: ${scenario}, ${words}:\n${String(error)}`, { cause: error });
    }
  }
  return { states: seen.size, moments: disk.moments.length };
}

describe.skipIf(!hasStrace).each(scenarios)('the power goes in a %s', (scenario) => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await record(scenario);
  }, 900_000);

  it('which ends as it should when it does not', () => {
    const { outcome, disk } = recording;
    expect(outcome).toBe(scenario === 'restore that goes back' ? 'rolled back' : 'succeeded');
    const aftermath = new Aftermath(recording, scenario, path.join(elsewhere, 'state'));
    aftermath.look(disk.after(disk.length, 'pessimistic', 'everything').files);
  });

  it('and leaves the old database or the chosen one, and every snapshot that is vouched for', () => {
    const { states, moments } = tryAll(scenario, recording, recording.disk);
    counts.push(`${scenario} ${states} states at ${moments} moments`);
    total += states;
  }, 900_000);

  // What is tried here has to be able to fail: each of these calls is there because of such a state.
  it.runIf(scenario === 'restore')(
    'which would be lost without the calls that flush',
    () => {
      const flushes = (what: RegExp) => (operation: Operation) =>
        (operation.type === 'sync' && what.test(operation.file)) ||
        (operation.type === 'sync folder' && what.test(operation.folder));
      for (const what of [/\.new$/, /userdata$/, /prerestore.*partial$/, /cockpit$/]) {
        const disk = recording.without(flushes(what));
        // From its end on: what was never flushed is missed soonest there.
        expect(() => tryAll(scenario, recording, disk, disk.moments.toReversed()), String(what)).toThrow(
          'T3_COCKPIT_SEED',
        );
      }
    },
    600_000,
  );
});
