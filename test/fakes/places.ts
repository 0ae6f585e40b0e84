import type { Action } from '../../src/cockpit/reducer.ts';
import type { Mode } from '../../src/cockpit/state.ts';
import type { Plan } from '../../src/operations/plan.ts';
import { backup } from '../components/screens/scenes.ts';
import { operation, step } from '../components/screens/records.ts';
import { rollout } from '../components/screens/rollout.ts';
import { scheduled } from './schedules.ts';

export const plan: Plan = {
  kind: 'restore',
  lanes: [],
  leftOut: [],
  parallel: 1,
  notes: ['a note'],
  consent: { word: 'alice', because: ['the state database of alice is replaced'], interrupts: false },
};
const asking = { kind: 'restart', users: ['alice'] } as const;
const from = 'instance';
const opened = (view: 'tree' | 'output' | 'evidence', search = '', typing = false): Action[] => [
  {
    type: 'mode',
    mode: {
      kind: 'operation',
      id: 12,
      view,
      offset: 0,
      follow: view === 'output',
      search,
      typing,
      from,
      back: 'fleet',
    },
  },
  { type: 'opened', story: rollout },
];
const shown = (mode: Mode): Action[] => [{ type: 'mode', mode }];
const listed: Action = {
  type: 'operations',
  operations: [
    { operation: operation({ id: 12, state: 'ended', outcome: 'succeeded' }), steps: rollout.steps },
    {
      operation: operation({ id: 11, state: 'ended', outcome: 'succeeded' }),
      steps: [step('ada', 'replace', 'replace the database', 'succeeded')],
    },
  ],
};
export const versions = { versions: ['0.0.27', '0.0.24'], tags: { latest: '0.0.27' } };

/** Everything that the cockpit may be showing. */
export const places: Readonly<Record<string, readonly Action[]>> = {
  'the fleet': [],
  'the fleet while an operation runs': [backup],
  'the fleet in read-only mode': [],
  'the fleet with marks and a filter': [{ type: 'filter', filter: 'running' }, { type: 'mark' }],
  'nobody at all': [],
  'a filter': shown({ kind: 'filter', pane: from, before: { filter: '', selected: 'alice' } }),
  ...Object.fromEntries(
    (['overview', 'snapshots', 'log', 'operations', 'versions'] as const).map((tab) => [
      `the ${tab} of a user`,
      shown({ kind: 'detail', tab, offset: 0, from }),
    ]),
  ),
  'a command': shown({
    kind: 'command',
    typed: '',
    at: 0,
    from,
    of: { kind: 'fleet', pane: from },
  }),
  'a command like none': shown({ kind: 'command', typed: 'xyzzy', at: 0, from, of: undefined }),
  'the report': shown({ kind: 'report', offset: 0, from }),
  'the snapshots to choose from': shown({
    kind: 'pick',
    user: 'alice',
    at: 0,
    key: undefined,
    comparison: undefined,
    from,
  }),
  'no snapshots to choose from': shown({
    kind: 'pick',
    user: 'dave',
    at: 0,
    key: undefined,
    comparison: undefined,
    from,
  }),
  'versions to choose from': [
    ...shown({ kind: 'versions', at: 0, key: undefined, choice: undefined, from }),
    { type: 'choice', choice: versions },
  ],
  'versions that did not come yet': shown({
    kind: 'versions',
    at: 0,
    key: undefined,
    choice: undefined,
    from,
  }),
  'a plan': shown({ kind: 'plan', asking, preview: { plan }, typed: 'ali', offset: 0, from }),
  'a plan with its word': shown({
    kind: 'plan',
    asking,
    preview: { plan },
    typed: 'alice',
    offset: 0,
    from,
  }),
  'a plan that is refused': shown({
    kind: 'plan',
    asking,
    preview: { refused: 'it hosts this session' },
    typed: '',
    offset: 0,
    from,
  }),
  'a plan that is being made': shown({
    kind: 'plan',
    asking,
    preview: undefined,
    typed: '',
    offset: 0,
    from,
  }),
  'the operations': [listed, ...shown({ kind: 'operations', at: 0, key: undefined, from })],
  'no operations': shown({ kind: 'operations', at: 0, key: undefined, from }),
  'the schedules': [
    { type: 'schedules', schedules: [scheduled(3), scheduled(2, { state: 'ended', outcome: 'succeeded' })] },
    ...shown({ kind: 'schedules', at: 0, key: undefined, from }),
  ],
  'the doctor, looking': shown({ kind: 'doctor', diagnosis: undefined, offset: 0, from }),
  'what the doctor has found': shown({
    kind: 'doctor',
    offset: 0,
    from,
    diagnosis: {
      findings: [
        {
          group: 'units',
          subject: 't3-serve@emo',
          verdict: 'wrong',
          found: 'has no memory limit',
          remedy: 'give it one',
          command: 'systemctl edit t3-serve@emo',
        },
        {
          group: 't3',
          subject: 't3',
          verdict: 'ok',
          found: '0.0.24',
          remedy: '',
          command: null,
        },
      ],
    },
  }),
  'no schedules': shown({ kind: 'schedules', at: 0, key: undefined, from }),
  'when it is to be done': shown({ kind: 'when', what: { kind: 'backup' }, typed: '', from }),
  'a time': shown({ kind: 'when', what: { kind: 'backup' }, typed: '02:30', from }),
  'the tree of an operation': opened('tree'),
  'its output': opened('output'),
  'its output with what is looked for': opened('output', 'systemctl'),
  'its output with what is not there': opened('output', 'xyzzy'),
  'its output while words are typed': opened('output', 'sys', true),
  'its evidence': opened('evidence'),
  'an operation that is not read yet': shown({
    kind: 'operation',
    id: 5,
    view: 'tree',
    offset: 0,
    follow: false,
    search: '',
    typing: false,
    from,
    back: 'fleet',
  }),
  'the findings': shown({ kind: 'findings', at: 0, key: undefined, from }),
  'what happened': [
    { type: 'happened', told: { since: 0, happenings: [], jobs: [], problem: undefined, first: false } },
    ...shown({ kind: 'happened', offset: 0, from }),
  ],
  'the help': shown({ kind: 'help', offset: 0, from, of: { kind: 'fleet', pane: from } }),
};
