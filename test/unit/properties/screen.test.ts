import cliTruncate from 'cli-truncate';
import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { reduce, type Action } from '../../../src/cockpit/reducer.ts';
import { initialState, type CockpitState } from '../../../src/cockpit/state.ts';
import { tooSmall } from '../../../src/cockpit/view-models/layout.ts';
import { lineWidth, type Line } from '../../../src/cockpit/view-models/line.ts';
import { screenModel, type Screen } from '../../../src/cockpit/view-models/screen.ts';
import type { Instance } from '../../../src/fleet/fleet.ts';
import { freshness, type Observation } from '../../../src/fleet/observation.ts';
import { fit, pad, width, wrapped } from '../../../src/view/format.ts';
import { instanceCells } from '../../../src/view/instance.ts';
import type { ColumnKey } from '../../../src/view/columns.ts';
import { configureProperties } from './runs.ts';
import { actions, config, fleets, sizes, texts, tick, wall } from './screens.ts';

configureProperties();

const glyphs = glyphsFor(config, { LANG: 'C.UTF-8' });
const start = (size = { columns: 100, rows: 30 }) => initialState(config, size, { wall, tick });
const textOf = (line: Line) => line.map(({ text }) => text).join('');

/** Every line of a frame, but for those of the table below the facts, which have their own borders. */
function linesOf({ header, problems, body, notice, keys }: Screen): Line[] {
  const inBody =
    body.kind === 'text'
      ? body.lines
      : body.kind === 'split'
        ? [...body.left.lines, ...body.right.lines]
        : [body.grid.titles, ...body.grid.rows.map(({ line }) => line), ...(body.pane?.model.lines ?? [])];
  return [header, ...problems, ...inBody, notice, keys];
}

function after(all: readonly Action[], from: CockpitState = start()): CockpitState {
  return all.reduce(reduce, from);
}

/** Which fact each cell of the grid says. */
const factOf: { [Key in ColumnKey]?: (instance: Instance) => Observation<unknown> } = {
  state: ({ unit }) => unit,
  up: ({ unit }) => unit,
  runs: ({ liveness }) => liveness,
  schema: ({ state }) => state,
  size: ({ size }) => size,
  backup: ({ snapshots }) => snapshots,
  probe: ({ probes }) => probes,
  live: ({ liveness }) => liveness,
  activity: ({ state }) => state,
};
const cadenceOf: { [Key in ColumnKey]?: number } = {
  state: config.cadence.units,
  up: config.cadence.units,
  runs: config.cadence.liveness,
  live: config.cadence.liveness,
  schema: config.cadence.state,
  size: config.cadence.state,
  probe: config.cadence.state,
  activity: config.cadence.state,
  backup: config.cadence.snapshots,
};

describe('whatever comes in, in whatever order,', () => {
  it('there is a frame, which fits the screen, and the selection is one of its rows', () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 25 }), (all) => {
        const state = after(all);
        const screen = screenModel(state, glyphs);
        if (tooSmall(state)) return;
        const { columns, rows } = state.size;
        for (const line of linesOf(screen)) {
          expect(lineWidth(line), JSON.stringify(textOf(line))).toBeLessThanOrEqual(columns);
          // oxlint-disable-next-line no-control-regex -- that there are none is the point
          expect(textOf(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
        const { body, layout } = screen;
        const inPane = body.kind === 'fleet' ? (body.pane?.model.lines.length ?? 0) : 0;
        const height =
          body.kind === 'text'
            ? 1 + body.lines.length
            : body.kind === 'split'
              ? 1 + Math.max(body.left.lines.length, body.right.lines.length)
              : layout.wide
                ? Math.max(1 + body.grid.rows.length, 1 + inPane)
                : 1 + body.grid.rows.length + 1 + inPane;
        expect(height + 3 + screen.problems.length).toBeLessThanOrEqual(rows);
        if (body.kind === 'fleet' && body.grid.rows.some(({ user }) => user !== ''))
          expect(body.grid.rows.filter(({ selected }) => selected)).toHaveLength(1);
      }),
    );
  });

  it('no cell says that what is unknown or old is well', () => {
    fc.assert(
      fc.property(fleets, fc.array(actions, { maxLength: 10 }), (fleet, all) => {
        const state = after([...all, { type: 'fleet', fleet }]);
        const seeing = { config, fleet, ...state.now };
        for (const instance of fleet.instances) {
          const cells = instanceCells(instance, seeing);
          for (const [key, factIn] of Object.entries(factOf) as [
            ColumnKey,
            (typeof factOf)[ColumnKey] & {},
          ][]) {
            const fresh = freshness(factIn(instance), state.now.tick, cadenceOf[key] ?? 0);
            const { text, tone } = cells[key];
            if (fresh === 'fresh') continue;
            expect([key, text, tone]).not.toEqual([key, text, 'ok']);
            // Of one that is stopped nothing else is claimed.
            if (text === '-') continue;
            expect(text).toMatch(fresh === 'pending' ? /^…$/ : fresh === 'unknown' ? /^\? / : /^~/);
          }
        }
      }),
    );
  });

  it('no line says so either, wherever the facts are shown', () => {
    fc.assert(
      fc.property(
        fleets,
        sizes,
        fc.constantFrom('fleet' as const, 'detail' as const, 'report' as const),
        fc.nat({ max: 5 }),
        (fleet, size, kind, by) => {
          const mode =
            kind === 'fleet'
              ? { kind, pane: 'instance' as const }
              : { kind, offset: 0, from: 'instance' as const };
          const seen = after(
            [
              { type: 'fleet', fleet },
              { type: 'move', by },
              { type: 'mode', mode },
            ],
            start(size),
          );
          // Long after: by then nothing is fresh any more, and the same fleet is drawn again.
          screenModel(seen, glyphs);
          const year = 366 * 24 * 3_600_000;
          const late = reduce(seen, { type: 'tick', wall: wall + year, tick: tick + year });
          for (const line of linesOf(screenModel(late, glyphs)))
            expect(line.filter(({ tone, text }) => tone === 'ok' && text.trim() !== '')).toEqual([]);
        },
      ),
    );
  });
});

describe('a text in a number of columns', () => {
  const columns = fc.integer({ min: 0, max: 60 });
  const where = fc.constantFrom('middle' as const, 'end' as const);

  it('is never wider, and one that fits stays as it is', () => {
    fc.assert(
      fc.property(texts, columns, where, (text, room, place) => {
        const fitted = fit(text, room, place);
        expect(stringWidth(fitted)).toBeLessThanOrEqual(room);
        if (room > 0 && stringWidth(text) <= room) expect(fitted).toBe(text);
        if (room > 1 && stringWidth(text) > room) expect(fitted).toContain('…');
      }),
    );
  });

  it('is padded to exactly as many', () => {
    fc.assert(
      fc.property(texts, columns, fc.constantFrom('left' as const, 'right' as const), (text, room, side) => {
        expect(width(pad(text, room, side))).toBe(room);
      }),
    );
  });

  it('is wrapped into lines of at most as many, and no word is lost that fits', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 8 }), fc.integer({ min: 1, max: 60 }), (words, room) => {
        const text = words.join(' ');
        const lines = wrapped(text, room);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(room);
        const single = text.split(' ').filter((word) => word !== '' && width(word) <= room);
        const left = lines.join(' ');
        for (const word of single) expect(left).toContain(word);
      }),
    );
  });

  it('is measured as the emulator would', () => {
    expect(stringWidth('表')).toBe(2);
    expect(cliTruncate('表表表', 3)).toBe('表…');
  });
});
