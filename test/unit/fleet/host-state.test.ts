import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { observeDeferral, observeFreeze, observeLastGood } from '../../../src/fleet/collect/host-state.ts';
import { observeJobs } from '../../../src/fleet/collect/units.ts';
import { jobOf } from '../../../src/fleet/jobs.ts';
import { known, unknown, valueOf } from '../../../src/fleet/observation.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { runningUnit, startMoment } from '../../fakes/fleet.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** What the host's own scripts keep about versions, and the jobs that they are. */

const { config } = loadConfig();
const collecting = { host: fakeHost(), config };
const since = Date.UTC(2026, 5, 9, 3, 30);

let root: string;
beforeEach(() => {
  root = scratch();
  config.paths.freeze = path.join(root, 'freeze');
  config.paths.lastGood = path.join(root, 'last-good');
  config.paths.deferral = path.join(root, 'deferred/{user}');
});

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, since / 1000, since / 1000);
}

describe('freeze', () => {
  const freeze = async () => {
    const seen = await observeFreeze(collecting);
    return seen.kind === 'known' ? seen.value : seen.kind;
  };

  it('is no file, or one with a reason in its first line', async () => {
    expect(await freeze()).toEqual({ frozen: false });
    write(config.paths.freeze, 'bad \u001b[2Jnight\nmore of it\n');
    expect(await freeze()).toEqual({ frozen: true, reason: 'bad night', since });
    write(config.paths.freeze, '');
    expect(await freeze()).toEqual({ frozen: true, reason: '', since });
    write(config.paths.freeze, 'x'.repeat(500));
    const long = await freeze();
    expect(typeof long === 'object' && long.frozen ? long.reason.length : 0).toBeLessThanOrEqual(120);
  });

  it('is frozen whatever the file is, and says what could not be read', async () => {
    write(config.paths.freeze, 'x'.repeat(5000));
    expect(await freeze()).toMatchObject({
      frozen: true,
      reason: expect.stringMatching(/larger than/) as string,
    });
    config.paths.freeze = path.join(root, 'link');
    symlinkSync('/nowhere', config.paths.freeze);
    expect(await freeze()).toMatchObject({ frozen: true, reason: expect.stringMatching(/link/) as string });
    config.paths.freeze = path.join(root, 'folder');
    mkdirSync(config.paths.freeze);
    expect(await freeze()).toMatchObject({ frozen: true });
  });

  it('that cannot be looked at is unknown, not "no"', async () => {
    write(path.join(root, 'file'), '');
    config.paths.freeze = path.join(root, 'file/freeze');
    expect(await freeze()).toBe('unknown');
  });
});

describe('last good', () => {
  it('is a version, nothing, or not to be believed', async () => {
    expect(await observeLastGood(collecting)).toMatchObject({ kind: 'known', value: undefined });
    write(config.paths.lastGood, '0.0.27\n');
    expect(valueOf(await observeLastGood(collecting))).toBe('0.0.27');
    write(config.paths.lastGood, 'the \u001b[1mold one');
    expect(await observeLastGood(collecting)).toMatchObject({
      kind: 'unknown',
      reason: `${config.paths.lastGood}: "the old one" is no version`,
    });
  });
});

describe('a deferral', () => {
  const owed = async () => valueOf(await observeDeferral(collecting, 'bob'));

  it('is owed from the file on, whatever stands in it', async () => {
    expect(await observeDeferral(collecting, 'bob')).toMatchObject({ kind: 'known', value: undefined });
    write(path.join(root, 'deferred/bob'), '0.0.27\n');
    expect(await owed()).toEqual({ version: '0.0.27', since });
    write(path.join(root, 'deferred/bob'), '');
    expect(await owed()).toEqual({ version: undefined, since });
    write(path.join(root, 'deferred/bob'), 'later\u001b[1m!');
    expect(await owed()).toEqual({ version: '? later!', since });
    expect(valueOf(await observeDeferral(collecting, 'alice'))).toBeUndefined();
  });

  it('that cannot be read is unknown', async () => {
    write(path.join(root, 'deferred/bob'), 'x'.repeat(5000));
    expect(await observeDeferral(collecting, 'bob')).toMatchObject({ kind: 'unknown' });
    write(path.join(root, 'file'), '');
    config.paths.deferral = path.join(root, 'file/{user}');
    expect(await observeDeferral(collecting, 'bob')).toMatchObject({ kind: 'unknown' });
  });
});

describe('a job of the host', () => {
  const unit = (facts: Partial<UnitState>): UnitState => ({ ...runningUnit, since: undefined, ...facts });
  const never = unit({ active: 'inactive', sub: 'dead' });
  const absent = unit({ load: 'not-found', active: 'inactive', sub: 'dead' });
  const timer = unit({ active: 'active', sub: 'waiting', nextRun: 2000, lastRun: 1000 });

  it('runs, has ended well or failed, or never ran', () => {
    expect(jobOf('a', unit({ active: 'activating', sub: 'start' }), timer)).toMatchObject({
      running: true,
      ended: undefined,
    });
    expect(jobOf('a', unit({ active: 'failed', sub: 'failed', since }), timer)).toMatchObject({
      running: false,
      ended: 'failed',
      since,
    });
    expect(jobOf('a', { ...never, since }, timer)).toMatchObject({ ended: 'well', next: 2000, last: 1000 });
    expect(jobOf('a', never, timer)).toMatchObject({ running: false, ended: undefined, scheduled: true });
  });

  it('may not be installed, not be scheduled, or be barred: facts of their own', () => {
    expect(jobOf('a', absent, absent)).toMatchObject({
      installed: false,
      scheduled: false,
      barred: undefined,
    });
    expect(jobOf('a', never, absent)).toMatchObject({ installed: true, scheduled: false });
    expect(jobOf('a', never, { ...timer, active: 'inactive' })).toMatchObject({ scheduled: false });
    expect(jobOf('a', { ...never, load: 'masked' }, timer)).toMatchObject({
      installed: true,
      barred: 'masked',
    });
  });

  it('is unknown when the supervisor gives no answer', () => {
    const answers = (name: string) =>
      name === 't3-watchdog.timer' ? unknown('no answer', startMoment) : known(never, startMoment);
    expect(observeJobs(collecting, answers)).toMatchObject({ kind: 'unknown', reason: 'no answer' });
    expect(
      valueOf(observeJobs(collecting, () => known(never, startMoment)))?.map(({ name }) => name),
    ).toEqual(config.jobs);
  });
});
