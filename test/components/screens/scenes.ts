import { loadConfig } from '../../../src/config/load.ts';
import { reduce, type Action } from '../../../src/cockpit/reducer.ts';
import { initialState, type CockpitState } from '../../../src/cockpit/state.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import type { Fleet, Instance } from '../../../src/fleet/fleet.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import { probeResult, type ProbeStanding } from '../../../src/t3/verdict.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';
import { event, operation, snapshotTitle, step } from './records.ts';
import { rollout } from './rollout.ts';

/** What the pictures of the tests show: a host on which some things are well, and some are not. */

const { wall } = startMoment;
const minute = 60_000;
const hour = 60 * minute;

const snapshot = (user: string, hours: number, about: Partial<CatalogEntry> = {}): CatalogEntry => ({
  user,
  origin: 'cockpit',
  folder: `/var/backups/t3-state/${user}/cockpit`,
  file: `manual-0.0.24-20261123T0${hours % 10}0000Z-0000${hours % 10}1.sqlite`,
  kind: 'manual',
  version: '0.0.24',
  takenAt: wall - hours * hour,
  bytes: 201_400_000,
  standing: 'verified',
  record: undefined,
  ...about,
});

const probed = (
  verdict: ProbeStanding['last']['verdict'],
  minutes: number,
  about: Parameters<typeof probeResult>[2] = {},
): ProbeStanding => {
  const last = {
    ...probeResult('direct', verdict, { latency: 42, endpoint: '/api/auth/bootstrap', ...about }),
    at: wall - minutes * minute,
    version: '0.0.24',
    operation: 7,
  };
  return { last, since: last.at - 2 * hour, lastOk: verdict === 'ok' ? last : undefined };
};

const well = (user: string, facts: Partial<Instance> = {}): Instance =>
  instanceOf(user, {
    authentik: [user, `${user}@example.org`],
    snapshots: known(
      [snapshot(user, 3), snapshot(user, 11, { kind: 'daily', origin: 'host', standing: 'unverified' })],
      startMoment,
    ),
    probes: known([probed('ok', 24)], startMoment),
    size: known({ database: 201_000_000, wal: 4_200_000 }, startMoment),
    ...facts,
  });

const working = {
  migrations: [{ id: 30, name: 'ProjectionThreadShellArchiveIndexes' }],
  migratedAt: wall - 86_400_000,
  inFlight: 2,
  inFlightMoved: wall - 4000,
  lastActivity: wall - 4000,
};

export const mixed: Fleet = {
  ...fleetOf(
    well('ada'),
    well('emo', { snapshots: known([snapshot('emo', 76)], startMoment) }),
    well('grace', { state: known(working, startMoment) }),
    well('konrad', {
      unit: known({ ...runningUnit, active: 'inactive', sub: 'dead' }, startMoment),
      snapshots: known([], startMoment),
    }),
    well('margaret', {
      probes: known(
        [probed('broken', 12, { step: 'exchange', reason: '404', latency: undefined })],
        startMoment,
      ),
    }),
    well('王小明', {
      liveness: known({ version: '0.0.23', latency: 8 }, startMoment),
      deferral: known({ version: '0.0.24', since: wall - 5 * hour }, startMoment),
    }),
    well('maximiliane-rosenberger', {
      state: unknown('the folder is a link', startMoment),
      hosting: known({ hosts: true, because: 'this cockpit was started from it' }, startMoment),
    }),
  ),
  jobs: known(
    [
      {
        name: 't3-backup-state',
        installed: true,
        barred: undefined,
        running: false,
        ended: 'well',
        since: wall - 8 * hour,
        next: wall + 15 * hour,
        last: wall - 8 * hour,
        scheduled: true,
      },
    ],
    startMoment,
  ),
};

export const calm: Fleet = fleetOf(well('ada'), well('emo'), well('grace'));

const { config: defaults } = loadConfig({ environment: {} });
const config = { ...defaults, host: { ...defaults.host, name: 'devvm' } };

export function opened(
  size: CockpitState['size'],
  palette: CockpitState['look']['palette'],
  fleet: Fleet,
  ...actions: Action[]
): CockpitState {
  const look = { palette, glyphs: palette === 'none' ? 'ascii' : 'unicode' } as const;
  return [{ type: 'fleet', fleet } as const, ...actions].reduce(
    (state: CockpitState, action: Action) => reduce(state, action),
    initialState(config, size, startMoment, look),
  );
}

