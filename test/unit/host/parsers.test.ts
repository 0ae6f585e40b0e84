import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/host/clock.ts';
import { parseControlGroup } from '../../../src/host/processes.ts';
import { parseShow } from '../../../src/host/units/systemd.ts';

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
StateChangeTimestampMonotonic=499000000
ActiveEnterTimestampMonotonic=0
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

  it('is not believed when it answers for fewer units than asked', () => {
    expect(() => parseShow(running, ['a.service', 'b.service'], clock)).toThrow('answered for 1 of 2 units');
    expect(() => parseShow('', ['a.service'], clock)).toThrow('answered for 0 of 1 units');
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
