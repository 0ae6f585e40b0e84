import { chmodSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { openJournal, openJournalReadOnly, JournalProblem } from '../../../src/journal/journal.ts';
import { dataVersion, readEvents, readLastEvents } from '../../../src/journal/events.ts';
import {
  listOperations,
  openOperations,
  operationsOfUser,
  readOperation,
  readOperationDocuments,
  readSteps,
} from '../../../src/journal/operations.ts';
import {
  Recorder,
  forgetOldOperations,
  recordOperation,
  recordOutcome,
  recordPlace,
  recordStopRequest,
} from '../../../src/journal/recorder.ts';
import { readSnapshots, recordSnapshot } from '../../../src/journal/snapshots.ts';
import { FakeClock } from '../../fakes/host.ts';
import { snapshotRecord as snapshot } from '../../fakes/snapshot-record.ts';
import { scratch } from '../../scratch.ts';

const clock = new FakeClock();
const actor = { user: 'root', uid: 0, surface: 'command', pid: 1 };
const steps = [
  { id: 'vera/snapshot', user: 'vera', kind: 'snapshot', title: 'snapshot' },
  { id: 'emo/snapshot', user: 'emo', kind: 'snapshot', title: 'snapshot' },
];

let folder: string;
beforeEach(() => {
  folder = scratch();
});

function newOperation() {
  const db = openJournal(folder);
  const id = recordOperation(db, clock, {
    kind: 'backup',
    request: { a: 1 },
    plan: { b: 2 },
    config: { c: 3 },
    actor,
    steps,
    session: [],
  });
  return { db, id, recorder: new Recorder(db, openJournal(folder, false), clock, id) };
}

describe('the journal', () => {
  it('is closed to all others, also when its folder was not', () => {
    const open = path.join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    openJournal(open).close();
    expect(statSync(open).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(open, 'journal.sqlite')).mode & 0o777).toBe(0o600);
  });

  it('is durable where it has to be', () => {
    // 2: FULL; 1: NORMAL (sqlite.org/pragma.html#pragma_synchronous).
    expect(openJournal(folder).pragma('synchronous', { simple: true })).toBe(2);
    expect(openJournal(folder, false).pragma('synchronous', { simple: true })).toBe(1);
    expect(openJournal(folder).pragma('journal_mode', { simple: true })).toBe('wal');
  });

  it('says when there is none yet', () => {
    expect(() => openJournalReadOnly(folder)).toThrow(JournalProblem);
    expect(() => openJournalReadOnly(folder)).toThrow(/no journal yet/);
  });

  it('is not there yet while its writer has made no more than the file', () => {
    new Database(path.join(folder, 'journal.sqlite')).exec('CREATE TABLE begun (x)').close();
    expect(() => openJournalReadOnly(folder)).toThrow(/no journal yet/);
  });

  it('refuses one from a newer t3-cockpit, for reading and for writing', () => {
    const db = openJournal(folder);
    db.pragma('user_version = 99');
    db.close();
    expect(() => openJournal(folder)).toThrow(/format 99/);
    expect(() => openJournalReadOnly(folder)).toThrow(/format 99/);
  });
});

