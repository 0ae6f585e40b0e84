import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../../../src/cockpit/asking.ts';
import { Controller } from '../../../src/cockpit/controller.ts';
import type { Diagnosis, Effects } from '../../../src/cockpit/effects.ts';
import { completionsOf } from '../../../src/cockpit/palette.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { Store } from '../../../src/cockpit/store.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { known } from '../../../src/fleet/observation.ts';
import type { CutOff } from '../../../src/operations/cut-off.ts';
import { commandTree, type Faces } from '../../../src/commands/main.ts';
import type { Io } from '../../../src/commands/io.ts';
import { operation, step } from '../../components/screens/records.ts';
import { alice, bob, snapshot, stateOf, textOf, windowOf } from '../../fakes/cockpit.ts';
import { fakeEffects } from '../../fakes/effects.ts';
import { startMoment } from '../../fakes/fleet.ts';
import { places, plan } from '../../fakes/places.ts';

/** What the command line can do, the cockpit can: by a key, or by its name from wherever one is. */

const kept = { ...snapshot('alice', 1), record: { protected: true } } as ReturnType<typeof snapshot>;
const loose = { ...snapshot('alice', 2), record: { protected: false } } as ReturnType<typeof snapshot>;
const hosts = { ...snapshot('alice', 3), origin: 'host' as const };

