import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { readSteps } from '../../../src/journal/operations.ts';
import { Recorder, recordOperation } from '../../../src/journal/recorder.ts';
import { readSnapshots, recordSnapshot } from '../../../src/journal/snapshots.ts';
import { execute, type Ended } from '../../../src/operations/run/executor.ts';
import { planBackup } from '../../../src/operations/plans/backup.ts';
import { planFreeze } from '../../../src/operations/plans/freeze.ts';
import { planSchema, type Plan } from '../../../src/operations/plan.ts';
import { planPrune } from '../../../src/operations/plans/prune.ts';
import { catalog } from '../../../src/snapshots/catalog.ts';
import { formatName } from '../../../src/snapshots/names.ts';
import { Binaries } from '../../../src/t3/binaries.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';
import { FakeClock } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';
import { RecordingHost, type Effect, type Fate, type Stored } from './recording-host.ts';
import { configureProperties, runs } from './runs.ts';

/** Guarantee 10, over plans that nobody thought of: what is done is what the dry run printed, and nothing else. */

configureProperties();

/** Little is kept, so that much goes. */
const { config } = loadConfig({
  set: ['snapshots.keep.last=1', 'snapshots.keep.daily=0', 'snapshots.keep.weekly=0'],
});
const clock = new FakeClock();
const users = ['alice', 'bob', 'carol', 'dave'];
const folderOf = (user: string) => `/var/backups/t3-state/${user}`;
const ownOf = (user: string) => `${folderOf(user)}/${config.snapshots.folder}`;
const fates = fc.constantFrom<Fate>('done', 'done', 'done', 'refused', 'lost');
/** Each case has a journal of its own on the disk: fewer than of those that are only computed. */
const numRuns = Math.max(10, Math.round(runs / 4));

/** Execute a plan as it is read back from the journal. */
async function run(
  plan: Plan,
  about: {
    disk?: ReadonlyMap<string, Stored>;
    fate?: () => Fate;
    readOnly?: boolean;
    prepare?: (db: ReturnType<typeof openJournal>) => void;
  },
) {
  const recording = new RecordingHost(users, about.disk ?? new Map(), about.fate ?? (() => 'done'));
  const folder = scratch();
  const durable = openJournal(folder, false);
  const quick = openJournal(folder, false);
  try {
    about.prepare?.(durable);
    const steps = plan.lanes.flatMap((lane) => lane.steps);
    const id = recordOperation(durable, clock, {
      kind: plan.kind,
      request: {},
      plan,
      config: {},
      actor: { user: 'root', uid: 0, surface: 'test', pid: 1 },
      steps,
      session: [],
    });
    const { host } = recording;
    const ended: Ended = await execute(planSchema.parse(JSON.parse(JSON.stringify(plan))), {
      host,
      config: { ...config, readOnly: about.readOnly ?? false },
      recorder: new Recorder(durable, quick, clock, id),
      binaries: new Binaries(host, config),
      signal: new AbortController().signal,
    });
    return {
      ...recording,
      ended,
      steps: readSteps(durable, id),
      recorded: users.flatMap((user) => readSnapshots(durable, user)),
    };
  } finally {
    quick.close();
    durable.close();
  }
}

const drawn = (coins: Iterator<Fate>) => () => coins.next().value as Fate;

describe('a backup', () => {
  const cases = fc.record({
    wanted: fc.subarray(users, { minLength: 1 }),
    missing: fc.subarray(users),
    naming: fc.record({ now: fc.integer({ min: 0, max: 4e12 }), tail: fc.constant('abcdef12') }),
    coins: fc.infiniteStream(fates),
  });

  it('adds the files of its plan, of those who succeeded, and touches nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ wanted, missing, naming, coins }) => {
        const fleet = fleetOf(
          ...users.map((user) =>
            instanceOf(user, missing.includes(user) ? { size: unknown('a link', startMoment) } : {}),
          ),
        );
        const plan = planBackup(
          fleet,
          config,
          { kind: 'backup', snapshotKind: 'manual', users: wanted },
          naming,
        );
        const { effects, disk, steps, recorded } = await run(plan, { fate: drawn(coins) });
        const planned = plan.lanes.flatMap(({ steps: each }) =>
          each.flatMap((step) => (step.kind === 'snapshot' ? [step] : [])),
        );
        const allowed = new Set<Effect>(
          planned.flatMap(({ backups, folder, file }): Effect[] => [
            `make folder ${backups}`,
            `add ${folder}/${file}`,
          ]),
        );
        expect(effects.filter((effect) => !allowed.has(effect))).toEqual([]);
        const done = new Set(steps.filter(({ state }) => state === 'succeeded').map(({ id }) => id));
        // In the journal, on the disk, and said to have succeeded: the three are one.
        const files = planned.filter(({ id }) => done.has(id)).map(({ folder, file }) => `${folder}/${file}`);
        expect([...disk.keys()].toSorted()).toEqual(files.toSorted());
        expect(recorded.map(({ folder, file }) => `${folder}/${file}`).toSorted()).toEqual(files.toSorted());
        for (const { user } of planned) expect(wanted).toContain(user);
        expect(plan.leftOut.map(({ user }) => user)).toEqual(
          users.filter((user) => wanted.includes(user) && missing.includes(user)),
        );
      }),
      { numRuns },
    );
  });

  it('in read-only mode has no effect at all', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ wanted, naming }) => {
        const fleet = fleetOf(...users.map((user) => instanceOf(user)));
        const plan = planBackup(
          fleet,
          config,
          { kind: 'backup', snapshotKind: 'manual', users: wanted },
          naming,
        );
        const { effects, ended } = await run(plan, { readOnly: true });
        expect(effects).toEqual([]);
        expect(ended.outcome).toBe('refused');
      }),
      { numRuns: 5 },
    );
  });
});

