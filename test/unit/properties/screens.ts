import * as fc from 'fast-check';
import { loadConfig } from '../../../src/config/load.ts';
import type { Action } from '../../../src/cockpit/reducer.ts';
import type { Mode } from '../../../src/cockpit/state.ts';
import type { Fleet, Instance } from '../../../src/fleet/fleet.ts';
import { known, pending, unknown, type Observation } from '../../../src/fleet/observation.ts';
import type { OperationRecord, StepRecord } from '../../../src/journal/records.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import type { Migration } from '../../../src/t3/state-database.ts';
import { probeResult } from '../../../src/t3/verdict.ts';
import { printable } from '../../../src/text/printable.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';

/** Fleets that nobody thought of: any fact known, unknown, old or not looked at, with any text that may be in it. */

export const { config } = loadConfig();
export const { wall, tick } = startMoment;
const hour = 3_600_000;

/** What people, programs and attackers call things, after it has passed the door where all foreign text does. */
export const texts = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '',
      '表表表表表表表表',
      'e\u0301e\u0301e\u0301',
      '👩‍👩‍👧‍👦👩‍👩‍👧‍👦',
      '🇦🇹🇦🇹',
      '\ud83d',
      'ẗ̷̢͇̮͙̙̲͎́h̸̨̞̣̠͙̿e̶̡͍͖͑',
      'a\u200db',
      'ｗｉｄｅ',
      '-'.repeat(300),
    ),
  )
  .map((text) => printable(text));

const names = fc.constantFrom('alice', 'bob', 'carol', 'd', 'e'.repeat(32));
/** A moment that is new, old, or just not old yet. */
const moments = fc
  .constantFrom(0, 0, 1, 60_000, 3 * hour, 90 * 24 * hour)
  .map((ago) => ({ wall: wall - ago, tick: tick - ago }));

const observed = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Observation<Value>> =>
  fc.oneof(
    fc.constant<Observation<Value>>(pending),
    fc.tuple(values, moments).map(([value, at]) => known(value, at)),
    fc
      .tuple(texts, moments, fc.option(fc.tuple(values, moments), { nil: undefined }))
      .map(([reason, at, before]) =>
        unknown(reason, at, before === undefined ? pending : known(before[0], before[1])),
      ),
  );

const units = fc
  .record({
    load: fc.constantFrom('loaded', 'loaded', 'masked', 'not-found', 'error'),
    active: fc.constantFrom('active', 'active', 'inactive', 'failed', 'activating', 'deactivating'),
    sub: fc.constantFrom('running', 'running', 'dead', 'auto-restart', 'failed', 'exited'),
    result: fc.constantFrom('success', 'exit-code', 'signal', 'oom-kill'),
    exitStatus: fc.constantFrom(undefined, 0, 1, 130),
    since: fc.option(fc.integer({ min: wall - 90 * 24 * hour, max: wall + hour }), { nil: undefined }),
  })
  .map((facts) => ({ ...runningUnit, ...facts }));
const versions = fc.constantFrom('0.0.24', '0.0.27', '0.0.33-nightly.20260808.1031');
const entries: fc.Arbitrary<CatalogEntry> = fc
  .record({
    kind: fc.constantFrom('daily', 'prebump', 'manual', 'prerestore'),
    standing: fc.constantFrom('verified', 'verified', 'unverified', 'changed', 'damaged', 'missing'),
    age: fc.integer({ min: -hour, max: 900 * hour }),
    file: texts,
    origin: fc.constantFrom('cockpit', 'host'),
  })
  .map(({ age, ...facts }) => ({
    user: 'alice',
    folder: '/b',
    version: '0.0.24',
    takenAt: wall - age,
    bytes: 1_000_000,
    record: undefined,
    ...facts,
  }));
