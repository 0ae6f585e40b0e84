import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { visibleInstances } from '../../../src/cockpit/arrange.ts';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { dueForProbe } from '../../../src/cockpit/probe-clock.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { initialState, sorts, type CockpitState } from '../../../src/cockpit/state.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { bodyOf, bodyWindow } from '../../../src/cockpit/view-models/body.ts';
import { lineWidth, type Line } from '../../../src/cockpit/view-models/line.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import type { Instance } from '../../../src/fleet/fleet.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import { probeResult, type ProbeStanding } from '../../../src/t3/verdict.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';

const { config } = loadConfig();
const hour = 3_600_000;
const { wall } = startMoment;

function stateOf(size = { columns: 100, rows: 30 }, ...instances: Instance[]): CockpitState {
  return reduce(initialState(config, size, startMoment), { type: 'fleet', fleet: fleetOf(...instances) });
}

const stopped = { ...runningUnit, active: 'inactive', sub: 'dead', controlGroup: undefined };
const snapshot = (user: string, hours: number): CatalogEntry => ({
  user,
  origin: 'cockpit',
  folder: '/b',
  file: `manual-${user}-${hours}.sqlite`,
  kind: 'manual',
  version: '0.0.24',
  takenAt: wall - hours * hour,
  bytes: 1,
  standing: 'verified',
  record: undefined,
});
const probed = (verdict: ProbeStanding['last']['verdict'], hoursAgo = 1, about = {}): ProbeStanding => {
  const last = {
    ...probeResult('direct', verdict, about),
    at: wall - hoursAgo * hour,
    version: '0.0.24',
    operation: 1,
  };
  return { last, since: last.at, lastOk: verdict === 'ok' ? last : undefined };
};

const alice = instanceOf('alice', {
  authentik: ['alice', 'liddell@example.org'],
  snapshots: known([snapshot('alice', 3)], startMoment),
  probes: known([probed('ok')], startMoment),
  size: known({ database: 10, wal: 0 }, startMoment),
});
const bob = instanceOf('bob', {
  snapshots: known([snapshot('bob', 1)], startMoment),
  probes: known([probed('ok')], startMoment),
  size: known({ database: 30, wal: 0 }, startMoment),
});
const carol = instanceOf('carol', {
  unit: known(stopped, startMoment),
  snapshots: known([snapshot('carol', 50)], startMoment),
});
const dave = instanceOf('dave', {
  snapshots: unknown('the folder is a link', startMoment),
  size: unknown('no state database', startMoment),
  state: unknown('no state database', startMoment),
});
const four = (size?: CockpitState['size']) => stateOf(size, alice, bob, carol, dave);
const names = (state: CockpitState) => visibleInstances(state).map(({ user }) => user);
const textOf = (line: Line) => line.map(({ text }) => text).join('');

describe('the filter', () => {
  const filtered = (filter: string) => names(reduce(four(), { type: 'filter', filter }));

  it.each([
    ['', ['alice', 'bob', 'carol', 'dave']],
    ['ALI', ['alice']],
    ['liddell', ['alice']],
    ['stopped', ['carol']],
    ['running bo', ['bob']],
    ['!running', ['carol']],
    ['running !bob !dave', ['alice']],
    ['!', ['alice', 'bob', 'carol', 'dave']],
    ['nobody', []],
  ])('%j lets %j through', (filter, expected) => {
    expect(filtered(filter)).toEqual(expected);
  });

  it('keeps the selection where it can, and gives it to a neighbour where not', () => {
    const on = (user: string) => ({ ...four(), selected: user });
    expect(reduce(on('carol'), { type: 'filter', filter: 'stopped' }).selected).toBe('carol');
    expect(reduce(on('dave'), { type: 'filter', filter: 'running !dave' }).selected).toBe('bob');
    expect(reduce(on('bob'), { type: 'filter', filter: 'nobody' }).selected).toBeUndefined();
  });

  it('says how many it hides, on every screen', () => {
    for (const columns of [60, 80, 200]) {
      const state = reduce(four({ columns, rows: 24 }), { type: 'filter', filter: 'stopped' });
      expect(textOf(screenModel(state, glyphsFor(config, {})).notice)).toContain('/stopped');
      if (columns >= 80)
        expect(textOf(screenModel(state, glyphsFor(config, {})).header)).toContain('1 of 4 users');
    }
  });
});

