import { describe, expect, it } from 'vitest';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { bodyOf } from '../../../src/cockpit/view-models/body.ts';
import { lineWidth } from '../../../src/cockpit/view-models/line.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { known } from '../../../src/fleet/observation.ts';
import type { StepRecord } from '../../../src/journal/records.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import { dateText } from '../../../src/view/format.ts';
import {
  config,
  hour,
  probed,
  snapshot,
  stateOf,
  textOf,
  wall,
  four,
  windowOf,
} from '../../fakes/cockpit.ts';
import { operation, step } from '../../components/screens/records.ts';
import { instanceOf, startMoment } from '../../fakes/fleet.ts';

/** What takes the place of the grid: everything about a user, and expected against found. */

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
        const window = windowOf({ ...state, mode: { ...state.mode, offset } });
        expect(window.lines.length).toBeLessThanOrEqual(size.rows);
        for (const line of window.lines) expect(lineWidth(line)).toBeLessThanOrEqual(size.columns);
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
    const window = windowOf(end);
    expect(window.lines.length).toBeGreaterThan(5);
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
    windowOf(state);
    expect(made).toBeLessThan(100);
  });

  it('tell since when a probe is broken, and when it was last ok', () => {
    const broken = probed('broken', 2, { step: 'exchange', reason: '/api/auth/bootstrap answered 500' });
    const standing = { ...broken, since: wall - 5 * hour, lastOk: { ...broken.last, at: wall - 9 * hour } };
    const state: CockpitState = {
      ...stateOf({ columns: 200, rows: 60 }, instanceOf('alice', { probes: known([standing], startMoment) })),
      mode: { kind: 'detail', offset: 0, from: 'instance' },
    };
    const text = windowOf(state).lines.map(textOf).join('\n');
    expect(text).toContain(
      'broken at exchange, 2h ago, since 5h, last ok 9h ago: /api/auth/bootstrap answered 500',
    );
  });

  it('tell since when a fact is what it is, and what it was before', () => {
    const change = (fact: string, value: string, hoursAgo: number) => ({
      user: 'alice',
      fact,
      value,
      at: wall - hoursAgo * hour,
    });
    const changes = [
      change('running', '0.0.24', 2),
      change('unit', 'running', 3),
      change('running', 'unknown: no answer in 3 s', 5),
      change('running', '0.0.20', 6),
    ];
    const state: CockpitState = {
      ...four({ columns: 80, rows: 60 }),
      mode: { kind: 'detail', offset: 0, from: 'instance' },
      chronicle: { user: 'alice', operations: [], changes },
    };
    const lines = windowOf(state).lines.map(textOf);
    expect(lines.slice(-4).map((line) => line.slice(22).replaceAll(/ +/g, ' '))).toEqual([
      'running since 2h 0.0.24, before that unknown: no answ…',
      'unit since 3h running',
      'running for 3h unknown: no answer in 3 s',
      'running for 1h 0.0.20',
    ]);
    // Somebody else's past is nobody's: it is being read.
    const bobs = windowOf({ ...state, selected: 'bob' }).lines.map(textOf);
    expect(bobs.at(-1)).toBe(' nothing that was seen');
  });

  it('tell each operation that the user took part in once: what went wrong in it, else what came of it', () => {
    const part = (id: number, kind: string, ...steps: StepRecord[]) => ({
      operation: operation({ id, kind, state: 'ended' }),
      steps,
    });
    const made = { bytes: 868_000, work: { threads: 24, messages: 210 }, file: 'manual-1.sqlite' };
    const state: CockpitState = {
      ...four({ columns: 120, rows: 40 }),
      mode: { kind: 'detail', tab: 'operations', offset: 0, from: 'instance' },
      chronicle: {
        user: 'alice',
        changes: [],
        operations: [
          part(
            4,
            'bump',
            step('alice', 'snapshot', 'snapshot', 'succeeded', { result: made }),
            step('alice', 'stop', 'stop the server', 'refused', { reason: 'a turn is in flight' }),
            step('alice', 'start', 'start the server', 'interrupted', { startedAt: undefined }),
          ),
          part(3, 'backup', step('alice', 'snapshot', 'snapshot', 'succeeded', { result: made })),
          part(2, 'backup', step('alice', 'snapshot', 'snapshot', 'started')),
        ],
      },
    };
    const lines = windowOf(state).lines.map((line) => textOf(line).slice(22));
    expect(lines.slice(2, 5)).toEqual([
      '4 bump: refused at stop the server: a turn is in flight',
      '3 backup: succeeded: 868 kB, 24 threads, 210 messages: manual-1.sqlite',
      '2 backup: started at snapshot',
    ]);
  });

  it('tell what was done with a snapshot, on a narrow screen below it', () => {
    const entry: CatalogEntry = {
      ...snapshot('alice', 3),
      record: {
        ...snapshot('alice', 3),
        id: 1,
        verifiedAt: wall - hour,
        operation: 1,
        protected: true,
        problem: undefined,
        tried: { at: wall, version: '0.0.24', problem: undefined },
        sha256: '',
        pageSize: 4096,
        migrations: [{ id: 30, name: 'x' }],
        work: { projects: 0, threads: 0, messages: 0, turns: 0 },
      },
    };
    const lines = (columns: number) => {
      const one = instanceOf('alice', { snapshots: known([entry], startMoment) });
      const state: CockpitState = {
        ...stateOf({ columns, rows: 60 }, one),
        mode: { kind: 'detail', offset: 0, from: 'instance' },
      };
      const all = windowOf(state).lines.map(textOf);
      return all.slice(all.indexOf(' 1 snapshot') + 1, all.indexOf(' operations') - 1);
    };
    const done = ` protected read ${dateText(wall - hour)} tried ${dateText(wall)} by 0.0.24 manual-alice-3.sqlite`;
    expect(lines(80)).toEqual([
      expect.stringMatching(/ 3h {2}manual +0\.0\.24 +30 +1 B {2}verified$/),
      expect.any(String),
    ]);
    expect(`   ${done}`.startsWith(lines(80)[1]?.replace('…', '') ?? '?')).toBe(true);
    expect(lines(200)).toEqual([expect.stringMatching(/verified protected read/)]);
    expect(lines(200)[0]?.endsWith(done)).toBe(true);
  });

  it('say what was expected, beside what was found or below it', () => {
    const text = (columns: number) => {
      const mode = { kind: 'report', offset: 0, from: 'instance' } as const;
      return windowOf({ ...four({ columns, rows: 60 }), mode })
        .lines.map(textOf)
        .join('\n');
    };
    expect(text(120)).toMatch(
      /wrong +carol +backup +the newest verified one is 50 h old {2}\(expected: verified, and not late\)/,
    );
    expect(text(80)).toMatch(
      /wrong +carol +backup .*\n +expected: verified, and not late\n +t3-cockpit backup carol\n/,
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
    // There is no column for the schema: it has to be seen all the same.
    const narrow = screenModel(stateOf({ columns: 80, rows: 24 }, ahead), glyphsFor(config, {}));
    const cells = narrow.body.kind === 'fleet' ? (narrow.body.grid.rows[0]?.line ?? []) : [];
    expect(cells.find(({ tone }) => tone === 'danger')?.text.trim()).toBe('none');
    expect(cells.findLast(({ tone }) => tone === 'danger')?.text.trim()).toBe('ahead');
    const detail = windowOf({
      ...stateOf({ columns: 200, rows: 60 }, ahead),
      mode: { kind: 'detail', offset: 0, from: 'instance' },
    });
    expect(textOf(detail.lines[0] ?? [])).toMatch(
      /schema 32, but 0\.0\.24 knows 30; .*restart t3-serve@alice\.service/,
    );
  });
});