export const backup: Action = {
  type: 'operation',
  view: {
    operation: operation(),
    cutOff: false,
    steps: [
      step('ada', 'snapshot', snapshotTitle, 'succeeded', {
        result: {
          bytes: 201_400_000,
          work: { threads: 41, messages: 2210 },
          file: 'manual-0.0.24-20261123T120000Z-000001.sqlite',
        },
      }),
      step('emo', 'snapshot', snapshotTitle, 'started', {
        progress: { phase: 'copy', done: 90_000_000, total: 201_000_000, at: wall },
      }),
      step('grace', 'snapshot', snapshotTitle, 'failed', { reason: 'no space left on device' }),
      step('konrad', 'snapshot', snapshotTitle, 'pending'),
    ],
    events: [
      event(13, { type: 'operation', state: 'running' }),
      event(12, { type: 'step', state: 'started' }, { user: 'ada', step: 'ada/snapshot' }),
      event(
        11,
        { type: 'command', argv: ['setpriv', '--reuid', '1000', 'node', 'dist/snapshotter.js'], as: 'ada' },
        { user: 'ada', step: 'ada/snapshot' },
      ),
      event(9, { type: 'step', state: 'succeeded' }, { user: 'ada', step: 'ada/snapshot' }),
      event(
        4,
        { type: 'step', state: 'failed', reason: 'no space left on device' },
        { user: 'grace', step: 'grace/snapshot', level: 'error' },
      ),
    ],
  },
};

const watching = (view: 'tree' | 'output' | 'evidence', search = ''): Action[] => [
  {
    type: 'mode',
    mode: {
      kind: 'operation',
      id: 12,
      view,
      offset: 0,
      follow: view === 'output',
      search,
      typing: false,
      from: 'instance',
      back: 'fleet',
    },
  },
  { type: 'opened', story: rollout },
];

const lately: Action = {
  type: 'operations',
  operations: [
    { id: 11, kind: 'restore', outcome: 'succeeded' as const },
    { id: 10, kind: 'bump', outcome: 'rolled back' as const, reason: 'grace: pairing is broken at exchange' },
    { id: 9, kind: 'backup', outcome: 'succeeded' as const },
  ].map((each, index) => ({
    operation: operation({ ...each, state: 'ended', requestedAt: wall - (index * 7 + 2) * hour }),
    steps: [],
  })),
};

export const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
] as const;

export interface Scene {
  name: string;
  title: string;
  fleet: Fleet;
  actions: readonly Action[];
}

export const scenes: readonly Scene[] = [
  { name: 'fleet', title: 'What needs the admin comes first', fleet: mixed, actions: [lately] },
  { name: 'calm', title: 'Quiet when all is well', fleet: calm, actions: [] },
  { name: 'backup', title: 'A backup under way', fleet: mixed, actions: [backup] },
  {
    name: 'detail',
    title: 'Everything about one user',
    fleet: mixed,
    actions: [
      { type: 'move', by: 4 },
      { type: 'mode', mode: { kind: 'detail', offset: 0, from: 'instance' } },
    ],
  },
  {
    name: 'findings',
    title: 'What needs the admin, one by one',
    fleet: mixed,
    actions: [{ type: 'mode', mode: { kind: 'findings', at: 1, key: undefined, from: 'instance' } }],
  },
  {
    name: 'help',
    title: 'The keys',
    fleet: mixed,
    actions: [{ type: 'mode', mode: { kind: 'help', offset: 0, from: 'instance' } }],
  },
  { name: 'rollout', title: 'A bump: phases, users, steps', fleet: mixed, actions: watching('tree') },
  {
    name: 'rollout-output',
    title: 'What a bump says, and what is looked for in it',
    fleet: mixed,
    actions: watching('output', 'systemctl'),
  },
  { name: 'evidence', title: 'What the gate has seen', fleet: mixed, actions: watching('evidence') },
  {
    name: 'palette',
    title: 'Every action by its name',
    fleet: mixed,
    actions: [
      {
        type: 'mode',
        mode: {
          kind: 'command',
          typed: 'ba em',
          at: 0,
          from: 'instance',
          of: { kind: 'fleet', pane: 'instance' },
        },
      },
    ],
  },
  {
    name: 'marked',
    title: 'Three are marked',
    fleet: mixed,
    actions: [{ type: 'mark' }, { type: 'move', by: 1 }, { type: 'mark' }, { type: 'mark' }],
  },
];