describe('the order', () => {
  const sorted = (sort: (typeof sorts)[number]) => names({ ...four(), sort });

  it('is the user map’s, by name, or by what is asked; what is unknown is never last', () => {
    expect(sorted('map')).toEqual(['alice', 'bob', 'carol', 'dave']);
    expect(names({ ...stateOf(undefined, dave, bob, alice), sort: 'name' })).toEqual([
      'alice',
      'bob',
      'dave',
    ]);
    expect(sorted('backup')).toEqual(['dave', 'carol', 'alice', 'bob']);
    expect(sorted('size')[0]).toBe('dave');
    expect(sorted('size').indexOf('bob')).toBeLessThan(sorted('size').indexOf('alice'));
    expect(sorted('activity')[0]).toBe('dave');
    // Late backup first; then what nobody could look at; then those who are well.
    expect(sorted('attention').slice(0, 2)).toEqual(['carol', 'dave']);
  });

  it('does not move rows while only time goes by', () => {
    const state = { ...four(), sort: 'backup' as const };
    const later = reduce(state, { type: 'tick', wall: wall + 40 * hour, tick: startMoment.tick + 1 });
    expect(visibleInstances(later)).toBe(visibleInstances(state));
  });

  it('goes round by its key', () => {
    let state = four();
    for (const _ of sorts) state = reduce(state, { type: 'sort' });
    expect(state.sort).toBe('map');
  });
});

describe('typing', () => {
  function typing() {
    const asked: string[] = [];
    const ask = (what: string) => () => {
      asked.push(what);
      return Promise.resolve({ operation: 1 });
    };
    const effects: Effects = {
      backup: ask('backup'),
      probe: ask('probe'),
      verify: ask('verify'),
      recover: ask('recover'),
      stop: () => Promise.resolve('asked'),
      redraw: () => undefined,
    };
    const store = new Store(four());
    return { store, asked, controller: new Controller(store, effects) };
  }

  it('is letters and never keys, however many come at once', () => {
    const { store, asked, controller } = typing();
    controller.press(['/']);
    controller.press([...'bPv']);
    expect(store.get().filter).toBe('bPv');
    controller.press(['backspace']);
    controller.press(['ctrl-u']);
    controller.press([...'stop']);
    // What follows enter in the same read was typed into the prompt, and is lost.
    controller.press(['enter', 'b', 'P']);
    expect(store.get()).toMatchObject({ filter: 'stop', mode: { kind: 'fleet' }, selected: 'carol' });
    expect(asked).toEqual([]);
    controller.press(['escape']);
    expect(store.get()).toMatchObject({ filter: '', selected: 'carol' });
  });

  it('is taken back by escape', () => {
    const { store, controller } = typing();
    controller.press(['/']);
    controller.press([...'ali']);
    controller.press(['enter']);
    controller.press(['/']);
    controller.press([...'xyz']);
    controller.press(['escape']);
    expect(store.get()).toMatchObject({ filter: 'ali', mode: { kind: 'fleet' } });
  });

  it('takes a paste, without what would draw; a paste elsewhere is nothing', () => {
    const { store, asked, controller } = typing();
    controller.paste('b');
    expect(asked).toEqual([]);
    expect(store.get().filter).toBe('');
    controller.press(['/']);
    controller.paste('\u001b[31mali\u001b[0m\n');
    expect(store.get().filter).toBe('ali');
    controller.paste('x'.repeat(5000));
    expect(store.get().filter.length).toBeLessThanOrEqual(200);
  });

  it('verify asks for the probes, and shows the report at once', () => {
    const { store, asked, controller } = typing();
    controller.press(['v']);
    expect(asked).toEqual(['verify']);
    expect(store.get().mode.kind).toBe('report');
    controller.press(['escape']);
    expect(store.get().mode).toEqual({ kind: 'fleet', pane: 'instance' });
  });
});

