import { reduce, type Action } from '../../src/cockpit/reducer.ts';
import { initialState, type CockpitState, type Mode } from '../../src/cockpit/state.ts';
import type { Fleet, Instance } from '../../src/fleet/fleet.ts';
import { known, unknown } from '../../src/fleet/observation.ts';
import type { OperationRecord, StepRecord } from '../../src/journal/records.ts';
import { config, probed, snapshot } from '../fakes/cockpit.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../fakes/fleet.ts';

/** Screens with one text in one place: everywhere that a screen has a text from outside. */

export const size = { columns: 100, rows: 34 };
const at = startMoment;

const detail: Mode = { kind: 'detail', offset: 0, from: 'instance' };
const report: Mode = { kind: 'report', offset: 0, from: 'instance' };
const pick: Mode = {
  kind: 'pick',
  user: 'vera',
  at: 0,
  key: undefined,
  comparison: undefined,
  from: 'instance',
};

function screen(fleet: Fleet, mode?: Mode, ...more: Action[]): CockpitState {
  const actions: Action[] = [
    { type: 'fleet', fleet },
    ...(mode === undefined ? [] : [{ type: 'mode' as const, mode }]),
    ...more,
  ];
  return actions.reduce(reduce, initialState(config, size, at));
}
const vera = (facts: Partial<Instance>, mode?: Mode) =>
  screen(fleetOf(instanceOf('alice'), instanceOf('vera', facts), instanceOf('zoe')), mode, {
    type: 'move',
    by: 1,
  });
const host = (facts: Partial<Fleet>, mode?: Mode) =>
  screen({ ...fleetOf(instanceOf('vera')), ...facts }, mode);

const operation = (difference: Partial<OperationRecord>): OperationRecord => ({
  id: 1,
  kind: 'backup',
  state: 'running',
  outcome: undefined,
  reason: undefined,
  actor: { user: 'root', uid: 0, surface: 'cockpit', pid: 1 },
  requestedAt: at.wall,
  startedAt: at.wall,
  endedAt: undefined,
  place: undefined,
  stopRequestedAt: undefined,
  ...difference,
});
const step = (difference: Partial<StepRecord>): StepRecord => ({
  id: 'vera/snapshot',
  user: 'vera',
  kind: 'snapshot',
  title: 'snapshot',
  state: 'started',
  undo: undefined,
  result: undefined,
  reason: undefined,
  startedAt: at.wall,
  endedAt: undefined,
  progress: undefined,
  ...difference,
});
const running = (difference: Partial<OperationRecord>, steps: StepRecord[], text?: string) =>
  screen(fleetOf(instanceOf('vera')), undefined, {
    type: 'operation',
    view: {
      operation: operation(difference),
      steps,
      events:
        text === undefined
          ? []
          : [
              {
                id: 1,
                operation: 1,
                at: at.wall,
                step: undefined,
                user: text,
                level: 'info',
                payload: { type: 'text', text },
              },
              {
                id: 2,
                operation: 1,
                at: at.wall,
                step: undefined,
                user: undefined,
                level: 'info',
                payload: { type: 'command', argv: [text] },
              },
            ],
      cutOff: false,
    },
  });

