import { describe, expect, it } from 'vitest';
import type { Asking, Comparison, Preview } from '../../../src/cockpit/asking.ts';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import type { CockpitState, ListedOperation } from '../../../src/cockpit/state.ts';
import { bodyOf } from '../../../src/cockpit/view-models/body.ts';
import { lineWidth } from '../../../src/cockpit/view-models/line.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { known } from '../../../src/fleet/observation.ts';
import type { CutOff } from '../../../src/operations/cut-off.ts';
import type { OperationRecord, StepRecord } from '../../../src/journal/records.ts';
import type { Plan } from '../../../src/operations/plan.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import { alice, bob, config, snapshot, stateOf, textOf, wall } from '../../fakes/cockpit.ts';
import { controlled } from '../../fakes/controlled.ts';
import { startMoment } from '../../fakes/fleet.ts';

/** From a row to an agreement: choosing, seeing the plan, typing its word; and what must never pass for one. */

const glyphs = glyphsFor(config, { LANG: 'C.UTF-8' });
const work = { projects: 1, threads: 3, messages: 30, turns: 9, lastActivity: wall - 3_600_000 };
const verified = (hours: number, held = work): CatalogEntry => {
  const entry = snapshot('alice', hours);
  return {
    ...entry,
    record: {
      user: 'alice',
      kind: 'manual',
      folder: entry.folder,
      file: entry.file,
      takenAt: entry.takenAt,
      version: '0.0.24',
      bytes: 1,
      sha256: 'a'.repeat(64),
      work: held,
      migrations: [{ id: 30, name: 'Some' }],
      verifiedAt: wall,
      operation: 1,
    } as unknown as CatalogEntry['record'],
  };
};
const withSnapshots = (...entries: CatalogEntry[]) => ({ ...alice, snapshots: known(entries, startMoment) });

const plan: Plan = {
  kind: 'restore',
  lanes: [],
  leftOut: [],
  parallel: 1,
  notes: ['a note'],
  consent: { word: 'alice', because: ['the state database of alice is replaced'], interrupts: true },
};

const cockpit = (
  state: CockpitState = stateOf(undefined, withSnapshots(verified(1), verified(5)), bob),
  preview: Preview = { plan },
) => controlled(state, preview, { ...work, messages: 35 });

