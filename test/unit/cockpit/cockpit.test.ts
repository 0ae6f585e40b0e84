import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { Controller } from '../../../src/cockpit/controller.ts';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { keyNames, type KeyEvent } from '../../../src/cockpit/keys.ts';
import { bindingOf, keymap } from '../../../src/cockpit/keymap.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { eventLimit, initialState, type CockpitState } from '../../../src/cockpit/state.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { layoutOf } from '../../../src/cockpit/view-models/layout.ts';
import { lineWidth, type Line } from '../../../src/cockpit/view-models/line.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import type { EventRecord, OperationRecord, StepRecord } from '../../../src/journal/records.ts';
import { fakeEffects } from '../../fakes/effects.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';

const { config } = loadConfig();
const size = { columns: 100, rows: 30 };
const many = (count: number) =>
  fleetOf(...Array.from({ length: count }, (_, index) => instanceOf(`user${index}`)));
const start = (count = 3): CockpitState =>
  reduce(initialState(config, size, startMoment), { type: 'fleet', fleet: many(count) });

const operation = (id: number, difference: Partial<OperationRecord> = {}): OperationRecord => ({
  id,
  kind: 'backup',
  state: 'running',
  outcome: undefined,
  reason: undefined,
  actor: { user: 'root', uid: 0, surface: 'cockpit', pid: 1 },
  requestedAt: startMoment.wall,
  startedAt: startMoment.wall,
  endedAt: undefined,
  place: undefined,
  stopRequestedAt: undefined,
  ...difference,
});
const step = (user: string, state: StepRecord['state'] = 'started'): StepRecord => ({
  id: `${user}/snapshot`,
  user,
  kind: 'snapshot',
  title: 'snapshot',
  state,
  undo: undefined,
  result: undefined,
  reason: state === 'failed' ? 'no space left' : undefined,
  startedAt: startMoment.wall,
  endedAt: undefined,
  progress: { phase: 'copy', done: 50, total: 100, at: 0 },
});
const event = (id: number): EventRecord => ({
  id,
  operation: 1,
  at: 0,
  step: undefined,
  user: undefined,
  level: 'info',
  payload: { type: 'text', text: `event ${id}` },
});
const running = (state: CockpitState, events: EventRecord[] = []) =>
  reduce(state, {
    type: 'operation',
    view: { operation: operation(1), steps: [step('user0')], events, cutOff: false },
  });

describe('the selection', () => {
  it('stays on its user when others come and go', () => {
    const state = reduce(start(3), { type: 'move', by: 1 });
    expect(state.selected).toBe('user1');
    expect(
      reduce(state, {
        type: 'fleet',
        fleet: fleetOf(instanceOf('new'), instanceOf('user0'), instanceOf('user1')),
      }).selected,
    ).toBe('user1');
  });

  it('passes to whoever has the place of one who left', () => {
    const state = reduce(start(3), { type: 'move', by: 1 });
    expect(
      reduce(state, { type: 'fleet', fleet: fleetOf(instanceOf('user0'), instanceOf('user2')) }).selected,
    ).toBe('user2');
    expect(reduce(state, { type: 'fleet', fleet: fleetOf() }).selected).toBeUndefined();
  });

  it('stops at the ends', () => {
    expect(reduce(start(3), { type: 'move', by: -5 }).selected).toBe('user0');
    expect(reduce(start(3), { type: 'move', by: 500 }).selected).toBe('user2');
  });

  it('is always in the window, of a thousand rows too', () => {
    let state = start(1000);
    for (const by of [1, 400, 'last', -7, 'first'] as const) {
      state = reduce(state, { type: 'move', by });
      const { body } = screenModel(state, glyphsFor(config, {}));
      if (body.kind !== 'fleet') throw new Error('not the fleet');
      expect(body.grid.rows.filter((row) => row.selected).map((row) => row.user)).toEqual([state.selected]);
      expect(body.grid.rows).toHaveLength(layoutOf(state).grid);
    }
  });
});