/** Every place where a text from outside may stand; what is no version is none, and so no text (t3/version.ts). */
export const fields: Record<string, (text: string) => CockpitState> = {
  'the name of a user': (text) => screen(fleetOf(instanceOf('alice'), instanceOf(text), instanceOf('zoe'))),
  'an authentik name': (text) => vera({ authentik: [text] }),
  'an authentik name, in the detail': (text) => vera({ authentik: [text] }, detail),
  'why a unit is unknown': (text) => vera({ unit: unknown(text, at) }),
  'the state of a unit': (text) => vera({ unit: known({ ...runningUnit, active: text, sub: text }, at) }),
  'the result of a unit': (text) =>
    vera({ unit: known({ ...runningUnit, active: 'failed', result: text }, at) }),
  'the control group': (text) => vera({ unit: known({ ...runningUnit, controlGroup: text }, at) }, detail),
  'why nobody answers': (text) => vera({ liveness: unknown(text, at) }, detail),
  'why the database is unknown': (text) => vera({ state: unknown(text, at), size: unknown(text, at) }),
  'a migration': (text) =>
    vera(
      {
        state: known(
          {
            migrations: [{ id: 30, name: text }],
            migratedAt: null,
            inFlight: 0,
            inFlightMoved: null,
            lastActivity: null,
          },
          at,
        ),
      },
      detail,
    ),
  'the file of a snapshot': (text) =>
    vera({ snapshots: known([{ ...snapshot('vera', 1), file: text }], at) }, detail),
  'the version of a snapshot': (text) =>
    vera({ snapshots: known([{ ...snapshot('vera', 1), version: text }], at) }),
  'a snapshot to choose': (text) =>
    vera({ snapshots: known([{ ...snapshot('vera', 1), file: text }], at) }, pick),
  'why a probe is broken': (text) =>
    vera({ probes: known([probed('broken', 1, { reason: text })], at) }, detail),
  'the endpoint of a probe': (text) =>
    vera({ probes: known([probed('ok', 1, { endpoint: text })], at) }, detail),
  'where a name leads': (text) =>
    vera({ mapping: known([{ name: text, leadsTo: { user: text, port: 1 } }], at) }, report),
  'who hosts the session': (text) => vera({ hosting: known({ hosts: true, because: text }, at) }, detail),
  'the reason of a freeze': (text) =>
    host({ freeze: known({ frozen: true, reason: text, since: at.wall }, at) }),
  'a line of the user map': (text) => host({ userMap: known([{ line: 1, message: text }], at) }),
  'an entry of the dispatch table': (text) => host({ dispatchTable: known([text], at) }, report),
  'what pins say': (text) =>
    host({
      pins: known(
        { readings: [{ file: text, copy: false, pin: undefined, problem: text }], agreed: undefined },
        at,
      ),
    }),
  'a problem of the journal': (text) =>
    screen(fleetOf(instanceOf('vera')), undefined, { type: 'journal problem', problem: text }),
  'a notice': (text) =>
    screen(fleetOf(instanceOf('vera')), undefined, { type: 'notice', notice: { text, tone: 'danger' } }),
  'a filter': (text) => screen(fleetOf(instanceOf('vera')), undefined, { type: 'filter', filter: text }),
  'an event': (text) => running({}, [step({})], text),
  'the title of a step': (text) => running({}, [step({ title: text }), step({ id: '2', title: text })]),
  'the reason of a step': (text) => running({}, [step({ state: 'failed', reason: text })]),
  'the phase of a step': (text) =>
    running({}, [step({ progress: { phase: text, done: 1, total: 2, at: 0 } })]),
  'the reason of an operation': (text) =>
    running({ state: 'ended', outcome: 'failed', reason: text }, [step({})]),
  'who asked': (text) =>
    screen(
      fleetOf(instanceOf('vera')),
      { kind: 'operations', at: 0, key: undefined, from: 'instance' },
      {
        type: 'operations',
        operations: [
          {
            operation: operation({ actor: { user: text, uid: 0, surface: text, pid: 1 } }),
            steps: [step({ title: text })],
          },
        ],
      },
    ),
  'a refusal': (text) =>
    screen(fleetOf(instanceOf('vera')), {
      kind: 'plan',
      asking: { kind: 'restart', users: ['vera'] },
      preview: { refused: text },
      typed: '',
      offset: 0,
      from: 'instance',
    }),
  'what is typed': (text) =>
    screen(fleetOf(instanceOf('vera')), {
      kind: 'plan',
      asking: { kind: 'restart', users: [text] },
      preview: {
        plan: {
          kind: 'restart',
          lanes: [],
          leftOut: [{ user: text, reason: text, harmless: false }],
          parallel: 1,
          notes: [text],
        },
      },
      typed: text,
      offset: 0,
      from: 'instance',
    }),
  'what the package source says': (text) =>
    screen(fleetOf(instanceOf('vera')), {
      kind: 'versions',
      at: 0,
      key: undefined,
      choice: { problem: text },
      from: 'instance',
    }),
};