describe('agreeing to a restore', () => {
  it('is choosing, seeing the plan, and typing the name', async () => {
    const { press, store, carried, previewed } = cockpit();
    await press('r');
    expect(store.get().mode).toMatchObject({ kind: 'pick', user: 'alice', at: 0 });
    await press('j', 'enter');
    expect(previewed).toEqual([{ kind: 'restore', user: 'alice', file: '/b/manual-alice-5.sqlite' }]);
    await press(...'alice');
    expect(carried).toEqual([]);
    await press('enter');
    expect(carried).toEqual([[previewed[0], true]]);
    expect(store.get().mode.kind).toBe('fleet');
    expect(store.get().notice?.text).toBe('operation 9: restore of alice');
  });

  it.each([
    ['enter alone, many times', ['enter', 'enter', 'enter', 'enter']],
    ['the acting key, held', ['r', 'r', 'r', 'r', 'r', 'enter']],
    ['half of the name', [...'ali', 'enter']],
    ['another name', [...'bob', 'enter']],
    ['the name with more behind it', [...'alicee', 'enter']],
    ['the name in capitals', [...'ALICE', 'enter']],
  ])('is not: %s', async (_, keys) => {
    const { press, store, carried } = cockpit();
    await press('r', 'enter', ...keys);
    expect(carried).toEqual([]);
    expect(store.get().mode.kind).toBe('plan');
  });

  it('is not the whole name and enter in one piece, as a paste without brackets comes', async () => {
    const { press, controller, store, carried } = cockpit();
    await press('r', 'enter');
    controller.press([...'alice', 'enter']);
    expect(carried).toEqual([]);
    expect(store.get()).toMatchObject({
      mode: { typed: '' },
      notice: { text: 'one key at a time: nothing was confirmed' },
    });
    await press(...'alice');
    controller.press(['enter', 'enter']);
    expect(carried).toEqual([]);
  });

  it('is not a paste', async () => {
    const { press, controller, store, carried } = cockpit();
    await press('r', 'enter');
    controller.paste('alice\n');
    await press('enter');
    expect(carried).toEqual([]);
    expect(store.get().mode).toMatchObject({ kind: 'plan', typed: '' });
  });

  it('is not typing that is there before the plan is', async () => {
    const { press, controller, carried } = cockpit();
    await press('r');
    // All before the dry run has answered.
    for (const key of ['enter', ...'alice', 'enter']) controller.press([key]);
    await press();
    expect(carried).toEqual([]);
  });

  it('can be corrected, and given up', async () => {
    const { press, store, carried } = cockpit();
    await press('r', 'enter', ...'alixx', 'backspace', 'backspace', ...'ce', 'escape');
    expect(store.get().mode.kind).toBe('fleet');
    expect(carried).toEqual([]);
    await press('r', 'enter', ...'alixx', 'backspace', 'backspace', ...'ce', 'enter');
    expect(carried).toHaveLength(1);
  });

  it('is not asked for where the plan is refused', async () => {
    const { press, store, carried } = cockpit(undefined, { refused: 'it hosts this session' });
    await press('r', 'enter', ...'alice', 'enter');
    expect(carried).toEqual([]);
    const body = bodyOf(store.get());
    expect(body?.title).toContain('not possible');
  });

  it('is a word of its own where no name is wanted', async () => {
    const restart = { ...plan, kind: 'restart' as const, consent: undefined };
    const { press, carried } = cockpit(undefined, { plan: restart });
    await press('s', 'enter', 'y', 'enter');
    expect(carried).toEqual([]);
    await press('backspace', ...'yes', 'enter');
    expect(carried).toEqual([[{ kind: 'restart', users: ['alice'] }, false]]);
  });

  it('counts for the plan that is looked at, not for one that answers late', () => {
    const { store } = cockpit();
    const [first, second]: Asking[] = [{ kind: 'drain' }, { kind: 'restart', users: ['bob'] }];
    const mode = { kind: 'plan', preview: undefined, typed: '', offset: 0, from: 'instance' } as const;
    store.dispatch({ type: 'mode', mode: { ...mode, asking: second as Asking } });
    store.dispatch({ type: 'preview', asking: first as Asking, preview: { plan } });
    expect(store.get().mode).toMatchObject({ preview: undefined });
  });
});

