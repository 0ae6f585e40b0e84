import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HistoryWriter } from '../../../src/cockpit/history-writer.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import type { Sqlite } from '../../../src/host/sqlite.ts';
import { readHistory, recordChange } from '../../../src/journal/history.ts';
import { isBusy, openJournal } from '../../../src/journal/journal.ts';
import { readProbes, recordProbe } from '../../../src/journal/probes.ts';
import { probeResult, type ProbeVerdict } from '../../../src/t3/verdict.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';
import { scratch } from '../../scratch.ts';

/** What the journal knows of the past: since when, when it was last well; and never more than so much. */

let folder: string;
let journal: Sqlite;
beforeEach(() => {
  folder = path.join(scratch(), 'state');
  journal = openJournal(folder);
});
afterEach(() => journal.close());

const probe = (at: number, verdict: ProbeVerdict, name?: string) =>
  recordProbe(journal, 'vera', probeResult(name === undefined ? 'direct' : 'dispatch', verdict, { name }), {
    at,
    version: '0.0.24',
    operation: 1,
  });

describe('probes', () => {
  it('stand as the last one found, since when, and when it was last ok', () => {
    probe(1, 'broken');
    probe(2, 'ok');
    probe(3, 'ok');
    probe(4, 'broken');
    probe(5, 'broken');
    const [direct] = readProbes(journal, 'vera');
    expect(direct).toMatchObject({ last: { verdict: 'broken', at: 5 }, since: 4, lastOk: { at: 3 } });
    expect(readProbes(journal, 'emo')).toEqual([]);
  });

  it('are told apart by route and name, the direct one first', () => {
    probe(1, 'ok', 'vera@example.org');
    probe(2, 'broken', 'v');
    probe(3, 'ok');
    expect(readProbes(journal, 'vera').map(({ last }) => [last.route, last.name, last.verdict])).toEqual([
      ['direct', undefined, 'ok'],
      ['dispatch', 'v', 'broken'],
      ['dispatch', 'vera@example.org', 'ok'],
    ]);
  });

  it('are forgotten beyond a hundred of a route, and no other route’s for it', () => {
    probe(1, 'ok', 'rare');
    for (let at = 2; at < 500; at += 1) probe(at, 'broken');
    expect(journal.prepare('SELECT count(*) FROM probes').pluck().get()).toBe(101);
    const [direct, rare] = readProbes(journal, 'vera');
    // As far back as is remembered.
    expect(direct).toMatchObject({ last: { at: 499 }, since: 400, lastOk: undefined });
    expect(rare?.lastOk?.at).toBe(1);
  });
});

describe('a history', () => {
  it('has changes only, newest first, and no more than fifty of a fact', () => {
    const record = (at: number, value: string, fact = 'unit') =>
      recordChange(journal, { user: 'vera', fact, at, value });
    expect(record(1, 'running')).toBe(true);
    expect(record(2, 'running')).toBe(false);
    expect(record(3, 'stopped')).toBe(true);
    record(1, '0.0.24', 'running');
    expect(readHistory(journal, 'vera', 'unit')).toEqual([
      { user: 'vera', fact: 'unit', at: 3, value: 'stopped' },
      { user: 'vera', fact: 'unit', at: 1, value: 'running' },
    ]);
    for (let at = 4; at < 400; at += 1) record(at, String(at));
    expect(readHistory(journal, 'vera', 'unit', 1000)).toHaveLength(50);
    expect(readHistory(journal, 'vera', 'running')).toHaveLength(1);
  });
});

