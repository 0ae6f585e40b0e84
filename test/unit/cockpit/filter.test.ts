import { describe, expect, it } from 'vitest';
import { Controller } from '../../../src/cockpit/controller.ts';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { type CockpitState, initialState } from '../../../src/cockpit/state.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { bodyOf } from '../../../src/cockpit/view-models/body.ts';
import { lineWidth } from '../../../src/cockpit/view-models/line.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { known } from '../../../src/fleet/observation.ts';
import {
  alice,
  bob,
  carol,
  config,
  dave,
  four,
  names,
  stateOf,
  stopped,
  textOf,
} from '../../fakes/cockpit.ts';
import { fakeEffects } from '../../fakes/effects.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';

/** Finding rows by words: what is let through, who is selected then, and that letters are no keys. */

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

  it('gives the selection to the nearest row, below rather than above', () => {
    const many = stateOf(
      undefined,
      ...['ax', 'b', 'c', 'd', 'e', 'fx', 'g', 'hx'].map((user) => instanceOf(user)),
    );
    const from = (selected: string) =>
      reduce({ ...many, selected }, { type: 'filter', filter: 'x' }).selected;
    expect(['ax', 'b', 'd', 'e', 'g', 'hx'].map(from)).toEqual(['ax', 'ax', 'fx', 'fx', 'hx', 'hx']);
  });

  it('says how many it hides, on every screen, and whatever else is to be said', () => {
    const hidden = reduce(four(), { type: 'filter', filter: 'stopped' });
    for (const columns of [60, 80, 200]) {
      const screen = screenModel({ ...hidden, size: { columns, rows: 24 } }, glyphsFor(config, {}));
      expect(textOf(screen.notice)).toContain('/stopped');
      expect(textOf(screen.header)).toContain('1 of 4 users');
    }
    const busy = {
      ...hidden,
      config: { ...config, readOnly: true },
      notice: { text: 'x', tone: 'ok' as const },
    };
    const fleet = {
      ...hidden.fleet,
      freeze: known({ frozen: true as const, reason: '', since: 0 }, startMoment),
    };
    const screen = screenModel({ ...busy, fleet, size: { columns: 80, rows: 24 } }, glyphsFor(config, {}));
    expect(textOf(screen.header)).toMatch(/1 of 4 users.*FROZEN.*READ-ONLY/);
  });

  it('says so when nobody is like that, while it is typed and after', () => {
    const nobody = reduce(four({ columns: 80, rows: 24 }), { type: 'filter', filter: 'nobody' });
    for (const mode of [
      { kind: 'filter', pane: 'instance', before: { filter: '', selected: 'alice' } },
      { kind: 'fleet', pane: 'instance' },
    ] satisfies CockpitState['mode'][]) {
      const { body, header } = screenModel({ ...nobody, mode }, glyphsFor(config, {}));
      expect(textOf(header)).toContain('0 of 4 users');
      expect(body.kind === 'fleet' && body.grid.rows.map(({ line }) => textOf(line).trim())).toEqual([
        'nobody is like this',
      ]);
    }
    // Who is not there yet is not filtered.
    const { body } = screenModel(
      initialState(config, { columns: 80, rows: 24 }, startMoment),
      glyphsFor(config, {}),
    );
    expect(body.kind === 'fleet' && body.grid.rows).toEqual([]);
  });

  it('shows the end of what is typed, and only the keys that are none', () => {
    const mode = { kind: 'filter', pane: 'instance', before: { filter: '', selected: 'alice' } } as const;
    const state = { ...four({ columns: 80, rows: 24 }), mode, filter: `${'x'.repeat(150)}end` };
    const { notice, keys } = screenModel(state, glyphsFor(config, { LANG: 'C.UTF-8' }));
    expect(textOf(notice)).toMatch(/^ \/x+end█$/);
    expect(lineWidth(notice)).toBeLessThanOrEqual(80);
    expect(textOf(keys)).toBe(' enter keep  escape take back  ctrl-u empty  down select ');
  });

  it('changes nobody while somebody is shown wholly, whatever becomes of their row', () => {
    const shown: CockpitState = {
      ...reduce(four(), { type: 'filter', filter: 'running' }),
      selected: 'bob',
      mode: { kind: 'detail', offset: 0, from: 'instance' },
    };
    const bobStopped = { ...bob, unit: known(stopped, startMoment) };
    const changed = reduce(shown, { type: 'fleet', fleet: fleetOf(alice, bobStopped, carol, dave) });
    expect(changed.selected).toBe('bob');
    const gone = reduce(shown, { type: 'fleet', fleet: fleetOf(alice, carol, dave) });
    expect(gone.selected).toBe('bob');
    expect(bodyOf(gone)?.title).toBe('bob: not in the user map any more');
    const back = reduce(changed, { type: 'mode', mode: { kind: 'fleet', pane: 'instance' } });
    expect(names(back)).toContain(back.selected);
  });
});

describe('typing', () => {
  function typing() {
    const asked: string[] = [];
    const ask = (what: string) => () => {
      asked.push(what);
      return Promise.resolve({ operation: 1 });
    };
    const effects = fakeEffects({
      backup: ask('backup'),
      probe: ask('probe'),
      verify: ask('verify'),
      readSnapshots: ask('read'),
      recover: ask('recover'),
      stop: () => Promise.resolve('asked'),
    });
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

  it('gives the row back, too, that was selected before', () => {
    const { store, controller } = typing();
    controller.press(['j']);
    controller.press([...'/carol']);
    expect(store.get()).toMatchObject({ filter: 'carol', selected: 'carol' });
    controller.press(['escape']);
    expect(store.get()).toMatchObject({ filter: '', selected: 'bob', mode: { kind: 'fleet' } });
  });

  it('takes no letter that would draw, and none that is cut in two', () => {
    const { store, controller } = typing();
    controller.press(['/']);
    controller.press(['\u202e', '\u0090']);
    expect(store.get().filter).toBe('\ufffd\ufffd');
    controller.press(['ctrl-u']);
    for (let count = 0; count < 300; count += 1) controller.press(['😀']);
    expect([...store.get().filter]).toHaveLength(200);
    expect(store.get().filter).toBe('😀'.repeat(200));
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
