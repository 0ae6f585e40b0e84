import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Fleet } from '../../../src/fleet/fleet.ts';
import type { HostJob } from '../../../src/fleet/jobs.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { planBump, type BumpFacts } from '../../../src/operations/plans/bump.ts';
import { planSchema, type Request } from '../../../src/operations/plan.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';

/** May the host's own script be let loose, and what would then be done? */

const { config } = loadConfig({ set: ['bump.strategy=enforcer'] });
const naming = { now: startMoment.wall, tail: 'abcdef12' };
const integrity = `sha512-${'A'.repeat(86)}==`;
const updater: HostJob = {
  name: 't3-autoupdate',
  installed: true,
  barred: undefined,
  running: false,
  ended: 'well',
  since: undefined,
  next: undefined,
  last: undefined,
  scheduled: true,
};
const facts: BumpFacts = {
  candidate: { version: '0.0.27', integrity, bytes: 1000 },
  current: { version: '0.0.24', integrity, bytes: 1000 },
  administrator: 'admin',
  home: '/home/admin',
  verdict: undefined,
  pinObstacle: undefined,
  free: undefined,
};
const fleet: Fleet = {
  ...fleetOf(instanceOf('vera'), instanceOf('emo')),
  jobs: known([updater], startMoment),
};
const request: Extract<Request, { kind: 'bump' }> = {
  kind: 'bump',
  version: '0.0.27',
  allowDowngrade: true,
  whateverPinned: false,
};
const plan = (
  change: Partial<{
    fleet: Partial<Fleet>;
    facts: Partial<BumpFacts>;
    request: Partial<typeof request>;
    set: string[];
  }> = {},
) =>
  planBump(
    { ...fleet, ...change.fleet },
    change.set === undefined ? config : loadConfig({ set: ['bump.strategy=enforcer', ...change.set] }).config,
    { ...request, ...change.request },
    naming,
    { ...facts, ...change.facts },
  );

describe('strategy enforcer', () => {
  it('keeps the installed version first, then saves everybody, moves the pins, and lets the script do the rest', () => {
    const made = plan();
    expect(planSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
    const ids = (phase: string) =>
      made.lanes.filter((lane) => lane.phase === phase).flatMap(({ steps }) => steps.map(({ id }) => id));
    expect(ids('judge')).toContain('download/installed');
    expect(ids('save')).toEqual(['vera/snapshot', 'emo/snapshot']);
    expect(ids('switch')).toEqual(['enforce']);
    expect(ids('users').slice(0, 5)).toEqual([
      'vera/start',
      'vera/check',
      'vera/prove',
      'vera/soak',
      'vera/settle',
    ]);
    expect(made.lanes.find(({ phase }) => phase === 'switch')?.steps[0]).toMatchObject({
      unit: 't3-autoupdate.service',
      servers: [{ user: 'vera' }, { user: 'emo' }],
    });
    expect(made.notes.join('\n')).toMatch(/no quiet time, and no session that it would cut off/);
  });

  const hosting = instanceOf('emo', {
    hosting: known({ hosts: true, because: 'the tmux server' }, startMoment),
  });
  it.each<[string, Parameters<typeof plan>[0], RegExp]>([
    [
      'while somebody hosts this session',
      { fleet: { instances: [hosting] } },
      /emo’s server is one that it may restart: it hosts this session/,
    ],
    [
      'when it cannot be told who does',
      { fleet: { instances: [instanceOf('emo', { hosting: unknown('no /proc', startMoment) })] } },
      /cannot tell whether it hosts this session: no \/proc/,
    ],
    ['of some users only', { request: { users: ['vera'] } }, /some users only is for --strategy rollout/],
    [
      'to an older version',
      { facts: { candidate: { version: '0.0.23', integrity, bytes: 1000 } } },
      /0\.0\.23 is older/,
    ],
    [
      'with the launcher',
      { fleet: { launcher: known({ kind: 'whole', chosen: new Map() }, startMoment) } },
      /versions of their own/,
    ],
    [
      'by a job that is none of the host’s',
      { set: ['bump.enforcer.job=t3-other'] },
      /none of the host’s jobs/,
    ],
    [
      'by a job that is masked',
      { fleet: { jobs: known([{ ...updater, barred: 'masked' }], startMoment) } },
      /it is masked/,
    ],
    ['by a job that is not known', { fleet: { jobs: unknown('no answer', startMoment) } }, /no answer/],
    ['without a copy that the script is told by', { set: ['pins=[]'] }, /would not learn of 0\.0\.27/],
    [
      'when the package source has the installed version no longer',
      { facts: { current: { problem: 'there is no t3 0.0.24', reason: 'absent' } } },
      /no way back: there is no t3 0\.0\.24/,
    ],
  ])('is refused %s', (_, change, words) => {
    expect(() => plan(change)).toThrow(words);
  });
});

describe('a bump by whomever', () => {
  const without = (unit: object) =>
    plan({
      fleet: {
        instances: [
          instanceOf('emo', { unit: known({ ...runningUnit, mainPid: undefined, ...unit }, startMoment) }),
        ],
      },
      set: ['bump.strategy=rollout'],
    });

  it('is refused while somebody’s server does not stay up, with what to do; one that is off is left off', () => {
    const crashed = { active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 1, restarts: 5 };
    expect(() => without(crashed)).toThrow(
      /^emo: t3-serve@\w+\.service does not stay up \(exit-code\).*t3-cockpit logs emo.*systemctl stop .* reset-failed/,
    );
    expect(() => without({ active: 'activating', sub: 'auto-restart', result: 'signal' })).toThrow(/stay up/);
    for (const off of [
      { ...crashed, exitStatus: 130 },
      { active: 'inactive', sub: 'dead' },
    ])
      expect(without(off).overview?.users).toMatchObject([{ user: 'emo', when: 'off' }]);
  });

  it('freezes versions for its time, but for the script that would heed that', () => {
    const ids = (made: ReturnType<typeof plan>) =>
      made.lanes.flatMap(({ steps }) => steps.map(({ id }) => id));
    const rollout = ids(without({ active: 'inactive', sub: 'dead' }));
    expect(rollout.indexOf('freeze')).toBeLessThan(rollout.indexOf('install'));
    expect(rollout.at(-1)).toBe('thaw');
    expect(ids(plan())).not.toContain('freeze');
  });
});