describe('an operation', () => {
  it('is written down with its steps before anything happens', () => {
    const { db, id } = newOperation();
    expect(readOperation(db, id)).toMatchObject({
      kind: 'backup',
      state: 'requested',
      outcome: undefined,
      actor,
    });
    expect(readOperationDocuments(db, id)).toEqual({ request: { a: 1 }, plan: { b: 2 }, config: { c: 3 } });
    expect(readSteps(db, id).map(({ id: step, state }) => [step, state])).toEqual([
      ['vera/snapshot', 'pending'],
      ['emo/snapshot', 'pending'],
    ]);
    expect(openOperations(db).map((each) => each.id)).toEqual([id]);
  });

  it('tells its story in order', () => {
    const { db, id, recorder } = newOperation();
    recorder.started();
    recorder.stepStarted(steps[0]!, { file: 'x' });
    recorder.progress(steps[0]!, 'copy', 10.4, 100);
    recorder.event('info', { type: 'text', text: 'hello' }, steps[0]);
    recorder.stepEnded(steps[0]!, { state: 'succeeded', result: { bytes: 7 } });
    recorder.stepEnded(steps[1]!, { state: 'refused', reason: 'no space' });
    recordOutcome(db, clock, id, 'failed', '1 of 2');
    expect(readOperation(db, id)).toMatchObject({ state: 'ended', outcome: 'failed', reason: '1 of 2' });
    expect(readSteps(db, id)).toMatchObject([
      {
        state: 'succeeded',
        result: { bytes: 7 },
        undo: { file: 'x' },
        progress: { phase: 'copy', done: 10, total: 100 },
      },
      { state: 'refused', reason: 'no space' },
    ]);
    const events = readEvents(db, id, 0);
    expect(events.map(({ payload }) => payload.type)).toEqual([
      'operation',
      'step',
      'text',
      'step',
      'step',
      'operation',
    ]);
    expect(events.map(({ level }) => level)).toEqual(['info', 'info', 'info', 'info', 'error', 'error']);
    expect(readEvents(db, id, events[3]!.id)).toHaveLength(2);
    expect(readLastEvents(db, id, 2)).toEqual(events.slice(-2));
    expect(openOperations(db)).toEqual([]);
  });

  it('is told of a user with their own steps alone, the newest first', () => {
    const { db, id } = newOperation();
    const { id: next } = newOperation();
    const parts = operationsOfUser(db, 'emo', 10);
    expect(parts.map(({ operation, steps: own }) => [operation.id, own.map((each) => each.id)])).toEqual([
      [next, ['emo/snapshot']],
      [id, ['emo/snapshot']],
    ]);
    expect(operationsOfUser(db, 'emo', 1).map(({ operation }) => operation.id)).toEqual([next]);
    expect(operationsOfUser(db, 'nobody', 10)).toEqual([]);
  });

  it('leaves no step unfinished when it has an outcome', () => {
    const { db, id, recorder } = newOperation();
    recorder.stepStarted(steps[0]!);
    recordOutcome(db, clock, id, 'interrupted', 'the runner died');
    expect(readSteps(db, id).map(({ state }) => state)).toEqual(['interrupted', 'interrupted']);
  });

  it('can be asked to stop, once, and not after its end', () => {
    const { db, id, recorder } = newOperation();
    expect(recorder.stopRequested()).toBe(false);
    expect(recordStopRequest(db, clock, id)).toBe(true);
    const first = readOperation(db, id)?.stopRequestedAt;
    clock.advance(1000);
    recordStopRequest(db, clock, id);
    expect(readOperation(db, id)?.stopRequestedAt).toBe(first);
    expect(recorder.stopRequested()).toBe(true);
    recordOutcome(db, clock, id, 'interrupted', undefined);
    expect(recordStopRequest(db, clock, id)).toBe(false);
  });

  it('remembers where its runner is', () => {
    const { db, id } = newOperation();
    recordPlace(db, id, { kind: 'unit', unit: 't3-cockpit-1.service', boot: 'b' });
    expect(readOperation(db, id)?.place).toEqual({ kind: 'unit', unit: 't3-cockpit-1.service', boot: 'b' });
  });

  it('is noticed by another connection', () => {
    const { id } = newOperation();
    const reader = openJournalReadOnly(folder);
    const before = dataVersion(reader);
    expect(dataVersion(reader)).toBe(before);
    recordStopRequest(openJournal(folder), clock, id);
    expect(dataVersion(reader)).not.toBe(before);
  });
});

describe('what is kept', () => {
  it('are the newest operations, all that have no outcome, and every snapshot', () => {
    const { db, id } = newOperation();
    recordSnapshot(db, snapshot);
    const later = Array.from({ length: 5 }, () => newOperation().id);
    for (const each of later) recordOutcome(db, clock, each, 'succeeded', undefined);
    forgetOldOperations(db, 2);
    expect(listOperations(db, 100).map((each) => each.id)).toEqual([...later.slice(-2).toReversed(), id]);
    expect(readSteps(db, later[0]!)).toEqual([]);
    expect(readSnapshots(db, 'vera')).toHaveLength(1);
  });
});

describe('the record of a snapshot', () => {
  it('is read back as written, newest first', () => {
    const db = openJournal(folder);
    recordSnapshot(db, snapshot);
    recordSnapshot(db, { ...snapshot, file: 'y.sqlite', takenAt: 9, version: '0.0.24' });
    recordSnapshot(db, { ...snapshot, user: 'emo', folder: '/c' });
    expect(readSnapshots(db, 'vera')).toMatchObject([{ file: 'y.sqlite', version: '0.0.24' }, snapshot]);
    expect(readSnapshots(db)).toHaveLength(3);
  });

  it('is unique for a file', () => {
    const db = openJournal(folder);
    recordSnapshot(db, snapshot);
    expect(() => recordSnapshot(db, snapshot)).toThrow(/UNIQUE/);
  });
});
