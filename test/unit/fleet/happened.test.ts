import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Fleet } from '../../../src/fleet/fleet.ts';
import { happenedSince, seenOf, type HappenedFacts, type Ours } from '../../../src/fleet/happened.ts';
import { known } from '../../../src/fleet/observation.ts';
import type { UnitRecord } from '../../../src/host/unit-journal/unit-journal.ts';
import { happenedLine, happenedTexts, happeningText } from '../../../src/view/happened.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';

/** What is told of a night: who did what, and what was the cockpit's own doing. */

const { config } = loadConfig();
const night = new Date(2026, 10, 23).getTime();
const at = (hour: number, minute: number, second = 0) => night + ((hour * 60 + minute) * 60 + second) * 1000;
const since = at(0, 5);
const now = at(8, 0);

const run = (job: string, from: number, to: number, lines: string[] = [], failed = false): UnitRecord[] => {
  const common = { unit: `${job}.service`, invocation: `${job} ${from}` };
  return [
    { ...common, at: from, kind: 'started' },
    ...lines.map((text): UnitRecord => ({ ...common, at: to, kind: 'line', text })),
    { ...common, at: to, kind: failed ? 'failed' : 'ended' },
  ];
};
const restarted = (user: string, when: number): UnitRecord[] => {
  const unit = `t3-serve@${user}.service`;
  // t3 ends with 130 when it is asked to end.
  return [
    { at: when - 200, unit, kind: 'failed', invocation: 'a' },
    { at: when, unit, kind: 'started', invocation: 'b' },
  ];
};
const snapshot = (takenAt: number) => ({
  user: 'emo',
  origin: 'host' as const,
  folder: '/var/backups/t3-state/emo',
  file: 'state-x.sqlite',
  kind: 'daily' as const,
  version: undefined,
  takenAt,
  bytes: 1,
  standing: 'unverified' as const,
  record: undefined,
});
const fleet = (facts: Partial<Fleet> = {}, emo = {}): Fleet => ({
  ...fleetOf(instanceOf('vera'), instanceOf('emo', emo)),
  ...facts,
});
const ours = (span: Partial<Ours>): Ours => ({
  operation: 7,
  disrupts: true,
  user: undefined,
  kind: 'start',
  from: 0,
  to: undefined,
  ...span,
});
const happened = (facts: Partial<HappenedFacts>) =>
  happenedSince({
    fleet: fleet(),
    config,
    since,
    seen: seenOf(fleet()),
    records: [],
    ours: [],
    booted: night - 86_400_000,
    ...facts,
  });
const texts = (facts: Partial<HappenedFacts>) =>
  happened(facts).happenings.map((each) => happeningText(each, now));

