import { readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobOf } from '../../src/fleet/jobs.ts';
import { systemClock } from '../../src/host/clock.ts';
import { systemCommands } from '../../src/host/commands.ts';
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
  // Nobody says from when on the journal is followed: until a change of ours is told.
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

/** Do it, and see that it is told of this unit within a second. */
async function tells(name: string, act: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  const acted = act();
  await until(`${name} is told`, () => (told.includes(name) ? true : undefined), 3000);
  expect(performance.now() - began).toBeLessThan(1000);
  await acted;
}

const vera = unitOf('vera');
const active = async () => (await units.show([vera])).get(vera)?.active;

describe('a unit of a real systemd', () => {
  it('that is stopped, started, or killed is told within a second', async () => {
    await tells(vera, () => sh('systemctl', 'stop', vera));
    await until('stopped', async () => ((await active()) === 'active' ? undefined : true));
    told = [];
    await tells(vera, () => sh('systemctl', 'start', vera));
    await until('started', async () => ((await active()) === 'active' ? true : undefined));
    told = [];
    await tells(vera, () => sh('systemctl', 'kill', '--signal=KILL', vera));
    await until('started again', async () => ((await active()) === 'active' ? true : undefined));
  });

  it('is told of again when the follower was killed', async () => {
    const follower = async () => {
      for (const pid of readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)) {
        const facts = await systemProcesses.facts(pid);
        if (facts?.parent === process.pid && facts.name === 'journalctl') return pid;
      }
      return undefined;
    };
    const first = await until('the follower', follower);
    process.kill(first, 'SIGKILL');
    await until('"some have changed"', () => (told.includes(undefined) ? true : undefined));
    const next = await until('another follower', follower);
    expect(next).not.toBe(first);
    await until('the watch', async () => {
      await sh('systemd-run', '--quiet', '--wait', 'true');
      return told.length > 1 ? true : undefined;
    });
    await tells(vera, () => sh('systemctl', 'restart', vera));
  });
});

describe('the host’s own jobs', () => {
  const write = (name: string, text: string) => writeFileSync(`/etc/systemd/system/${name}`, text);

  it('are known with their timers: when next, when last, how it ended', async () => {
    write('t3-backup-state.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n');
    write('t3-backup-state.timer', '[Timer]\nOnCalendar=*-*-* 03:30:00\n[Install]\nWantedBy=timers.target\n');
    write('t3-watchdog.service', '[Service]\nType=oneshot\nExecStart=/bin/false\n');
    write('t3-watchdog.timer', '[Timer]\nOnCalendar=*-*-* *:*:00/1\nAccuracySec=100ms\n');
    await sh('systemctl', 'daemon-reload');
    await sh('systemctl', 'start', 't3-backup-state.timer', 't3-watchdog.timer');
    const names = ['t3-backup-state', 't3-watchdog', 't3-migrate-idle'].flatMap((name) => [
      `${name}.service`,
      `${name}.timer`,
    ]);
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
    expect(await job('t3-migrate-idle')).toMatchObject({ installed: false, scheduled: false });

    const status = await json<{ jobs: { value: { name: string; ended: string | null }[] } }>(['status']);
    expect(status.jobs.value.find(({ name }) => name === 't3-watchdog')?.ended).toBe('failed');
    await sh('systemctl', 'reset-failed', 't3-watchdog.service');
  });
});
