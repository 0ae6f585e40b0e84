import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { judge } from '../../../src/operations/run/executor.ts';
import { planBackup } from '../../../src/operations/plans/backup.ts';
import { planSchema } from '../../../src/operations/plan.ts';
import { fleetOf, instanceOf } from '../../fakes/fleet.ts';
import { unknown } from '../../../src/fleet/observation.ts';

const { config } = loadConfig();
const at = { wall: 0, tick: 0 };
const times = { now: Date.UTC(2026, 10, 23, 12, 43, 7), tail: 'abcdef12' };
const everybody = { kind: 'backup', snapshotKind: 'manual' } as const;

describe('the plan of a backup', () => {
  it('has a snapshot for everyone, and is what the journal reads back', () => {
    const plan = planBackup(fleetOf(instanceOf('vera'), instanceOf('emo')), config, everybody, times);
    expect(plan.lanes.map((lane) => lane.user)).toEqual(['vera', 'emo']);
    expect(plan.lanes[0]?.steps[0]).toMatchObject({
      kind: 'snapshot',
      source: '/home/vera/.t3/userdata/state.sqlite',
      folder: '/var/backups/t3-state/vera/cockpit',
      file: 'manual-0.0.24-20261123T124307Z-abcdef12.sqlite',
      bytes: 1_500_000,
      version: '0.0.24',
    });
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it('says what it does not include', () => {
    expect(planBackup(fleetOf(instanceOf('vera')), config, everybody, times).notes.join()).toContain(
      'attachments, secrets, worktrees',
    );
  });

  it('has only those named, each once', () => {
    const plan = planBackup(
      fleetOf(instanceOf('vera'), instanceOf('emo')),
      config,
      { ...everybody, users: ['emo', 'emo'] },
      times,
    );
    expect(plan.lanes.map((lane) => lane.user)).toEqual(['emo']);
  });

  it('refuses a name that is not in the map, and says which are', () => {
    expect(() =>
      planBackup(fleetOf(instanceOf('vera')), config, { ...everybody, users: ['nobody'] }, times),
    ).toThrow('no user nobody in the user map; there is: vera');
  });

  it('leaves out who has nothing, and tells it from who could not be looked at', () => {
    const plan = planBackup(
      fleetOf(
        instanceOf('vera', { size: unknown('no state database', at) }),
        instanceOf('emo', { size: unknown('the state database is a link', at) }),
        instanceOf('gone', { account: unknown('no such OS user', at) }),
      ),
      config,
      everybody,
      times,
    );
    expect(plan.lanes).toEqual([]);
    expect(plan.leftOut).toEqual([
      { user: 'vera', reason: 'no state database', harmless: true },
      { user: 'emo', reason: 'the state database is a link', harmless: false },
      { user: 'gone', reason: 'no such OS user', harmless: false },
    ]);
  });
});

describe('the outcome of an operation', () => {
  it.each([
    [['succeeded', 'succeeded'], false, 'succeeded'],
    [['succeeded', 'failed'], false, 'failed'],
    [['refused', 'refused'], false, 'refused'],
    [['refused', 'succeeded'], false, 'failed'],
    [['succeeded', 'interrupted'], true, 'interrupted'],
    [['succeeded', 'succeeded'], true, 'succeeded'],
  ] as const)('of %j (stopped: %s) is %s', (lanes, stopped, outcome) => {
    expect(judge(lanes, stopped).outcome).toBe(outcome);
  });
});