describe('a removal of snapshots', () => {
  const hour = 3_600_000;
  const cases = fc.record({
    ages: fc.array(fc.tuple(fc.constantFrom(...users), fc.integer({ min: 1, max: 900 })), { maxLength: 20 }),
    /** Changed, or gone, between the plan and its run. */
    meanwhile: fc.infiniteStream(fc.constantFrom('same', 'same', 'same', 'other', 'gone')),
    coins: fc.infiniteStream(fates),
  });

  it('removes files of its plan, as they were planned, and touches nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ ages, meanwhile, coins }) => {
        const records = ages.map(([user, age], index) => {
          const takenAt = clock.now() - age * hour;
          const file = formatName(
            { kind: 'manual', version: '0.0.24', takenAt },
            index.toString(16).padStart(6, '0'),
          );
          return {
            user,
            kind: 'manual' as const,
            folder: ownOf(user),
            file,
            takenAt,
            version: '0.0.24',
            bytes: 100,
            sha256: 'a'.repeat(64),
            pageSize: 4096,
            migrations: [{ id: 30, name: 'A' }],
            work: { projects: 0, threads: 0, messages: 0, turns: 0, lastActivity: null },
            verifiedAt: takenAt,
            operation: 1,
          };
        });
        const fleet = fleetOf(
          ...users.map((user) => {
            const own = records.filter((record) => record.user === user);
            const entries = catalog(
              user,
              {
                own: {
                  path: ownOf(user),
                  files: own.map(({ file }) => ({ name: file, bytes: 100, modified: 0 })),
                },
                host: { path: folderOf(user), files: [] },
              },
              own.map((record, id) => ({
                ...record,
                id,
                protected: false,
                problem: undefined,
                tried: undefined,
              })),
            );
            return instanceOf(user, { snapshots: known(entries, startMoment) });
          }),
        );
        const plan = planPrune(fleet, config, { kind: 'prune' }, clock.now());
        if (plan.lanes.length === 0) return;
        const before = new Map<string, Stored>();
        for (const { folder, file, bytes, sha256 } of records) {
          const now = meanwhile.next().value;
          if (now !== 'gone')
            before.set(`${folder}/${file}`, { bytes, sha256: now === 'other' ? 'c'.repeat(64) : sha256 });
        }
        const { effects, disk, recorded } = await run(plan, {
          disk: before,
          fate: drawn(coins),
          prepare: (db) => {
            for (const record of records) recordSnapshot(db, record);
          },
        });
        const planned = new Set(
          plan.lanes.flatMap((lane) =>
            lane.steps.flatMap((step) =>
              step.kind === 'remove-snapshot' ? [`${step.folder}/${step.file}`] : [],
            ),
          ),
        );
        const removed = effects.map((effect) => effect.replace(/^remove /, ''));
        for (const path of removed) {
          expect(planned).toContain(path);
          // One that was swapped meanwhile is somebody else's.
          expect(before.get(path)?.sha256).toBe('a'.repeat(64));
        }
        for (const [path, stored] of before)
          if (!removed.includes(path)) expect(disk.get(path)).toEqual(stored);
        // Whatever is still there is still vouched for, and nobody loses the last one.
        const vouched = new Set(recorded.map(({ folder, file }) => `${folder}/${file}`));
        for (const path of disk.keys()) expect(vouched).toContain(path);
        for (const user of users) {
          const whole = ([path, { sha256 }]: [string, Stored]) =>
            path.startsWith(`${ownOf(user)}/`) && sha256 === 'a'.repeat(64);
          if ([...before].some(whole)) expect([...disk].some(whole), user).toBe(true);
        }
      }),
      { numRuns },
    );
  });
});

describe('a freeze', () => {
  it('writes, or removes, the file of its plan', async () => {
    for (const reason of ['by hand', null]) {
      const plan = planFreeze(config, { kind: 'freeze', reason });
      const { effects } = await run(plan, {});
      expect(effects).toEqual([`${reason === null ? 'remove' : 'write'} ${config.paths.freeze}`]);
    }
  });
});
