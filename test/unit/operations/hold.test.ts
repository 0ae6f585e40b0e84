import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { bootId } from '../../../src/host/clock.ts';
import type { Host } from '../../../src/host/host.ts';
import type { Sqlite } from '../../../src/host/sqlite.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { readHeld } from '../../../src/journal/operations.ts';
import { Recorder, recordOperation, recordPlace } from '../../../src/journal/recorder.ts';
import { holdTimers, releaseTimers } from '../../../src/operations/run/hold.ts';
import { runningUnit } from '../../fakes/fleet.ts';
import { FakeClock, fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** Timers that are held off go on afterwards, whatever happens; what an administrator has put out of action stays so. */

const { config } = loadConfig();
const clock = new FakeClock();
type Facts = Pick<UnitState, 'active' | 'load' | 'startup'>;
const waiting: Facts = { active: 'active', load: 'loaded', startup: 'enabled' };

let journal: Sqlite;
let recorder: Recorder;
let timers: Map<string, Facts>;
let stuck: Set<string>;
let dies: string | undefined;
beforeEach(() => {
  journal = openJournal(scratch());
  const actor = { user: 'root', uid: 0, surface: 'command', pid: 1 };
  const about = { kind: 'restart', request: {}, plan: {}, config: {}, actor, steps: [], session: [] };
  recorder = new Recorder(journal, journal, clock, recordOperation(journal, clock, about));
  timers = new Map(
    ['t3-autoupdate', 't3-backup-state', 't3-watchdog'].map((name) => [`${name}.timer`, { ...waiting }]),
  );
  stuck = new Set();
  dies = undefined;
});

const host = (): Host =>
  fakeHost({
    clock,
    units: {
      backend: 'systemd',
      show: (names) =>
        Promise.resolve(
          new Map(
            names.map((name) => {
              const facts = timers.get(name) ?? { active: 'inactive', load: 'not-found', startup: undefined };
              return [name, { ...runningUnit, name, ...facts }];
            }),
          ),
        ),
      act(verb, name) {
        if (name === dies) throw new Error('the runner died');
        if (stuck.has(name)) return Promise.reject(new Error('no answer'));
        const timer = timers.get(name);
        if (timer !== undefined) timer.active = verb === 'start' ? 'active' : 'inactive';
        return Promise.resolve();
      },
      override: () => Promise.reject(new Error('not here')),
      watch: () => ({ close: () => Promise.resolve() }),
    },
  });
const hold = () => holdTimers(host(), config, recorder);
const release = () => releaseTimers(host(), config, recorder);
const active = () => [...timers].filter(([, { active: is }]) => is === 'active').map(([name]) => name);
const set = (name: string, facts: Partial<Facts>) =>
  timers.set(`${name}.timer`, { ...waiting, ...timers.get(`${name}.timer`), ...facts });
const place = (boot: string) =>
  recordPlace(journal, recorder.operation, { kind: 'unit', unit: 'x.service', boot });

describe('the timers of the host’s own jobs', () => {
  it('are stopped, and started again', async () => {
    await hold();
    expect(active()).toEqual([]);
    await release();
    expect(active()).toHaveLength(3);
    expect(readHeld(journal)).toEqual([]);
  });

  it('stay as they were: stopped, masked, or running although disabled', async () => {
    set('t3-autoupdate', { active: 'inactive', startup: 'disabled' });
    set('t3-backup-state', { active: 'inactive', load: 'masked', startup: 'masked' });
    set('t3-watchdog', { startup: 'disabled' });
    const before = structuredClone(timers);
    await hold();
    expect(active()).toEqual([]);
    await release();
    expect(timers).toEqual(before);
  });

  it.each<[string, Partial<Facts>]>([
    ['masked', { load: 'masked', startup: 'masked' }],
    ['masked until the next boot', { startup: 'masked-runtime' }],
    ['disabled', { startup: 'disabled' }],
    ['removed', { load: 'not-found', startup: undefined }],
  ])('stay stopped where somebody has meanwhile %s them', async (_, change) => {
    await hold();
    set('t3-autoupdate', change);
    await release();
    expect(active()).toEqual(['t3-backup-state.timer', 't3-watchdog.timer']);
    expect(readHeld(journal)).toEqual([]);
  });

  it('are all known to the next runner, also where one died between two of them', async () => {
    dies = 't3-backup-state.timer';
    await expect(hold()).rejects.toThrow('the runner died');
    expect(active()).toEqual(['t3-backup-state.timer', 't3-watchdog.timer']);
    dies = undefined;
    // It takes the operation on: what still waits is held, and what was held before is not forgotten.
    await hold();
    await release();
    expect(active()).toHaveLength(3);
  });

  it('are tried again by the next runner when one does not start', async () => {
    await hold();
    stuck.add('t3-watchdog.timer');
    await release();
    expect(active()).toHaveLength(2);
    expect(readHeld(journal)[0]?.held.map(({ unit }) => unit)).toEqual(['t3-watchdog.timer']);
    stuck.clear();
    await release();
    expect(active()).toHaveLength(3);
    expect(readHeld(journal)).toEqual([]);
  });

  it('are after a reboot what systemd makes of them', async () => {
    set('t3-watchdog', { startup: 'disabled' });
    place('another boot');
    await hold();
    set('t3-autoupdate', { active: 'active' });
    await release();
    expect(active()).toEqual(['t3-autoupdate.timer', 't3-backup-state.timer']);
    expect(readHeld(journal)).toEqual([]);
  });

  it('go on in the same boot although disabled: they ran', async () => {
    set('t3-watchdog', { startup: 'disabled' });
    place(bootId());
    await hold();
    await release();
    expect(active()).toHaveLength(3);
  });

  it('written down by an older version, by their names alone, go on as well', async () => {
    await hold();
    journal.prepare('UPDATE operations SET held = ?').run('["t3-autoupdate.timer","t3-watchdog.timer"]');
    await release();
    expect(active()).toEqual(['t3-autoupdate.timer', 't3-watchdog.timer']);
  });
});