describe('detail and report', () => {
  const sizes = [
    { columns: 60, rows: 15 },
    { columns: 80, rows: 24 },
    { columns: 200, rows: 60 },
  ];

  it.each(sizes)('fit $columns columns and $rows rows, at every offset', (size) => {
    for (const kind of ['detail', 'report'] as const) {
      const state = { ...four(size), mode: { kind, offset: 0, from: 'instance' as const } };
      const length = bodyOf(state)?.length ?? 0;
      expect(length).toBeGreaterThan(5);
      for (let offset = 0; offset <= length; offset += 1) {
        const window = bodyWindow({ ...state, mode: { ...state.mode, offset } });
        expect(window?.lines.length).toBeLessThanOrEqual(size.rows);
        for (const line of window?.lines ?? []) expect(lineWidth(line)).toBeLessThanOrEqual(size.columns);
      }
    }
  });

  it('scroll no further than there is something', () => {
    const state: CockpitState = {
      ...four({ columns: 80, rows: 15 }),
      mode: { kind: 'report', offset: 0, from: 'instance' },
    };
    const end = reduce(state, { type: 'move', by: 'last' });
    expect(reduce(end, { type: 'move', by: 1 })).toBe(end);
    const window = bodyWindow(end);
    expect(window?.lines.length).toBeGreaterThan(5);
    expect(reduce(reduce(end, { type: 'move', by: -1 }), { type: 'move', by: 1 }).mode).toEqual(end.mode);
  });

  it('make only the lines that are seen: ten thousand snapshots cost no more than ten', () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => snapshot('alice', index));
    let made = 0;
    const counting = entries.map((entry) => ({
      ...entry,
      get kind() {
        made += 1;
        return 'manual' as const;
      },
    }));
    const state: CockpitState = {
      ...stateOf({ columns: 80, rows: 24 }, instanceOf('alice', { snapshots: known(counting, startMoment) })),
      mode: { kind: 'detail', offset: 5000, from: 'instance' },
    };
    bodyWindow(state);
    expect(made).toBeLessThan(100);
  });

  it('tell since when a probe is broken, and when it was last ok', () => {
    const broken = probed('broken', 2, { step: 'exchange', reason: '/api/auth/bootstrap answered 500' });
    const standing = { ...broken, since: wall - 5 * hour, lastOk: { ...broken.last, at: wall - 9 * hour } };
    const state: CockpitState = {
      ...stateOf({ columns: 200, rows: 60 }, instanceOf('alice', { probes: known([standing], startMoment) })),
      mode: { kind: 'detail', offset: 0, from: 'instance' },
    };
    const text = (bodyWindow(state)?.lines ?? []).map(textOf).join('\n');
    expect(text).toContain(
      'broken at exchange, 2h ago, since 5h, last ok 9h ago: /api/auth/bootstrap answered 500',
    );
  });

  it('say that the schema is ahead, and what to do', () => {
    const ahead = instanceOf('alice', {
      state: known(
        {
          migrations: [{ id: 32, name: 'AuthPairingProofKeyThumbprint' }],
          migratedAt: wall,
          inFlight: 0,
          inFlightMoved: null,
          lastActivity: null,
        },
        startMoment,
      ),
    });
    const grid = screenModel(stateOf({ columns: 200, rows: 60 }, ahead), glyphsFor(config, {}));
    const row = grid.body.kind === 'fleet' ? textOf(grid.body.grid.rows[0]?.line ?? []) : '';
    expect(row).toContain('32 ahead');
    const detail = bodyWindow({
      ...stateOf({ columns: 200, rows: 60 }, ahead),
      mode: { kind: 'detail', offset: 0, from: 'instance' },
    });
    expect(textOf(detail?.lines[0] ?? [])).toMatch(
      /schema 32, but 0\.0\.24 knows 30; .*restart t3-serve@alice\.service/,
    );
  });
});

describe('what was cut off', () => {
  it('is the first thing on the screen, with what is known and what can be done', () => {
    const state = reduce(four({ columns: 200, rows: 24 }), {
      type: 'cut off',
      cutOff: [
        {
          operation: {
            id: 12,
            kind: 'backup',
            state: 'running',
            outcome: undefined,
            reason: undefined,
            actor: { user: 'root', uid: 0, surface: 'cockpit', pid: 1 },
            requestedAt: wall,
            startedAt: wall,
            endedAt: undefined,
            place: undefined,
            stopRequestedAt: undefined,
          },
          steps: (['succeeded', 'started', 'pending'] as const).map((step, index) => ({
            id: `${index}`,
            user: ['alice', 'bob', 'carol'][index],
            kind: 'snapshot',
            title: 'snapshot',
            state: step,
            undo: undefined,
            result: undefined,
            reason: undefined,
            startedAt: undefined,
            endedAt: undefined,
            progress: undefined,
          })),
        },
      ],
    });
    const [first = []] = screenModel(state, glyphsFor(config, {})).problems;
    expect(textOf(first)).toMatch(
      /operation 12 \(backup\) was interrupted: its runner died\. done: alice; cut off in the middle: bob; not begun: carol\. c clears up/,
    );
  });
});

describe('whose handshake is due', () => {
  const day = config.probes.every * 4;
  it('is the one that was probed longest ago, of those that run', () => {
    const never = instanceOf('never');
    const old = instanceOf('old', { probes: known([probed('ok', 7)], startMoment) });
    const fresh = instanceOf('fresh', { probes: known([probed('ok', 1)], startMoment) });
    const off = instanceOf('off', { unit: known(stopped, startMoment) });
    expect(dueForProbe(fleetOf(fresh, off), config, wall)).toBeUndefined();
    expect(dueForProbe(fleetOf(fresh, old, off), config, wall)).toBe('old');
    expect(dueForProbe(fleetOf(fresh, old, never, off), config, wall)).toBe('never');
    expect(dueForProbe(fleetOf(fresh), config, wall + day)).toBe('fresh');
    expect(
      dueForProbe(fleetOf(instanceOf('x', { probes: unknown('journal', startMoment) })), config, wall + day),
    ).toBeUndefined();
  });
});