function cockpit(effects: Partial<Effects> = {}, state?: CockpitState) {
  const carried: string[] = [];
  const shown = stateOf(
    { columns: 100, rows: 30 },
    { ...alice, snapshots: known([kept, loose, hosts], startMoment) },
    bob,
  );
  const store = new Store(state ?? shown);
  const controller = new Controller(
    store,
    fakeEffects({
      carryOut: (asking) => (
        carried.push(argumentsOf(asking).join(' ')),
        Promise.resolve({ said: `done: ${asking.kind}` })
      ),
      preview: () => Promise.resolve({ plan: { ...plan, consent: undefined } }),
      versions: () => Promise.resolve({ versions: ['0.0.27', '0.0.24'], tags: { latest: '0.0.27' } }),
      ...effects,
    }),
  );
  const press = async (...keys: string[]) => {
    for (const key of keys) {
      controller.press([key]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { store, press, carried };
}

describe('a version', () => {
  it('is judged by a key where it is chosen, and nothing else is begun', async () => {
    const { press, carried, store } = cockpit();
    await press('u', 'p');
    expect(carried).toEqual(['preflight 0.0.27']);
    expect(store.get().notice?.text).toBe('done: preflight');
  });
});

describe('a snapshot', () => {
  it('is protected, and not any more; the host’s own is not ours to keep', async () => {
    const { press, carried, store } = cockpit();
    await press('r', 'K', 'j', 'K', 'j', 'K');
    expect(carried).toEqual([
      'snapshots unprotect /b/manual-alice-1.sqlite',
      'snapshots protect /b/manual-alice-2.sqlite',
    ]);
    expect(store.get().notice?.text).toContain('the host’s own script made it');
  });
});

describe('retention', () => {
  it('removes what its plan has shown, after that was agreed to', async () => {
    const { press, carried } = cockpit();
    await press('X', 'X', 'enter');
    expect(carried).toEqual([]);
    await press('escape', 'X', ...'yes', 'enter');
    expect(carried).toEqual(['snapshots prune']);
  });
});

describe('an operation that was cut off', () => {
  it('is left as it stands by abandon, after that was agreed to', async () => {
    const listed = { operation: operation({ id: 4 }), steps: [step('alice', 'replace', 'x', 'started')] };
    let state = reduce(stateOf(undefined, alice), { type: 'operations', operations: [listed] });
    state = reduce(state, { type: 'cut off', cutOff: [{ ...listed, undecided: true } as unknown as CutOff] });
    const { press, carried } = cockpit({}, state);
    await press('o', 'a', 'enter');
    expect(carried).toEqual([]);
    await press(...'yes', 'enter');
    expect(carried).toEqual(['operations abandon 4']);
  });
});

describe('doctor', () => {
  const fact = {
    group: 'units',
    subject: 'emo',
    found: 'has no limit',
    remedy: 'give it one',
    command: null,
  };
  const diagnosis: Diagnosis = {
    findings: [
      { ...fact, verdict: 'ok', found: 'is there', remedy: '' },
      { ...fact, verdict: 'attention' },
      { ...fact, verdict: 'wrong', command: 'systemctl edit emo' },
    ],
  };

  it('says that it looks, then what is wrong first, with what to do', async () => {
    let answer: (found: Diagnosis) => void = () => undefined;
    const { press, store } = cockpit({ doctor: () => new Promise((resolve) => (answer = resolve)) });
    await press('D');
    expect(windowOf(store.get())).toMatchObject({ title: 'doctor: looking…' });
    answer(diagnosis);
    await press('g');
    const { title, lines } = windowOf(store.get()) as {
      title: string;
      lines: Parameters<typeof textOf>[0][];
    };
    expect(title).toBe('doctor: 1 wrong, 1 to look at, 1 as it should be');
    expect(lines.map(textOf).map((line) => line.trimEnd())).toEqual([
      ' wrong       units: emo: has no limit',
      '             give it one',
      '             systemctl edit emo',
      ' attention   units: emo: has no limit',
      '             give it one',
      ' ok          units: emo: is there',
    ]);
    await press('D');
    expect(store.get().mode.kind).toBe('fleet');
  });

  it('that answers when nobody looks any more changes nothing', async () => {
    const { press, store } = cockpit({ doctor: () => Promise.resolve(diagnosis) });
    await press('D', 'escape');
    expect(store.get().mode.kind).toBe('fleet');
  });
});

describe('the palette', () => {
  const labels = (state: CockpitState) => completionsOf(state).map(({ text }) => text);

  it.each(['the log of a user', 'the tree of an operation', 'the report', 'what happened'])(
    'offers what the fleet’s keys do also at %s',
    async (place) => {
      const state = (places[place] ?? []).reduce(reduce, stateOf({ columns: 100, rows: 30 }, alice, bob));
      const { press, store } = cockpit({ doctor: () => Promise.resolve({ findings: [] }) }, state);
      await press(':', ...'free');
      expect(labels(store.get())).toContain('freeze');
      await press('escape', ':', ...'doctor', 'enter');
      expect(store.get().mode.kind).toBe('doctor');
      expect(labels(reduce(state, { type: 'mode', mode: { kind: 'fleet', pane: 'instance' } }))).toEqual([]);
    },
  );
});

describe('every asking', () => {
  it('is a command that there is', () => {
    const program = commandTree([], {} as Io, { version: '0' } as Faces, () => undefined);
    const askings = [
      { kind: 'restore', user: 'alice', file: '/b/x' },
      { kind: 'undo', operation: 1 },
      { kind: 'restart', users: ['alice'] },
      { kind: 'drain' },
      { kind: 'bump', version: '0.0.27' },
      { kind: 'take back', users: [] },
      { kind: 'freeze' },
      { kind: 'unfreeze' },
      { kind: 'resume', operation: 1 },
      { kind: 'rollback', operation: 1 },
      { kind: 'abandon', operation: 1 },
      { kind: 'preflight', version: '0.0.27' },
      { kind: 'prune' },
      { kind: 'protect', file: '/b/x' },
      { kind: 'unprotect', file: '/b/x' },
      { kind: 'schedule', what: { kind: 'bump', version: '0.0.27' }, when: '02:00' },
      { kind: 'schedule', what: { kind: 'backup' }, when: '02:00-03:00' },
      { kind: 'cancel', schedule: 1, about: '' },
    ] as const;
    for (const asking of askings) {
      const [first = '', second = ''] = argumentsOf(asking);
      const command = program.commands.find((each) => each.name() === first);
      expect(command?.name(), first).toBe(first);
      if (['operations', 'snapshots', 'schedule'].includes(first))
        expect(command?.commands.map((each) => each.name())).toContain(second);
    }
  });
});
