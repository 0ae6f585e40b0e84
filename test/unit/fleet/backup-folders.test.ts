import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { lookAtSnapshots, type RememberedFolder } from '../../../src/fleet/collect/snapshots.ts';
import type { Instance } from '../../../src/fleet/fleet.ts';
import { pending, valueOf } from '../../../src/fleet/observation.ts';
import type { FolderFacts } from '../../../src/fleet/reader/protocol.ts';
import { serve } from '../../../src/fleet/reader/serve.ts';
import { systemFiles } from '../../../src/host/files.ts';
import type { SnapshotRecord } from '../../../src/snapshots/catalog.ts';
import { instanceOf } from '../../fakes/fleet.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** When a backup folder is looked at, and listed; and of when what is said of it is. */

const { config } = loadConfig();
const second = 1000;
const account = { name: 'ada', uid: 1000, gid: 1000, home: '/home/ada' };

let looks = 0;
const host = fakeHost({
  files: { ...systemFiles, look: (file) => ((looks += 1), systemFiles.look(file)) },
});

let folder: string;
let instance: Instance;
let remembered: RememberedFolder;
beforeEach(() => {
  const root = scratch();
  config.paths.backups = path.join(root, '{user}');
  folder = path.join(root, 'ada');
  mkdirSync(folder);
  backUp('state-20260101-033000.sqlite');
  instance = instanceOf('ada', { snapshots: pending });
  remembered = {};
  looks = 0;
});

let backups = 0;
/** Each at a time of its own: a file system may count in hundredths of a second. */
function backUp(file: string): void {
  writeFileSync(path.join(folder, file), '');
  backups += 1;
  utimesSync(folder, backups, backups);
}

/** @returns the files that are shown, and how long ago that was so */
async function seen(records: readonly SnapshotRecord[] = none) {
  const { due, judge } = await lookAtSnapshots({ host, config }, instance, account, remembered, records);
  const [answer] = due === undefined ? [] : serve([due]);
  const snapshots = judge(answer as { facts: FolderFacts } | undefined);
  instance = { ...instance, snapshots };
  return {
    files: valueOf(snapshots)?.map(({ file }) => file),
    age: snapshots.kind === 'known' ? (host.clock.tick - snapshots.at.tick) / second : snapshots.kind,
  };
}
const none: readonly SnapshotRecord[] = [];
const [first, another] = ['state-20260101-033000.sqlite', 'state-20260102-033000.sqlite'];

describe('a backup folder', () => {
  it('is looked at on its own cadence, and is as old as the last look meanwhile', async () => {
    expect(await seen()).toEqual({ files: [first], age: 0 });
    expect(looks).toBe(2);
    backUp(another);
    for (const age of [5, 10, 15, 20, 25]) {
      host.clock.advance(5 * second);
      expect(await seen()).toEqual({ files: [first], age });
    }
    expect(looks).toBe(2);
    // A little early, as a timer may be: not once more too late.
    host.clock.advance(4.9 * second);
    expect(await seen()).toEqual({ files: [another, first], age: 0 });
    expect(looks).toBe(4);
  });

  it('that was not read yet is looked at each time, and says what it said, growing old', async () => {
    await seen();
    backUp(another);
    host.clock.advance(30 * second);
    const judged = async () => {
      const { due, judge } = await lookAtSnapshots({ host, config }, instance, account, remembered, none);
      expect(due).toBeDefined();
      instance = { ...instance, snapshots: judge(undefined) };
    };
    await judged();
    host.clock.advance(5 * second);
    await judged();
    expect(instance.snapshots).toMatchObject({ at: { tick: host.clock.tick - 35 * second } });
    expect(await seen()).toEqual({ files: [another, first], age: 0 });
  });

  it('that could not be read is looked at each time', async () => {
    await seen();
    host.clock.advance(30 * second);
    backUp(another);
    const { judge } = await lookAtSnapshots({ host, config }, instance, account, remembered, none);
    instance = { ...instance, snapshots: judge({ problem: 'no permission' }) };
    expect(instance.snapshots).toMatchObject({ kind: 'unknown', reason: 'no permission' });
    expect(await seen()).toEqual({ files: [another, first], age: 0 });
  });

  it('is held against what the journal says now, without a look', async () => {
    await seen();
    const before = valueOf(instance.snapshots);
    host.clock.advance(5 * second);
    await seen();
    expect(valueOf(instance.snapshots)).toBe(before);
    const record = { user: 'ada', folder, file: first, bytes: 0, kind: 'host', takenAt: 1 };
    await seen([record as unknown as SnapshotRecord]);
    expect(valueOf(instance.snapshots)).toMatchObject([{ file: first, standing: 'verified' }]);
    expect(looks).toBe(2);
  });
});
