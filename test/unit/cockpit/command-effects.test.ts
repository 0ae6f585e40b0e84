import { afterEach, describe, expect, it } from 'vitest';
import { commandEffects } from '../../../src/cockpit/command-effects.ts';
import type { Asking } from '../../../src/cockpit/asking.ts';
import { fakeHost } from '../../fakes/host.ts';
import { plan } from '../../fakes/places.ts';

/** What the cockpit asks others for: the commands that it runs, and what it makes of their answers. */

const host = fakeHost();
afterEach(() => host.commands.done());

const effects = (sandbox = false) =>
  commandEffects({
    host,
    flags: ['--config', '/etc/c.yaml'],
    environment: { TERM: 'xterm', TMUX: '/tmp/t,1,0', HOME: '/root', T3_COCKPIT_X: '1' },
    redraw: () => undefined,
    suspend: () => undefined,
    reports: { folder: '/state/reports', keep: 3 },
    sandbox,
  });
const runs = (command: string) =>
  new RegExp(`command(\\.js)? --config /etc/c\\.yaml --surface cockpit ${command.replaceAll('.', '\\.')}$`);
const json = (document: object) => ({ stdout: JSON.stringify({ schema: 1, ...document }) });
const later: Asking = { kind: 'schedule', what: { kind: 'bump', version: '0.0.27' }, when: '02:00-05:00' };

describe('what is agreed to for later', () => {
  it('is planned by a dry run, and given to systemd', async () => {
    host.commands
      .expect(runs('--json --dry-run schedule bump 0.0.27 --window 02:00-05:00'), json({ plan }))
      .expect(
        runs('--json --yes schedule bump 0.0.27 --window 02:00-05:00 --install'),
        json({ schedule: { id: 3, installed: true }, units: {} }),
      );
    expect(await effects().preview(later)).toMatchObject({ plan: { kind: 'restore' } });
    expect(await effects().carryOut(later, false)).toEqual({ said: 'schedule 3 waits (t lists it)' });
  });

  it('waits for somebody where there is no systemd, which is said', async () => {
    host.commands.expect(
      runs('--json --yes schedule backup --at 02:30'),
      json({ schedule: { id: 4, installed: false } }),
    );
    const asking: Asking = { kind: 'schedule', what: { kind: 'backup' }, when: '02:30' };
    expect(await effects(true).carryOut(asking, false)).toEqual({
      said: 'schedule 4 waits; nothing starts it by itself here (t lists it)',
    });
  });

  it('is cancelled only where it can be, and that is asked for before', async () => {
    const asking: Asking = { kind: 'cancel', schedule: 3, about: 'bump to 0.0.27, 02:00 to 05:00' };
    host.commands
      .expect(runs('--json --dry-run schedule cancel 3'), json({ schedule: { id: 3, cancelled: false } }))
      .expect(runs('--json --yes schedule cancel 3'), json({ schedule: { id: 3, cancelled: true } }))
      .expect(runs('--json --dry-run schedule cancel 3'), {
        exitCode: 3,
        stderr: 't3-cockpit: schedule 3 cancelled: it cannot be cancelled\n',
      });
    expect(await effects().preview(asking)).toMatchObject({
      plan: { lanes: [], notes: [expect.stringContaining('Not to be done: bump to 0.0.27')] },
    });
    expect(await effects().carryOut(asking, false)).toEqual({ said: 'schedule 3 is cancelled' });
    expect(await effects().preview(asking)).toEqual({
      refused: 'schedule 3 cancelled: it cannot be cancelled',
    });
  });
});

describe('a snapshot', () => {
  it('is kept, and left to retention again', async () => {
    host.commands
      .expect(runs('--json --yes snapshots protect /b/x'), json({ snapshot: '/b/x', protected: true }))
      .expect(runs('--json --yes snapshots unprotect /b/x'), { exitCode: 3, stderr: 't3-cockpit: no\n' });
    expect(await effects().carryOut({ kind: 'protect', file: '/b/x' }, false)).toHaveProperty('said');
    expect(await effects().carryOut({ kind: 'unprotect', file: '/b/x' }, false)).toEqual({ problem: 'no' });
  });

  it('is not asked about where nothing would be removed', async () => {
    host.commands.expect(
      runs('--json --dry-run snapshots prune'),
      json({ plan: { ...plan, kind: 'prune' } }),
    );
    expect(await effects().preview({ kind: 'prune' })).toEqual({
      refused: 'there is nothing to remove: something speaks for every snapshot',
    });
  });
});

describe('doctor', () => {
  const found = { group: 'units', subject: 'emo', verdict: 'wrong', found: 'x', remedy: '', command: null };

  it('counts although it fails: it fails because of what it has found', async () => {
    host.commands.expect(runs('--json doctor'), (options) => {
      // What it would say of the terminal is of this one.
      expect(options.environment).toEqual({ TERM: 'xterm', TMUX: '/tmp/t,1,0', T3_COCKPIT_X: '1' });
      return { ...json({ findings: [found], wrong: 1 }), exitCode: 1 };
    });
    expect(await effects().doctor()).toEqual({ findings: [found] });
  });

  it('that gives no answer is a problem', async () => {
    host.commands.expect(runs('--json doctor'), { exitCode: 1, stderr: 't3-cockpit: no configuration\n' });
    expect(await effects().doctor()).toEqual({ problem: 'no configuration' });
  });
});

describe('an operation', () => {
  it('is its number, or why there is none', async () => {
    host.commands
      .expect(runs('--json --yes preflight 0.0.27 --detach'), json({ operation: { id: 9 } }))
      .expect(runs('--json --yes drain --detach'), json({ operation: null, leftOut: [] }))
      .expect(runs('--json --yes drain --detach'), { stdout: 'no JSON' });
    expect(await effects().carryOut({ kind: 'preflight', version: '0.0.27' }, false)).toEqual({
      operation: 9,
    });
    expect(await effects().carryOut({ kind: 'drain' }, false)).toEqual({
      problem: 'there is nothing left to do',
    });
    expect(await effects().carryOut({ kind: 'drain' }, false)).toHaveProperty('problem');
  });
});