describe('what happened at night', () => {
  it('is nothing, when all that ran ran as always', () => {
    const told = happened({ records: run('t3-watchdog', at(3, 0), at(3, 0, 2)) });
    expect(told.happenings).toEqual([]);
    expect(told.jobs.find(({ job }) => job === 't3-watchdog')).toMatchObject({ runs: 1, failed: 0 });
    expect(happenedLine({ ...told, problem: undefined, first: false }, now)).toBe(undefined);
  });

  it('is who restarted whom: whichever job ran then, by its own words where two did', () => {
    expect(
      texts({
        records: [
          ...run('t3-watchdog', at(3, 12), at(3, 12, 9)),
          ...restarted('emo', at(3, 12, 5)),
          ...run('t3-migrate-idle', at(3, 40), at(3, 40, 30), ['restarted t3-serve@vera -> 0.0.24']),
          ...run('t3-watchdog', at(3, 40), at(3, 40, 20)),
          ...restarted('vera', at(3, 40, 10)),
          ...restarted('emo', at(5, 1)),
        ],
      }),
    ).toEqual([
      'watchdog restarted emo at 03:12',
      'migrate-idle restarted vera onto 0.0.24 at 03:40',
      'emo was restarted at 05:01 (not by the cockpit)',
    ]);
  });

  it('is that the kernel killed something of a server: how often, of each user', () => {
    const killed = (user: string, when: number): UnitRecord => ({
      at: when,
      unit: `t3-serve@${user}.service`,
      kind: 'out of memory',
      invocation: 'a',
    });
    expect(
      texts({ records: [killed('emo', at(2, 0)), killed('vera', at(2, 30)), killed('emo', at(3, 0))] }),
    ).toEqual([
      'the kernel killed a process of vera’s server for want of memory at 02:30',
      'the kernel killed a process of emo’s server for want of memory 2 times, last at 03:00',
    ]);
  });

  it('is not what the cockpit did, nor what its bump let the script do', () => {
    expect(
      texts({
        records: [
          ...restarted('emo', at(1, 0)),
          ...run('t3-autoupdate', at(2, 0), at(2, 1), ['restarted t3-serve@vera -> 0.0.27']),
          ...restarted('vera', at(2, 0, 30)),
        ],
        ours: [
          ours({ user: 'emo', from: at(0, 59, 58), to: at(1, 0, 3) }),
          ours({ operation: 8, kind: 'enforce', from: at(1, 59, 59), to: at(2, 1, 1) }),
        ],
      }),
    ).toEqual([]);
    // A backup stops nobody: what happens beside it is somebody else's.
    expect(
      texts({
        records: restarted('emo', at(1, 0)),
        ours: [ours({ user: 'emo', kind: 'snapshot', disrupts: false, from: at(0, 59), to: at(1, 1) })],
      }),
    ).toEqual(['emo was restarted at 01:00 (not by the cockpit)']);
  });

  it('is a version that the updater has installed, and whom it has put off', () => {
    const moved = fleet(
      { installed: known('0.0.27', startMoment) },
      { deferral: known({ version: '0.0.27', since: at(4, 0, 40) }, startMoment) },
    );
    expect(
      texts({
        fleet: moved,
        records: run('t3-autoupdate', at(4, 0), at(4, 1), [
          'installed 0.0.27',
          'deferring t3-serve@emo.service (agent running)',
        ]),
      }),
    ).toEqual([
      'autoupdate installed 0.0.27, in place of 0.0.24 at 04:00 (not by the cockpit)',
      'autoupdate put off a restart of emo onto 0.0.27 at 04:00',
    ]);
    // Nobody knows when, where the journal is not to be read; that it was is known.
    expect(texts({ fleet: { ...moved, instances: [] } })).toEqual([
      '0.0.27 was installed, in place of 0.0.24 (not by the cockpit)',
    ]);
    expect(
      texts({
        fleet: { ...moved, instances: [] },
        ours: [ours({ kind: 'install', from: at(2, 0), to: at(2, 1) })],
      }),
    ).toEqual([]);
  });

  it('is an updater that refused a version, and a job that goes on failing, once', () => {
    expect(
      texts({
        records: [
          ...run(
            't3-autoupdate',
            at(4, 0),
            at(4, 1),
            ['HEALTH-CHECK FAILED for t3@0.0.30: 500', 'rolled back to 0.0.24'],
            true,
          ),
          ...[1, 2, 3].flatMap((minute) =>
            run('t3-watchdog', at(5, minute), at(5, minute, 5), ['no jq'], true),
          ),
        ],
      }),
    ).toEqual([
      'autoupdate: HEALTH-CHECK FAILED for t3@0.0.30: 500 at 04:01',
      'autoupdate took the binary back by itself at 04:01',
      'autoupdate failed (rolled back to 0.0.24) at 04:01',
      'watchdog failed 3 times (no jq), last at 05:03',
    ]);
  });

  it('is a backup, told once for everybody, also where no log says which job it was', () => {
    const instances = ['vera', 'emo'].map((user, index) =>
      instanceOf(user, { snapshots: known([snapshot(at(3, 30, index))], startMoment) }),
    );
    const backed = { ...fleet(), instances };
    expect(texts({ fleet: backed, records: run('t3-backup-state', at(3, 30), at(3, 30, 5)) })).toEqual([
      'backup-state took 2 snapshots at 03:30',
    ]);
    expect(texts({ fleet: backed })).toEqual(['the host’s script took 2 snapshots at 03:30']);
  });

  it('is a freeze, by somebody else', () => {
    const frozen = (reason: string) =>
      fleet({ freeze: known({ frozen: true, reason, since: at(6, 0) }, startMoment) });
    expect(texts({ fleet: frozen('watchdog: emo does not come back') })).toEqual([
      'versions were frozen (watchdog: emo does not come back) at 06:00 (not by the cockpit)',
    ]);
    expect(texts({ fleet: frozen('t3-cockpit: bump to 0.0.27 failed') })).toEqual([]);
    expect(
      texts({ fleet: frozen('holiday'), ours: [ours({ kind: 'freeze', from: at(6, 0), to: at(6, 0, 1) })] }),
    ).toEqual([]);
    expect(texts({ seen: { ...seenOf(fleet()), frozen: true } })).toEqual([
      'versions are frozen no longer (not by the cockpit)',
    ]);
  });

  it('is one thing, when the machine was started', () => {
    const booted = at(2, 0);
    expect(
      texts({ booted, records: [...restarted('emo', at(2, 0, 20)), ...restarted('vera', at(2, 0, 21))] }),
    ).toEqual(['this machine was started at 02:00']);
  });

  it('is told in a line, and in full', () => {
    const told = {
      ...happened({
        records: [
          ...run('t3-watchdog', at(3, 12), at(3, 12, 9)),
          ...restarted('emo', at(3, 12, 5)),
          ...restarted('vera', at(5, 1)),
        ],
      }),
      problem: 'journalctl: no permission',
      first: false,
    };
    expect(happenedLine(told, now)).toBe(
      'since 00:05: vera was restarted at 05:01 (not by the cockpit); and 1 more',
    );
    expect(happenedTexts(told, now)).toEqual([
      'since 00:05:',
      '  watchdog restarted emo at 03:12',
      '  vera was restarted at 05:01 (not by the cockpit)',
      '  watchdog ran once, last at 03:12',
      '  what the jobs said is not known: journalctl: no permission',
    ]);
    // Nobody has looked before: everything is as it was found, but for what was asked for.
    expect(happenedLine({ ...told, first: true }, now)).toBe(undefined);
    const scheduled = {
      kind: 'scheduled' as const,
      at: at(2, 40),
      job: undefined,
      user: undefined,
      schedule: 3,
      about: 'bump to 0.0.27',
      outcome: 'refused',
      reason: 'frozen',
    };
    expect(happenedLine({ ...told, first: true, happenings: [...told.happenings, scheduled] }, now)).toBe(
      'since 00:05: schedule 3, bump to 0.0.27: refused (frozen) at 02:40; and 2 more',
    );
  });
});
