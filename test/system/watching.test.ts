import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { emptyJournal } from '../../src/fleet/journal-facts.ts';
import { jobOf } from '../../src/fleet/jobs.ts';
import { valueOf } from '../../src/fleet/observation.ts';
import { FleetObserver } from '../../src/fleet/observer.ts';
import { systemClock } from '../../src/host/clock.ts';
import { systemCommands } from '../../src/host/commands.ts';
import { openHost } from '../../src/host/host.ts';
import { systemProcesses } from '../../src/host/processes.ts';
import { systemdUnits } from '../../src/host/units/systemd.ts';
import type { UnitWatch } from '../../src/host/units/units.ts';
import { until } from '../sandbox/sandbox.ts';
import { buildMachine, json, sh, unitOf } from './machine.ts';

/** What a real systemd tells without being asked, and what it says of timers. */

const units = systemdUnits(systemCommands(), systemClock, 10_000);
let told: (string | undefined)[] = [];
let watch: UnitWatch;
beforeAll(async () => {
  await buildMachine();
  watch = units.watch((name) => told.push(name));
  // Nobody says from when on the bus is listened to: until a change of ours is told.
  await until('the watch', async () => {
    await sh('systemctl', 'reset-failed');
    await sh('systemd-run', '--quiet', '--wait', 'true');
    return told.length > 0 ? true : undefined;
  });
});
afterAll(() => watch.close());
beforeEach(() => {
  told = [];
});

/** Do it, and see that it is told of this unit: nothing here asks for it. */
async function tells(name: string, act: () => Promise<unknown>): Promise<void> {
  const acted = act();
  await until(`${name} is told`, () => (told.includes(name) ? true : undefined));
  await acted;
}

const vera = unitOf('vera');
const active = async () => (await units.show([vera])).get(vera)?.active;

describe('a unit of a real systemd', () => {
  it('that is stopped, started, or killed is told at once', async () => {
    await tells(vera, () => sh('systemctl', 'stop', vera));
    await until('stopped', async () => ((await active()) === 'active' ? undefined : true));
    told = [];
    await tells(vera, () => sh('systemctl', 'start', vera));
    await until('started', async () => ((await active()) === 'active' ? true : undefined));
    told = [];
    await tells(vera, () => sh('systemctl', 'kill', '--signal=KILL', vera));
    await until('started again', async () => ((await active()) === 'active' ? true : undefined));
  });

  it('that is masked, and by no change of state, is told as well', async () => {
    for (const verb of ['mask', 'unmask']) {
      told = [];
      await sh('systemctl', verb, '--runtime', '--quiet', vera);
      await until('"some have changed"', () => (told.includes(undefined) ? true : undefined), 1000);
    }
  });

  it('is told of by the journal when who listens to the bus was killed', async () => {
    const follower = async (program: string) => {
      for (const pid of readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)) {
        const facts = await systemProcesses.facts(pid);
        if (facts?.parent === process.pid && facts.name === program) return pid;
      }
      return undefined;
    };
    const first = await until('the follower', () => follower('busctl'));
    process.kill(first, 'SIGKILL');
    await until('"some have changed"', () => (told.includes(undefined) ? true : undefined));
    await until('another follower', () => follower('journalctl'));
    await until('the watch', async () => {
      await sh('systemd-run', '--quiet', '--wait', 'true');
      return told.length > 1 ? true : undefined;
    });
    await tells(vera, () => sh('systemctl', 'restart', vera));
  });
});

