import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import type { ProcessFacts, Processes } from '../../../src/host/processes.ts';
import { systemProcesses } from '../../../src/host/processes.ts';
import type { Sqlite } from '../../../src/host/sqlite.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { recordOperation } from '../../../src/journal/recorder.ts';
import { recordSession, type SessionMember } from '../../../src/journal/sessions.ts';
import type { GuardContext } from '../../../src/operations/guards/guard.ts';
import { ask } from '../../../src/operations/guards/guard.ts';
import { hostingGuard } from '../../../src/operations/guards/hosting.ts';
import { runningUnit } from '../../fakes/fleet.ts';
import { FakeClock, fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** The truth table of the hosting guard: whatever is not known to be outside of the unit is a no. */

const step = { user: 'vera', unit: 't3-serve@vera.service' };
const inside = '/system.slice/t3-serve@vera.service';
const outside = '/user.slice/session-1.scope';
const clock = new FakeClock();

let journal: Sqlite;
let operation: number;
beforeEach(() => {
  journal = openJournal(scratch());
  const actor = { user: 'root', uid: 0, surface: 'command', pid: 1 };
  operation = recordOperation(journal, clock, {
    kind: 'restart',
    request: {},
    plan: {},
    config: {},
    actor,
    steps: [],
    session: [],
  });
});

const member = (pid: number, controlGroup: string | undefined): SessionMember => ({
  pid,
  startTime: pid,
  controlGroup,
  role: 'a terminal attached to this session',
});

/** @param now The group that each living process is in now; a process that is not there is gone. */
function processes(
  now: Record<number, string | undefined>,
  startTimes: Record<number, number> = {},
): Processes {
  return {
    ...systemProcesses,
    facts: (pid) =>
      Promise.resolve(
        pid in now ? ({ pid, startTime: startTimes[pid] ?? pid } as unknown as ProcessFacts) : undefined,
      ),
    controlGroup: (pid) => Promise.resolve(now[pid]),
  };
}

function judge(
  members: readonly SessionMember[],
  now: Record<number, string | undefined>,
  {
    unit = {},
    startTimes = {},
  }: { unit?: Partial<UnitState> | 'none'; startTimes?: Record<number, number> } = {},
) {
  recordSession(journal, clock, operation, members);
  const units: Host['units'] = {
    ...fakeHost().units,
    show: (names) =>
      Promise.resolve(
        unit === 'none' ? new Map() : new Map(names.map((name) => [name, { ...runningUnit, name, ...unit }])),
      ),
  };
  const host = fakeHost({ units, processes: processes(now, startTimes) });
  return ask(hostingGuard, { host, journal, operation } as unknown as GuardContext, step);
}

describe('the hosting guard lets a unit be stopped', () => {
  it('when every process of the session is outside of it', async () => {
    expect(
      await judge([member(1, outside), member(2, '/init.scope')], { 1: outside, 2: '/init.scope' }),
    ).toEqual({
      holds: true,
    });
  });

  it('when its name is only the beginning of another one’s', async () => {
    const other = `${inside}-copy`;
    expect(await judge([member(1, other)], { 1: other })).toMatchObject({ holds: true });
  });

  it('when it runs nothing', async () => {
    const nothing = { controlGroup: undefined, mainPid: undefined };
    expect(await judge([member(1, outside)], { 1: outside }, { unit: nothing })).toMatchObject({
      holds: true,
    });
  });

  it('when a process that was inside has moved out of it', async () => {
    expect(await judge([member(1, inside)], { 1: outside })).toMatchObject({ holds: true });
  });
});

describe('the hosting guard refuses', () => {
  it.each([
    ['in the unit', inside],
    ['below it', `${inside}/terminal`],
  ])('a process %s', async (_, group) => {
    expect(await judge([member(1, outside), member(2, group)], { 1: outside, 2: group })).toMatchObject({
      holds: false,
      reason: expect.stringMatching(
        /vera’s instance hosts a session that this is watched from: a terminal attached .*another terminal/,
      ) as string,
    });
  });

  it('one that has moved into it since it was recorded', async () => {
    expect(await judge([member(1, outside)], { 1: inside })).toMatchObject({ holds: false });
  });

  it('one that was inside, and is gone: its cockpit was closed, and somebody may look at it again', async () => {
    expect(await judge([member(1, inside)], {})).toMatchObject({ holds: false });
  });

  it('one that was inside, and whose number another process has now', async () => {
    expect(await judge([member(1, inside)], { 1: outside }, { startTimes: { 1: 99 } })).toMatchObject({
      holds: false,
    });
  });

  it('one of which it cannot be told where it is', async () => {
    expect(await judge([member(1, outside)], { 1: undefined })).toMatchObject({
      holds: false,
      reason: expect.stringContaining('is not known') as string,
    });
  });

  it('one that is gone, and of which nobody knew where it was', async () => {
    expect(await judge([member(1, undefined)], {})).toMatchObject({ holds: false });
  });

  it('when nobody has written down where it was asked from', async () => {
    expect(await judge([], {})).toMatchObject({
      holds: false,
      reason: expect.stringContaining('nobody wrote down') as string,
    });
  });

  it('when the supervisor does not know the unit', async () => {
    expect(await judge([member(1, outside)], { 1: outside }, { unit: 'none' })).toMatchObject({
      holds: false,
    });
  });

  it('when the unit runs, and it cannot be told what belongs to it', async () => {
    const unit = { controlGroup: undefined, mainPid: 7 };
    expect(await judge([member(1, outside)], { 1: outside }, { unit })).toMatchObject({ holds: false });
  });

  it('when the supervisor does not answer', async () => {
    recordSession(journal, clock, operation, [member(1, outside)]);
    const context = { host: fakeHost(), journal, operation } as unknown as GuardContext;
    expect(await ask(hostingGuard, context, step)).toMatchObject({
      holds: false,
      reason: expect.stringContaining('cannot tell') as string,
    });
  });
});

describe('the record of a session', () => {
  it('keeps what was recorded first, and has the members of every follower', async () => {
    recordSession(journal, clock, operation, [member(1, outside)]);
    recordSession(journal, clock, operation, [member(1, inside), member(2, inside)]);
    expect(await judge([], { 1: outside, 2: inside })).toMatchObject({ holds: false });
    expect(await judge([], { 1: outside, 2: outside })).toMatchObject({ holds: true });
  });
});