describe('the picker', () => {
  const linesOf = (state: CockpitState) => {
    const { header, body, notice, keys } = screenModel(state, glyphs);
    if (body.kind !== 'text') throw new Error('not the picker');
    return [header, ...body.lines, notice, keys];
  };
  const rows = (state: CockpitState) => linesOf(state).map(textOf);

  async function opened(...entries: CatalogEntry[]) {
    const made = cockpit(stateOf({ columns: 120, rows: 30 }, withSnapshots(...entries), bob));
    await made.press('r');
    return made;
  }

  it('shows each snapshot against what is there now', async () => {
    const { store } = await opened(verified(1), verified(5, { ...work, threads: 1, messages: 40 }));
    const text = rows(store.get()).join('\n');
    expect(text).toMatch(/› +1h .* manual +0\.0\.24 +30 .* verified .* -5 msg/);
    expect(text).toMatch(/ 5h .* -2 thr \+5 msg/);
    expect(text).toContain('holds 3 threads, 30 messages');
    expect(text).toContain('now   3 threads, 35 messages');
  });

  it('says of one that was never read that it is not known', async () => {
    const { store } = await opened({ ...verified(1), record: undefined, standing: 'unverified' });
    const text = rows(store.get()).join('\n');
    expect(text).toMatch(/unverified .* \?/);
    expect(text).toContain('never read');
  });

  it('says of one that cannot be restored why', async () => {
    const { store } = await opened({ ...verified(1), standing: 'changed' });
    expect(rows(store.get()).join('\n')).toContain(
      'cannot be restored: the file is not the one that was verified',
    );
  });

  it('keeps its choice when others come: enter must not meet another one', async () => {
    const { store, press, previewed } = await opened(verified(1), verified(5));
    await press('j');
    const newer = withSnapshots(verified(0), verified(1), verified(5));
    store.dispatch({ type: 'fleet', fleet: { ...store.get().fleet, instances: [newer, bob] } });
    await press('enter');
    expect(previewed).toMatchObject([{ file: '/b/manual-alice-5.sqlite' }]);
  });

  it('says so when there are none, and enter says why nothing happens', async () => {
    const { store, press, previewed } = await opened();
    expect(rows(store.get()).join('\n')).toContain('no snapshots: B makes one');
    await press('enter');
    expect(previewed).toEqual([]);
    expect(store.get().notice?.text).toContain('there are no snapshots');
  });

  it.each([60, 80, 120, 200])('fits into %i columns', (columns) => {
    const state = stateOf({ columns, rows: 24 }, withSnapshots(verified(1), verified(5)), bob);
    const comparison: Comparison = { user: 'alice', live: work, problem: undefined };
    const shown = reduce(state, {
      type: 'mode',
      mode: { kind: 'pick', user: 'alice', at: 0, key: undefined, comparison, from: 'instance' },
    });
    const lines = linesOf(shown);
    expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThanOrEqual(24);
  });
});

describe('the list of operations', () => {
  const operation = (id: number, about: Partial<OperationRecord> = {}): OperationRecord => ({
    id,
    kind: 'restore',
    state: 'ended',
    outcome: 'succeeded',
    reason: undefined,
    actor: { user: 'root', uid: 0, surface: 'cockpit', pid: 1 },
    requestedAt: wall,
    startedAt: wall,
    endedAt: wall + 2000,
    place: undefined,
    stopRequestedAt: undefined,
    ...about,
  });
  const replaced = {
    id: 'alice/replace',
    user: 'alice',
    kind: 'replace',
    title: 'keep what is there, and replace it',
    state: 'succeeded',
  } as StepRecord;
  const listed = (id: number, steps: StepRecord[] = [], about = {}): ListedOperation => ({
    operation: operation(id, about),
    steps,
  });

  async function listing(...operations: ListedOperation[]) {
    const made = cockpit();
    await made.press('o');
    made.store.dispatch({ type: 'operations', operations });
    return made;
  }

  it('offers to undo what has replaced a database, and says why not of others', async () => {
    const { press, store, previewed } = await listing(listed(8), listed(7, [replaced]));
    await press('u');
    expect(store.get().notice?.text).toContain('it replaced no database');
    await press('j', 'u');
    expect(previewed).toEqual([{ kind: 'undo', operation: 7 }]);
  });

  it('keeps its choice when another operation begins', async () => {
    const { press, store, previewed } = await listing(listed(7, [replaced]));
    store.dispatch({ type: 'operations', operations: [listed(8), listed(7, [replaced])] });
    await press('u');
    expect(previewed).toEqual([{ kind: 'undo', operation: 7 }]);
  });

  it('offers to resume and to roll back what was cut off, and nothing else', async () => {
    const { press, store, previewed } = await listing(
      listed(8, [replaced], { state: 'running', outcome: undefined }),
      listed(7, [replaced]),
    );
    await press('m');
    expect(store.get().notice?.text).toContain('operation 8 was not cut off');
    const cutOff = [{ operation: operation(8), steps: [], undecided: true }] as CutOff[];
    store.dispatch({ type: 'cut off', cutOff });
    await press('m', 'escape', 'o', 'w');
    expect(previewed).toEqual([
      { kind: 'resume', operation: 8 },
      { kind: 'rollback', operation: 8 },
    ]);
  });
});