const standings = fc
  .record({
    verdict: fc.constantFrom('ok', 'ok', 'broken', 'unreachable', 'unmapped', 'unknown'),
    age: fc.integer({ min: 0, max: 90 * 24 * hour }),
    name: fc.option(texts, { nil: undefined }),
    reason: fc.option(texts, { nil: undefined }),
  })
  .map(({ verdict, age, name, reason }) => {
    const last = {
      ...probeResult(name === undefined ? 'direct' : 'dispatch', verdict, { name, reason }),
      at: wall - age,
      version: '0.0.24',
      operation: 1,
    };
    return { last, since: last.at, lastOk: undefined };
  });

const instances: fc.Arbitrary<Instance> = fc
  .record({
    user: names,
    authentik: fc.array(texts, { maxLength: 3 }),
    account: observed(fc.constant({ name: 'alice', uid: 1000, gid: 1000, home: '/home/alice' })),
    port: observed(fc.integer({ min: 1, max: 65_535 })),
    mapping: observed(
      fc.array(fc.record({ name: texts, leadsTo: fc.constant(undefined) }), { maxLength: 2 }),
    ),
    unit: observed(units),
    liveness: observed(
      fc.record({ version: versions, latency: fc.double({ min: 0, max: 1e5, noNaN: true }) }),
    ),
    size: observed(fc.record({ database: fc.maxSafeNat(), wal: fc.nat() })),
    state: observed(
      fc.record({
        migrations: fc.constantFrom<Migration[]>([], [{ id: 30, name: 'A' }], [{ id: 38, name: 'B' }]),
        migratedAt: fc.constantFrom(null, wall - hour),
        inFlight: fc.nat({ max: 3 }),
        inFlightMoved: fc.constantFrom(null, wall),
        lastActivity: fc.constantFrom(null, wall - 900 * hour, wall),
      }),
    ),
    snapshots: observed(
      fc.array(entries, { maxLength: 6 }).map((all) => all.toSorted((a, b) => b.takenAt - a.takenAt)),
    ),
    probes: observed(fc.array(standings, { maxLength: 3 })),
    hosting: observed(
      fc.oneof(
        fc.constant({ hosts: false as const }),
        texts.map((because) => ({ hosts: true as const, because })),
      ),
    ),
    deferral: observed(
      fc.option(fc.record({ version: versions, since: fc.constant(wall) }), { nil: undefined }),
    ),
  })
  .map((facts) => instanceOf(facts.user, facts));

export const fleets: fc.Arbitrary<Fleet> = fc
  .record({
    instances: fc.uniqueArray(instances, { selector: ({ user }) => user, maxLength: 5 }),
    installed: observed(versions),
    freeze: observed(
      fc.oneof(
        fc.constant({ frozen: false as const }),
        texts.map((reason) => ({ frozen: true as const, reason, since: wall })),
      ),
    ),
    lastGood: observed(fc.option(versions, { nil: undefined })),
    userMap: observed(fc.array(fc.record({ line: fc.nat(), message: texts }), { maxLength: 3 })),
    dispatchTable: observed(fc.array(texts, { maxLength: 3 })),
  })
  .map(({ instances: all, ...facts }) => ({ ...fleetOf(...all), ...facts }));

export const sizes = fc.record({
  columns: fc.integer({ min: 60, max: 220 }),
  rows: fc.integer({ min: 15, max: 60 }),
});

const from = fc.constantFrom('instance' as const, 'operation' as const);
const offset = fc.nat({ max: 50 });
const modes: fc.Arbitrary<Mode> = fc.oneof(
  fc.record({ kind: fc.constant('fleet' as const), pane: from }),
  fc.record({ kind: fc.constantFrom('detail' as const, 'report' as const, 'help' as const), offset, from }),
  fc.record({
    kind: fc.constant('pick' as const),
    user: names,
    at: fc.nat({ max: 9 }),
    key: fc.constant(undefined),
    comparison: fc.constant(undefined),
    from,
  }),
  fc.record({
    kind: fc.constant('versions' as const),
    at: fc.nat({ max: 9 }),
    key: fc.constant(undefined),
    choice: fc.oneof(
      fc.constant(undefined),
      texts.map((problem) => ({ problem })),
      fc.array(versions, { maxLength: 3 }).map((all) => ({ versions: all, tags: { latest: '0.0.27' } })),
    ),
    from,
  }),
  fc.record({
    kind: fc.constant('operations' as const),
    at: fc.nat({ max: 9 }),
    key: fc.constant(undefined),
    from,
  }),
  fc.record({
    kind: fc.constant('plan' as const),
    asking: fc.constant({ kind: 'restart' as const, users: ['alice'] }),
    preview: fc.oneof(
      fc.constant(undefined),
      texts.map((refused) => ({ refused })),
    ),
    typed: texts,
    offset,
    from,
  }),
);

