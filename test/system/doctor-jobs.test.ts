import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { doctor, notWell } from './diagnosis.ts';
import { buildMachine, sh } from './machine.ts';

/** The host's own jobs, as real units and timers. */

beforeAll(buildMachine);

describe('the host’s own jobs', () => {
  const write = (name: string, text: string) => writeFileSync(`/etc/systemd/system/${name}`, text);
  const jobs = async () =>
    notWell(await doctor('--set', 'jobs=[t3-doctor-backup]')).filter(({ group }) => group === 'jobs');

  it('are missed, not scheduled, late, failed, and well', async () => {
    expect((await jobs()).map(({ found }) => found)).toEqual(['there is no t3-doctor-backup.service']);
    write('t3-doctor-backup.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n');
    write('t3-doctor-backup.timer', '[Timer]\nOnCalendar=03:30\n[Install]\nWantedBy=timers.target\n');
    await sh('systemctl', 'daemon-reload');
    const idle = await jobs();
    expect(idle.map(({ verdict, found }) => [verdict, found])).toEqual([
      ['attention', 't3-doctor-backup.timer does not wait: it will not run by itself'],
      ['attention', 'it has not run since this machine started'],
    ]);
    for (const { command } of idle) await sh('sh', '-c', command ?? 'false');
    expect(await jobs()).toEqual([]);
    write('t3-doctor-backup.service', '[Service]\nType=oneshot\nExecStart=/bin/false\n');
    await sh('systemctl', 'daemon-reload');
    await expect(sh('systemctl', 'start', 't3-doctor-backup.service')).rejects.toThrow();
    expect(await jobs()).toMatchObject([
      { verdict: 'wrong', command: 'journalctl --unit=t3-doctor-backup.service --lines=50' },
    ]);
    await sh('systemctl', 'disable', '--now', 't3-doctor-backup.timer');
    await sh('systemctl', 'reset-failed', 't3-doctor-backup.service');
  });
});