describe('an operation', () => {
  it('comes to the pane by itself, whoever started it', () => {
    expect(running(start()).mode).toEqual({ kind: 'fleet', pane: 'operation' });
  });

  it('does not take the help away from under the reader', () => {
    const reading = reduce(start(), { type: 'mode', mode: { kind: 'help', offset: 0, from: 'instance' } });
    expect(running(reading).mode.kind).toBe('help');
  });

  it('keeps a bounded number of events', () => {
    let state = start();
    for (let index = 0; index < 5; index += 1)
      state = running(
        state,
        Array.from({ length: 300 }, (_, at) => event(index * 300 + at)),
      );
    expect(state.operation?.events).toHaveLength(eventLimit);
    expect(state.operation?.events.at(-1)?.id).toBe(1499);
  });

  it('shows what moves and what went wrong first, when not all fits', () => {
    const steps = [
      ...Array.from({ length: 40 }, (_, index) => step(`user${index}`, 'succeeded')),
      step('late', 'failed'),
      step('now', 'started'),
    ];
    const state = reduce(start(3), {
      type: 'operation',
      view: { operation: operation(1), steps, events: [], cutOff: false },
    });
    const { body } = screenModel(state, glyphsFor(config, {}));
    const text =
      body.kind === 'fleet' && body.pane?.kind === 'operation'
        ? body.pane.model.lines.map(textOf).join('\n')
        : '';
    expect(text).toContain('no space left');
    expect(text).toContain('copy');
    expect(text).toMatch(/\d+ more: 40 of 42 done/);
  });
});

const textOf = (line: Line) => line.map((segment) => segment.text).join('');

describe('every line', () => {
  it.each([
    [60, 15],
    [80, 24],
    [120, 40],
    [200, 60],
  ])('fits a screen of %ix%i, and all of them do', (columns, rows) => {
    let state = reduce(start(40), { type: 'resize', columns, rows });
    state = running(
      state,
      Array.from({ length: 100 }, (_, index) => event(index)),
    );
    for (const each of [
      state,
      reduce(state, { type: 'mode', mode: { kind: 'help', offset: 99, from: 'instance' } }),
      reduce(state, { type: 'mode', mode: { kind: 'fleet', pane: 'instance' } }),
    ]) {
      const screen = screenModel(each, glyphsFor(config, {}));
      const lines = [screen.header, ...screen.problems, screen.notice, screen.keys];
      if (screen.body.kind === 'split') throw new Error('not looked at here');
      const body =
        screen.body.kind === 'text'
          ? screen.body.lines
          : [
              screen.body.grid.titles,
              ...screen.body.grid.rows.map((row) => row.line),
              ...screen.body.findings.lines,
              ...(screen.body.past?.lines ?? []),
            ];
      const right =
        screen.body.kind === 'text'
          ? []
          : [...(screen.body.pane?.model.lines ?? []), ...(screen.body.beside?.lines ?? [])];
      const fits = (some: readonly Line[], most: number) =>
        expect(some.filter((line) => lineWidth(line) > most).map(textOf)).toEqual([]);
      fits(lines, columns);
      fits(body, screen.body.kind === 'text' ? columns : screen.layout.left);
      fits(right, screen.layout.right);
      // Header, notice, keys; a line for the titles of each part; and the problems above them.
      const { wide, grid, findings, past, pane, beside } = screen.layout;
      const above = 3 + screen.problems.length;
      if (wide) {
        expect(above + 1 + grid + 1 + findings + (past === 0 ? 0 : 1 + past)).toBe(rows - 1);
        expect(above + 1 + pane + (beside === 0 ? 0 : 1 + beside)).toBe(rows - 1);
      } else expect(above + 1 + grid + 1 + findings + 1 + pane).toBe(rows - 1);
    }
  });
});

