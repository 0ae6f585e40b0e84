import { describe, expect, it } from 'vitest';
import { visibleInstances } from '../../../src/cockpit/arrange.ts';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { sorts } from '../../../src/cockpit/state.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { known } from '../../../src/fleet/observation.ts';
import {
  alice,
  bob,
  config,
  dave,
  four,
  hour,
  names,
  snapshot,
  stateOf,
  textOf,
  wall,
} from '../../fakes/cockpit.ts';
import { instanceOf, startMoment } from '../../fakes/fleet.ts';

/** The order of the rows: what it is by, where it is said, and that nothing jumps. */

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

  it('takes what was not looked at yet for no better than what could not be', () => {
    const pending = instanceOf('pending', { state: { kind: 'pending' } });
    const late = instanceOf('late', { snapshots: known([snapshot('late', 50)], startMoment) });
    const fine = instanceOf('fine', { snapshots: alice.snapshots, probes: alice.probes });
    const state = stateOf(undefined, fine, pending, late, instanceOf('none'));
    expect(names({ ...state, sort: 'attention' }).at(-1)).toBe('fine');
    const good = { ...fine, user: 'pending', state: { kind: 'pending' as const } };
    expect(names({ ...stateOf(undefined, fine, good), sort: 'attention' })).toEqual(['pending', 'fine']);
  });

  it('is marked beside the title of its column, and no title is cut', () => {
    const titles = (columns: number, sort: (typeof sorts)[number], count = 4) => {
      const users = Array.from({ length: count }, (_, index) => instanceOf(`u${index}`));
      const state = { ...stateOf({ columns, rows: 24 }, ...users), sort };
      const { body, header } = screenModel(state, glyphsFor(config, { LANG: 'C.UTF-8' }));
      return [body.kind === 'fleet' ? textOf(body.grid.titles) : '', textOf(header)] as const;
    };
    const marked: [(typeof sorts)[number], string][] = [
      ['name', 'USER▾'],
      ['attention', 'STATE▾'],
      ['backup', 'BACKUP▾'],
      ['size', 'SIZE▾'],
      ['activity', 'ACTIVITY▾'],
    ];
    for (const [sort, title] of marked) {
      expect(titles(200, sort)[0]).toContain(title);
      expect(titles(200, sort)[0].match(/▾/g)).toHaveLength(1);
      expect(titles(80, sort)[1]).toContain(`4 users by ${sort}`);
      expect(titles(80, sort)[0]).not.toContain('…');
    }
    expect(titles(200, 'map').join('')).not.toMatch(/▾| by /);
    for (const columns of [60, 80, 120, 200]) {
      const [text] = titles(columns, 'name', 50);
      expect(text).toMatch(/ 1-\d+ of 50$/);
      expect(text).not.toContain('…');
      expect(text).toHaveLength(columns < 150 ? columns : 119);
    }
  });

  it('of a thousand rows is made once, and the same whatever is only looked at', () => {
    let looked = 0;
    const users = Array.from({ length: 1000 }, (_, index) => {
      const instance = instanceOf(`user${index}`, {
        size: known({ database: (index * 7919) % 1000, wal: 0 }, startMoment),
      });
      return Object.defineProperty({ ...instance }, 'authentik', {
        enumerable: true,
        get: () => {
          looked += 1;
          return [instance.user];
        },
      });
    });
    let state = reduce(
      { ...stateOf({ columns: 80, rows: 24 }, ...users), sort: 'size' },
      { type: 'filter', filter: 'user !99' },
    );
    const rows = visibleInstances(state);
    expect(rows).toHaveLength(1000 - 20 + 1);
    const sizes = rows.map(({ size }) => (size.kind === 'known' ? size.value.database : -1));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    state = reduce(state, { type: 'move', by: 'first' });
    looked = 0;
    for (let press = 0; press < 50; press += 1) {
      state = reduce(state, { type: 'move', by: 1 });
      state = reduce(state, { type: 'tick', wall: wall + press, tick: startMoment.tick + press });
      screenModel(state, glyphsFor(config, {}));
    }
    expect(state.selected).toBe(rows[50]?.user);
    // The pane of the one who is selected; never the rows.
    expect(looked).toBeLessThan(500);
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