describe('what writes it', () => {
  const past = (fact: string) => readHistory(journal, 'vera', fact).map(({ value }) => value);

  it('writes what changes, and nothing that was not looked at', () => {
    const problems: (string | undefined)[] = [];
    const writer = new HistoryWriter(folder, (words) => problems.push(words));
    const see = (facts: Parameters<typeof instanceOf>[1]) =>
      writer.see(fleetOf(instanceOf('vera', facts)), startMoment.wall);
    see({ unit: { kind: 'pending' }, liveness: { kind: 'pending' } });
    expect(past('unit')).toEqual([]);
    see({});
    see({});
    see({ liveness: known({ version: '0.0.27', latency: 1 }, startMoment) });
    see({ liveness: unknown('no answer in 3 s', startMoment) });
    see({ liveness: unknown('no answer in 3.1 s', startMoment) });
    // A server that is meant to be off is no other version.
    see({ unit: known({ ...runningUnit, active: 'inactive', sub: 'dead' }, startMoment) });
    writer.close();
    expect(past('running')).toEqual(['unknown: no answer in 3 s', '0.0.27', '0.0.24']);
    expect(past('unit')).toEqual(['stopped', 'running']);
    expect(past('backup')).toEqual(['none verified']);
    expect(problems).toEqual([]);
  });

  it('goes on where another cockpit has left off', () => {
    const first = new HistoryWriter(folder, () => undefined);
    const unreadable = (seconds: number) => ({ state: unknown(`no answer in ${seconds} s`, startMoment) });
    expect(first.see(fleetOf(instanceOf('vera', unreadable(3))), 1)).toBe(true);
    first.close();
    const second = new HistoryWriter(folder, () => undefined);
    expect(second.see(fleetOf(instanceOf('vera', unreadable(4))), 2)).toBe(false);
    second.close();
    expect(past('unit')).toEqual(['running']);
    expect(past('schema')).toEqual(['unknown: no answer in 3 s']);
  });

  it('waits for nobody: while somebody else writes it writes nothing, and everything at the next look', () => {
    const writer = new HistoryWriter(folder, () => expect.unreachable());
    journal.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    expect(writer.see(fleetOf(instanceOf('vera')), 1)).toBe(false);
    expect(performance.now() - began).toBeLessThan(10_000);
    journal.exec('COMMIT');
    expect(writer.see(fleetOf(instanceOf('vera')), 2)).toBe(true);
    journal.exec('BEGIN IMMEDIATE');
    const down = fleetOf(
      instanceOf('vera', { unit: known({ ...runningUnit, active: 'failed' }, startMoment) }),
    );
    expect(writer.see(down, 3)).toBe(false);
    journal.exec('COMMIT');
    expect(writer.see(down, 4)).toBe(true);
    writer.close();
    expect(past('unit')).toEqual(['failed: success', 'running']);
  });

  it('knows somebody else who has written since it read for what it is, however SQLite calls that', () => {
    const other = openJournal(folder, false);
    other.exec('BEGIN');
    other.prepare('SELECT count(*) FROM history').get();
    recordChange(journal, { user: 'vera', fact: 'unit', at: 1, value: 'running' });
    let problem: unknown;
    try {
      recordChange(other, { user: 'emo', fact: 'unit', at: 1, value: 'running' });
    } catch (error) {
      problem = error;
    }
    expect(problem).toMatchObject({ code: 'SQLITE_BUSY_SNAPSHOT' });
    expect(isBusy(problem)).toBe(true);
    other.exec('ROLLBACK');
    other.close();
  });

  it('says once why it cannot, and when it can again', () => {
    const broken = path.join(scratch(), 'broken');
    mkdirSync(broken);
    writeFileSync(
      path.join(broken, 'journal.sqlite'),
      'no journal of ours, and longer than a header would be',
    );
    const problems: (string | undefined)[] = [];
    const writer = new HistoryWriter(broken, (words) => problems.push(words));
    writer.see(fleetOf(instanceOf('vera')), 1);
    writer.see(fleetOf(instanceOf('vera')), 2);
    expect(problems).toEqual([expect.stringMatching(/not a database/)]);
    rmSync(path.join(broken, 'journal.sqlite'));
    expect(writer.see(fleetOf(instanceOf('vera')), 3)).toBe(false);
    expect(writer.see(fleetOf(instanceOf('vera')), 3 + 61_000)).toBe(true);
    writer.close();
    expect(problems).toEqual([expect.any(String), undefined]);
  });
});
