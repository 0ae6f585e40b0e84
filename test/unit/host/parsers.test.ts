import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/host/clock.ts';
import { parseControlGroup } from '../../../src/host/processes.ts';
import { killsIn } from '../../../src/host/units/memory-kills.ts';
import { parseShow, whyRefused } from '../../../src/host/units/systemd.ts';
import { scratch } from '../../scratch.ts';

const clock: Clock = { now: () => 1_000_000_000, monotonic: () => 500_000 };

const running = `Id=t3-serve@vera.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success
MainPID=4711
ExecMainStatus=0
StateChangeTimestampMonotonic=100000000
ActiveEnterTimestampMonotonic=200000000
ControlGroup=/system.slice/system-t3\\x2dserve.slice/t3-serve@vera.service
NRestarts=2
MemoryCurrent=300000000
TasksCurrent=12`;

const failed = `Id=t3-serve@emo.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
MainPID=0
ExecMainStatus=130
StateChangeTimestampMonotonic=499900000
ActiveEnterTimestampMonotonic=0
InactiveEnterTimestampMonotonic=499000000
ControlGroup=
NRestarts=0
MemoryCurrent=[not set]
TasksCurrent=18446744073709551615`;

describe('systemctl show', () => {
  it('is one block a unit, in the order asked for', () => {
    const states = parseShow(
      `${running}\n\n${failed}\n`,
      ['t3-serve@vera.service', 't3-serve@emo.service'],
      clock,
    );
    expect(states.get('t3-serve@vera.service')).toMatchObject({
      active: 'active',
      mainPid: 4711,
      exitStatus: undefined,
      since: 1_000_000_000 - 300_000,
      restarts: 2,
      memory: 300_000_000,
    });
    expect(states.get('t3-serve@emo.service')).toMatchObject({
      active: 'failed',
      mainPid: undefined,
      exitStatus: 130,
      since: 1_000_000_000 - 1000,
      controlGroup: undefined,
      memory: undefined,
      tasks: undefined,
    });
  });

  it('says when a timer starts its service: at a time of day, so long after the boot, or never', () => {
    const timer = (...lines: string[]) =>
      parseShow(['LoadState=loaded', 'ActiveState=active', ...lines].join('\n'), ['a.timer'], clock).get(
        'a.timer',
      );
    const daily = [
      'NextElapseUSecRealtime=Tue 2026-11-24 03:30:00 UTC',
      'LastTriggerUSec=Mon 2026-11-23 03:30:02 UTC',
    ];
    expect(timer(...daily)).toMatchObject({
      nextRun: Date.UTC(2026, 10, 24, 3, 30),
      lastRun: Date.UTC(2026, 10, 23, 3, 30, 2),
    });
    // The clock says that the boot was 500 s ago.
    expect(timer('NextElapseUSecRealtime=', 'NextElapseUSecMonotonic=1h 2min 3.5s')?.nextRun).toBe(
      1_000_000_000 + 3_723_500 - 500_000,
    );
    expect(timer('NextElapseUSecMonotonic=1w 2d')?.nextRun).toBe(1_000_000_000 + 777_600_000 - 500_000);
    expect(timer(...daily, 'NextElapseUSecMonotonic=501s')?.nextRun).toBe(1_000_001_000);
    for (const none of ['', 'n/a', 'infinity', '0', '3 moons', 'Tue 2026-11-24 03:30:00 CET'])
      expect(
        timer(`NextElapseUSecRealtime=${none}`, `NextElapseUSecMonotonic=${none}`, `LastTriggerUSec=${none}`),
      ).toMatchObject({ nextRun: undefined, lastRun: undefined });
  });

  it('says nothing of since when a unit that never ran is at rest', () => {
    const never = failed
      .replace('ActiveState=failed', 'ActiveState=inactive')
      .replace(/InactiveEnter.*/, 'InactiveEnterTimestampMonotonic=0');
    expect(parseShow(never, ['a.service'], clock).get('a.service')?.since).toBeUndefined();
  });

  it('says on which program a unit is held: by our own drop-in, and no other', () => {
    const program = '/usr/local/lib/t3-versions/0.0.27/bin/t3';
    const command = `ExecStart={ path=${program} ; argv[]=${program} serve --port ${'${T3_PORT}'} ; ignore_errors=no }`;
    const held = (paths: string) =>
      parseShow(`${running}\nDropInPaths=${paths}\n${command}`, ['a.service'], clock).get('a.service')
        ?.heldOn;
    expect(
      held('/etc/systemd/system/a.service.d/limit.conf /run/systemd/system/a.service.d/50-t3-cockpit.conf'),
    ).toBe(program);
    expect(held('/etc/systemd/system/a.service.d/50-t3-cockpit.conf')).toBeUndefined();
    expect(held('')).toBeUndefined();
  });

  it('is not believed when it answers for fewer units than asked', () => {
    expect(() => parseShow(running, ['a.service', 'b.service'], clock)).toThrow('answered for 1 of 2 units');
    expect(() => parseShow('', ['a.service'], clock)).toThrow('answered for 0 of 1 units');
  });
});

describe('why systemctl did not do something', () => {
  it('is its first words, not where to read more', () => {
    expect(
      whyRefused(`Warning: The unit file of x.service changed on disk. Run 'systemctl daemon-reload' to reload units.
Job for x.service failed because start of the service was attempted too often.
See "systemctl status x.service" and "journalctl -xeu x.service" for details.
To force a start use "systemctl reset-failed x.service"
followed by "systemctl start x.service" again.
`),
    ).toBe('Job for x.service failed because start of the service was attempted too often.');
    expect(
      whyRefused(
        "Failed to start x.service: Unit x.service has a bad unit file setting.\nSee system logs and 'systemctl status x.service' for details.\n",
      ),
    ).toBe('Failed to start x.service: Unit x.service has a bad unit file setting.');
    expect(whyRefused('\n')).toBe(undefined);
  });
});

describe('what the kernel has killed for want of memory', () => {
  it('is counted by the control group, of either version; where none counts it is not known', () => {
    const root = scratch();
    const group = '/system.slice/t3-serve@emo.service';
    expect(killsIn(group, root)).toBe(undefined);
    mkdirSync(`${root}/memory${group}`, { recursive: true });
    writeFileSync(
      `${root}/memory${group}/memory.oom_control`,
      'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    );
    expect(killsIn(group, root)).toBe(2);
    mkdirSync(`${root}${group}`, { recursive: true });
    writeFileSync(
      `${root}${group}/memory.events`,
      'low 0\nhigh 7\nmax 81\noom 3\noom_kill 1\noom_group_kill 0\n',
    );
    expect(killsIn(group, root)).toBe(1);
  });
});

describe('the control group of a process', () => {
  it.each([
    ['unified', '0::/system.slice/x.service\n', '/system.slice/x.service'],
    [
      'hybrid',
      '1:name=systemd:/system.slice/x.service\n0::/system.slice/x.service\n',
      '/system.slice/x.service',
    ],
    [
      'legacy, where the unified line says / for everybody',
      '1:name=systemd:/system.slice/x.service\n0::/\n',
      '/system.slice/x.service',
    ],
    ['unified root', '0::/\n', '/'],
    ['unreadable', '', undefined],
  ])('on a %s host', (_name, text, group) => {
    expect(parseControlGroup(text)).toBe(group);
  });
});