describe('keys', () => {
  const none: KeyEvent = {
    upArrow: false,
    downArrow: false,
    leftArrow: false,
    rightArrow: false,
    pageDown: false,
    pageUp: false,
    home: false,
    end: false,
    return: false,
    escape: false,
    ctrl: false,
    meta: false,
    tab: false,
    backspace: false,
    delete: false,
  };

  it('have names, one for each that was typed', () => {
    expect(keyNames('jjj', none)).toEqual(['j', 'j', 'j']);
    expect(keyNames('', { ...none, upArrow: true })).toEqual(['up']);
    expect(keyNames('l', { ...none, ctrl: true })).toEqual(['ctrl-l']);
    // Escape, and what came with it.
    expect(keyNames('b', { ...none, meta: true })).toEqual(['escape']);
    expect(keyNames('', { ...none, meta: true, return: true })).toEqual(['escape']);
    expect(keyNames('', { ...none, meta: true, downArrow: true })).toEqual(['down']);
  });

  it('are bound once in a mode, and never to what a browser keeps for itself', () => {
    for (const kind of ['fleet', 'help'] as const) {
      const bound = keymap
        .filter((binding) => binding.modes?.includes(kind) ?? true)
        .flatMap((binding) => binding.keys);
      expect(new Set(bound).size).toBe(bound.length);
    }
    const all = keymap.flatMap((binding) => binding.keys);
    expect(all.filter((key) => ['ctrl-w', 'ctrl-t', 'ctrl-n'].includes(key))).toEqual([]);
  });

  it('are documented as they are', async () => {
    const { keysDocument } = await import('../../../scripts/keys.ts');
    const { readFileSync } = await import('node:fs');
    // npm run docs writes it.
    expect(readFileSync('docs/keys.md', 'utf8')).toBe(keysDocument());
  });
});

describe('the controller', () => {
  function controlled(state: CockpitState) {
    const asked: string[] = [];
    const effects = fakeEffects({
      backup: (users) => (
        asked.push(`backup ${users.join(' ') || 'everyone'}`),
        Promise.resolve({ operation: 7 })
      ),
      stop: (id) => (asked.push(`stop ${id}`), Promise.resolve('operation 1 was asked to stop')),
      redraw: () => void asked.push('redraw'),
    });
    const store = new Store(state);
    return { store, controller: new Controller(store, effects), asked };
  }

  it('starts a backup at once, and says what came of it', async () => {
    const { store, controller, asked } = controlled(start());
    controller.press(['b']);
    expect(asked).toEqual(['backup everyone']);
    await Promise.resolve();
    await Promise.resolve();
    expect(store.get().notice?.text).toBe('operation 7: backup of everyone');
    controller.press(['j']);
    controller.press(['B']);
    expect(asked[1]).toBe('backup user1');
  });

  it('takes several keys at once for typing ahead: they move, and do nothing else', () => {
    const { store, controller, asked } = controlled(start());
    controller.press(['j', 'b', 'j', 'q']);
    expect(asked).toEqual([]);
    expect(store.get()).toMatchObject({ selected: 'user2', leaving: false });
  });

  it('says why a key cannot work', () => {
    const { store, controller, asked } = controlled(running(start()));
    controller.press(['b']);
    expect(asked).toEqual([]);
    expect(store.get().notice?.text).toBe('b (back up all) cannot work now: operation 1 is running');
  });

  it('asks a running operation to stop, once', () => {
    const { controller, asked } = controlled(running(start()));
    controller.press(['x']);
    expect(asked).toEqual(['stop 1']);
    const stopping = reduce(start(), {
      type: 'operation',
      view: { operation: operation(1, { stopRequestedAt: 5 }), steps: [], events: [], cutOff: false },
    });
    expect(bindingOf('x', stopping)?.disabled?.(stopping)).toBe('it was asked to stop already');
  });

  it('leaves on q, and only goes back on escape', () => {
    const { store, controller } = controlled(running(start()));
    controller.press(['escape']);
    expect(store.get()).toMatchObject({ mode: { pane: 'instance' }, leaving: false });
    controller.press(['q']);
    expect(store.get().leaving).toBe(true);
  });
});
