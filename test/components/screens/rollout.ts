import type { EventRecord, StepRecord } from '../../../src/journal/records.ts';
import type { OperationStory } from '../../../src/operations/story.ts';
import { startMoment } from '../../fakes/fleet.ts';
import { event, operation, snapshotTitle, step } from './records.ts';

/** A bump in its middle: judged, saved, switched; one user is over, one is under way, one waits. */

const { wall } = startMoment;

const gate = (version: string, role: 'control' | 'candidate', database: string | null, finding = false) => ({
  role,
  version,
  database,
  finding: finding ? { of: 'version', words: 'it cannot be paired with: 404 at exchange' } : null,
  report: {
    problem: null,
    startMs: 812,
    version,
    ready: true,
    cookie: 't3_session',
    pairing: finding
      ? { verdict: 'broken', step: 'exchange', reason: '404', endpoint: null }
      : { verdict: 'ok', step: null, reason: null, endpoint: '/api/auth/bootstrap' },
    memory: 181_000_000,
    ended: null,
    log: ['12:01:14 INFO migrations 31_AuthAuthorizationScopes, 32_SessionIndexes done'],
  },
  schema: {
    before: database === null ? null : { id: 30, name: 'ProjectionThreadShellArchiveIndexes' },
    after: { id: 32, name: 'SessionIndexes' },
  },
  migrations: version === '0.0.24' ? [] : ['31_AuthAuthorizationScopes', '32_SessionIndexes'],
  missing: ['a memory limit'],
});

const lane = (user: string | null, phase: string, ...steps: StepRecord[]) => ({
  user,
  phase,
  steps: steps.map(({ id }) => ({ id })),
});

const judged = [
  step(undefined, 'download', 'fetch t3 0.0.27', 'succeeded'),
  step('ada', 'gate', 'try 0.0.24 on a copy', 'succeeded', {
    id: 'gate/control',
    result: gate('0.0.24', 'control', 'ada'),
  }),
  step('ada', 'gate', 'try 0.0.27 on a copy', 'succeeded', {
    id: 'gate/candidate',
    result: gate('0.0.27', 'candidate', 'ada'),
  }),
];
const saved = ['ada', 'emo', 'grace'].map((user) => step(user, 'snapshot', snapshotTitle, 'succeeded'));
const moved = [
  step(undefined, 'pin', 'move the pin', 'succeeded'),
  step(undefined, 'install', 'make 0.0.27 the global one', 'succeeded'),
];
const kinds: [string, string][] = [
  ['stop', 'stop the server'],
  ['cold-copy', 'copy the database once more'],
  ['start', 'start the server'],
  ['check', 'version and schema'],
  ['prove', 'the handshake'],
  ['soak', 'watch it for a while'],
];
const canary = kinds.map(([kind, words]) =>
  step(
    'grace',
    kind,
    words,
    'succeeded',
    kind === 'cold-copy' ? { result: { bytes: 201_400_000, file: 'prebump-0.0.24.sqlite' } } : {},
  ),
);
const now = kinds.map(([kind, words], index) =>
  step(
    'ada',
    kind,
    words,
    index === 0 ? 'succeeded' : index === 1 ? 'started' : 'pending',
    index === 1 ? { progress: { phase: 'copy', done: 120_000_000, total: 201_000_000, at: wall } } : {},
  ),
);
const later = kinds.map(([kind, words]) => step('emo', kind, words, 'pending'));

export const rollout: OperationStory = {
  operation: operation({ kind: 'bump', id: 12, startedAt: wall - 184_000 }),
  steps: [...judged, ...saved, ...moved, ...canary, ...now, ...later],
  lanes: [
    lane(null, 'judge', ...judged),
    ...saved.map((each) => lane(each.user ?? null, 'save', each)),
    lane(null, 'switch', ...moved),
    lane('grace', 'users', ...canary),
    lane('ada', 'users', ...now),
    lane('emo', 'users', ...later),
  ],
  leftOut: [{ user: 'konrad', reason: 'its server is stopped' }],
  notes: [],
  missed: 0,
  cutOff: false,
  events: Array.from({ length: 60 }, (_, index): EventRecord =>
    event(
      180 - index * 3,
      index % 7 === 3
        ? { type: 'command', argv: ['systemctl', 'start', '--no-block', 't3-serve@grace.service'] }
        : index % 7 === 5
          ? {
              type: 'output',
              text: 'npm warn deprecated node-domexception@1.0.0: Use your platform’s native DOMException instead',
            }
          : { type: 'step', state: index % 2 === 0 ? 'started' : 'succeeded' },
      {
        user: index < 20 ? undefined : index < 44 ? 'grace' : 'ada',
        step: index < 20 ? 'download' : 'grace/stop',
        id: index + 1,
      },
    ),
  ),
};