const operations = fc
  .record({
    id: fc.integer({ min: 1, max: 3 }),
    state: fc.constantFrom('requested' as const, 'running' as const, 'ended' as const),
    outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'rolled back' as const),
    reason: fc.option(texts, { nil: undefined }),
  })
  .map(({ outcome, ...facts }): OperationRecord => ({
    kind: 'backup',
    actor: { user: 'root', uid: 0, surface: 'cockpit', pid: 1 },
    requestedAt: wall,
    startedAt: wall,
    endedAt: undefined,
    place: undefined,
    stopRequestedAt: undefined,
    ...facts,
    outcome: facts.state === 'ended' ? outcome : undefined,
  }));
const steps: fc.Arbitrary<StepRecord> = fc
  .record({
    user: fc.option(names, { nil: undefined }),
    title: texts,
    reason: fc.option(texts, { nil: undefined }),
    state: fc.constantFrom('pending', 'started', 'succeeded', 'failed', 'refused', 'interrupted', 'undone'),
    done: fc.nat(),
    total: fc.nat(),
  })
  .map(({ done, total, ...facts }) => ({
    id: `${facts.user ?? ''}/${facts.title}`,
    kind: 'snapshot',
    undo: undefined,
    result: undefined,
    startedAt: wall,
    endedAt: undefined,
    progress: { phase: 'copy', done, total, at: 0 },
    ...facts,
  }));

/** Anything that may come in, in any order: the clock jumps both ways, an answer comes late. */
export const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fleets.map((fleet): Action => ({ type: 'fleet', fleet })) },
  fc
    .integer({ min: -200 * 24 * hour, max: 200 * 24 * hour })
    .map((by): Action => ({ type: 'tick', wall: wall + by, tick: tick + Math.abs(by) })),
  sizes.map((size): Action => ({ type: 'resize', ...size })),
  fc
    .oneof(fc.constantFrom('first' as const, 'last' as const), fc.integer({ min: -60, max: 60 }))
    .map((by): Action => ({ type: 'move', by })),
  { weight: 3, arbitrary: modes.map((mode): Action => ({ type: 'mode', mode })) },
  fc.oneof(texts, names, fc.constant('')).map((filter): Action => ({ type: 'filter', filter })),
  fc.constantFrom<Action>({ type: 'take back' }, { type: 'sort' }),
  fc
    .tuple(operations, fc.array(steps, { maxLength: 6 }), texts, fc.boolean())
    .map(([operation, all, text, cutOff]): Action => ({
      type: 'operation',
      view: {
        operation,
        steps: all,
        events: [
          {
            id: 1,
            operation: operation.id,
            at: wall,
            step: undefined,
            user: undefined,
            level: 'info',
            payload: { type: 'text', text },
          },
        ],
        cutOff,
      },
    })),
  fc.array(operations, { maxLength: 3 }).map((all): Action => ({
    type: 'operations',
    operations: all.map((operation) => ({ operation, steps: [] })),
  })),
  fc.array(operations, { maxLength: 2 }).map((all): Action => ({
    type: 'cut off',
    cutOff: all.map((operation) => ({ operation, steps: [], decisionNeeded: false }) as never),
  })),
  texts.map((text): Action => ({ type: 'notice', notice: { text, tone: 'attention' } })),
  fc.option(texts, { nil: undefined }).map((problem): Action => ({ type: 'journal problem', problem })),
  texts.map((typed): Action => ({ type: 'typed', typed })),
);