describe('the fleet, looked at once an hour', () => {
  it('shows at once what a unit, a job and the host’s files come to', async () => {
    const { config } = loadConfig();
    for (const fact of Object.keys(config.cadence) as (keyof Config['cadence'])[])
      config.cadence[fact] = 3_600_000;
    config.pins = [];
    config.jobs = ['t3-watched'];
    writeFileSync(
      '/etc/systemd/system/t3-watched.service',
      '[Service]\nType=oneshot\nExecStart=/bin/sh -c "until test -e /run/go-on; do sleep 0.1; done"\n',
    );
    // A service that nothing refers to is forgotten as soon as it has ended.
    writeFileSync('/etc/systemd/system/t3-watched.timer', '[Timer]\nOnCalendar=*-01-01 00:00:00\n');
    await sh('systemctl', 'daemon-reload');
    await sh('systemctl', 'start', 't3-watched.timer');
    const host = openHost(config);
    const observer = new FleetObserver({ host, config, journal: emptyJournal, environment: {} });
    const of = () => observer.fleet.instances.find(({ user }) => user === 'vera');
    const unit = () => valueOf(of()?.unit ?? { kind: 'pending' });
    const job = () => valueOf(observer.fleet.jobs)?.[0];
    const seen = async (what: string, shows: () => boolean, act: () => unknown) => {
      expect(shows()).toBe(false);
      const acted = act();
      await until(what, () => (shows() ? true : undefined), 1000);
      await acted;
    };
    try {
      observer.start();
      await until('a first look', () =>
        unit()?.active === 'active' && job() !== undefined && of()?.liveness.kind === 'known'
          ? true
          : undefined,
      );
      // From when on the journal is followed is seen by a change that is told.
      await until('the watch', async () => {
        await sh('systemctl', 'restart', vera);
        const pid = Number(await sh('systemctl', 'show', '--value', '--property=MainPID', vera));
        await until('it', () => (unit()?.mainPid === pid ? true : undefined), 1000).catch(() => undefined);
        return unit()?.mainPid === pid ? true : undefined;
      });
      const stopped = () => unit()?.mainPid === undefined;
      await seen('stopped', stopped, () => sh('systemctl', 'stop', vera));
      await seen(
        'started',
        () => unit()?.active === 'active',
        () => sh('systemctl', 'start', vera),
      );
      const first = unit()?.mainPid;
      await seen(
        'killed',
        () => unit()?.mainPid !== first,
        () => sh('systemctl', 'kill', '--signal=KILL', vera),
      );
      await seen(
        'the job runs',
        () => job()?.running === true,
        () => sh('systemctl', 'start', '--no-block', 't3-watched'),
      );
      await seen(
        'it has ended',
        () => job()?.running === false && job()?.ended === 'well',
        () => writeFileSync('/run/go-on', ''),
      );

      const frozen = () => valueOf(observer.fleet.freeze)?.frozen === true;
      await seen('frozen', frozen, () => writeFileSync('/etc/t3-autoupdate.freeze', 'for a test'));
      const owed = () => valueOf(of()?.deferral ?? { kind: 'pending' })?.version === '0.0.27';
      await seen('a deferral', owed, () => {
        mkdirSync('/var/lib/t3-autoupdate/deferred', { recursive: true });
        writeFileSync('/var/lib/t3-autoupdate/deferred/vera', '0.0.27\n');
      });
      const copies = () =>
        valueOf(of()?.snapshots ?? { kind: 'pending' })?.some(
          ({ file }) => file === 'state-20260101-033000.sqlite',
        ) === true;
      await seen('vera’s own copy', copies, async () => {
        await sh('install', '-d', '-o', 'vera', '-g', 'vera', '-m', '0700', '/var/backups/t3-state/vera');
        await sh(
          'runuser',
          '-u',
          'vera',
          '--',
          'touch',
          '/var/backups/t3-state/vera/state-20260101-033000.sqlite',
        );
      });
    } finally {
      observer.stop();
      await host.close();
      await sh('systemctl', 'stop', 't3-watched.timer');
      for (const file of [
        '/etc/t3-autoupdate.freeze',
        '/var/lib/t3-autoupdate',
        '/var/backups/t3-state/vera/state-20260101-033000.sqlite',
        '/etc/systemd/system/t3-watched.service',
        '/etc/systemd/system/t3-watched.timer',
        '/run/go-on',
      ])
        rmSync(file, { recursive: true, force: true });
      await sh('systemctl', 'daemon-reload');
    }
  });
});

describe('the host’s own jobs', () => {
  const write = (name: string, text: string) => writeFileSync(`/etc/systemd/system/${name}`, text);

  it('are known with their timers: when next, when last, how it ended', async () => {
    write('t3-backup-state.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n');
    write('t3-backup-state.timer', '[Timer]\nOnCalendar=*-*-* 03:30:00\n[Install]\nWantedBy=timers.target\n');
    write('t3-watchdog.service', '[Service]\nType=oneshot\nExecStart=/bin/false\n');
    write('t3-watchdog.timer', '[Timer]\nOnCalendar=*-*-* *:*:00/1\nAccuracySec=100ms\n');
    write('t3-autoupdate.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n');
    write('t3-autoupdate.timer', '[Timer]\nOnActiveSec=90min\n');
    await sh('systemctl', 'daemon-reload');
    await sh('systemctl', 'start', 't3-backup-state.timer', 't3-watchdog.timer', 't3-autoupdate.timer');
    await sh('systemctl', 'mask', '--runtime', 't3-masked.service');
    const names = ['t3-backup-state', 't3-watchdog', 't3-migrate-idle', 't3-autoupdate', 't3-masked'].flatMap(
      (name) => [`${name}.service`, `${name}.timer`],
    );
    const job = async (name: string) => {
      const states = await units.show(names);
      const [service, timer] = [states.get(`${name}.service`), states.get(`${name}.timer`)];
      if (service === undefined || timer === undefined) throw new Error(`no ${name}`);
      return jobOf(name, service, timer);
    };
    const failed = await until('the watchdog has failed', async () => {
      const found = await job('t3-watchdog');
      return found.ended === 'failed' ? found : undefined;
    });
    expect(Math.abs((failed.last ?? 0) - Date.now())).toBeLessThan(60_000);
    await sh('systemctl', 'stop', 't3-watchdog.timer');
    const backup = await job('t3-backup-state');
    expect(backup).toMatchObject({ installed: true, running: false, scheduled: true, ended: undefined });
    const next = (backup.next ?? 0) - Date.now();
    expect(next).toBeGreaterThan(0);
    expect(next).toBeLessThan(25 * 3_600_000);
    const after = (await job('t3-autoupdate')).next ?? 0;
    expect(Math.abs(after - Date.now() - 90 * 60_000)).toBeLessThan(60_000);
    expect(await job('t3-migrate-idle')).toMatchObject({ installed: false, scheduled: false });
    expect(await job('t3-masked')).toMatchObject({ installed: true, barred: 'masked' });

    const status = await json<{ jobs: { value: { name: string; ended: string | null }[] } }>(['status']);
    expect(status.jobs.value.find(({ name }) => name === 't3-watchdog')?.ended).toBe('failed');
    await sh('systemctl', 'reset-failed', 't3-watchdog.service');
  });
});
