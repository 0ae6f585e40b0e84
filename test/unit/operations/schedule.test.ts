import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { known } from '../../../src/fleet/observation.ts';
import {
  agreementOf,
  differences,
  parseAgreement,
  type Agreement,
} from '../../../src/operations/schedule/agreement.ts';
import { scheduleUnits } from '../../../src/operations/schedule/units.ts';
import { windowAt, windowOf } from '../../../src/operations/schedule/window.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import {
  cancelSchedule,
  endSchedule,
  recordSchedule,
  takeUpSchedule,
} from '../../../src/journal/schedules.ts';
import { lookAtHappened } from '../../../src/operations/happened.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** Something that is agreed to now, and done later. */

const local = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const now = local(25, 18, 30);

describe('a window of time', () => {
  it.each<[string, number, number]>([
    ['02:00-05:00', local(26, 2), local(26, 5)],
    ['20:00-21:00', local(25, 20), local(25, 21)],
    ['23:00-02:00', local(25, 23), local(26, 2)],
    // Open now: as soon as a timer can.
    ['18:00-19:00', now + 60_000, local(25, 19)],
    ['23:30-23:31', local(25, 23, 30), local(25, 23, 31)],
  ])('%s is the next one, by the clock on the wall', (text, begins, ends) => {
    expect(windowOf(text, now)).toEqual({ begins, ends });
  });

  it.each<[string, number]>([
    ['02:30', local(26, 2, 30)],
    ['18:31', local(25, 18, 31)],
    ['2026-11-27T04:00', local(27, 4)],
    ['2026-11-27 04:00', local(27, 4)],
  ])('--at %s begins then, and is open for an hour', (text, begins) => {
    expect(windowAt(text, now)).toEqual({ begins, ends: begins + 3_600_000 });
  });

  it.each(['', '2', '25:00', '02:60', 'tonight', '2026-11-25T18:00', '2027-11-25T18:00', '2026-02-31'])(
    '--at %j is none',
    (text) => expect(() => windowAt(text, now)).toThrow(/expected a time|past|more than a month/),
  );
  it.each(['', '02:00', '02:00-02:00', '02:00 - 05:00', '2:00-5:00', '24:00-02:00', '02:00-24:00'])(
    '--window %j is none',
    (text) => expect(() => windowOf(text, now)).toThrow(/expected two times/),
  );
});

describe('what was agreed to', () => {
  const candidate = { version: '0.0.27', integrity: 'sha512-a', bytes: 1 };
  const fleet = fleetOf(instanceOf('vera'), instanceOf('emo'));
  const agreed = agreementOf(fleet, candidate);
  const pinned = (version: string) =>
    known(
      {
        readings: [
          { file: '/a', copy: false, pin: { kind: 'version' as const, version }, problem: undefined },
        ],
        agreed: { kind: 'version' as const, version },
      },
      startMoment,
    );

  it('is what the journal reads back, and is no other while nothing changes', () => {
    expect(parseAgreement(JSON.parse(JSON.stringify(agreed)))).toEqual(agreed);
    expect(differences(agreed, agreementOf(fleet, candidate))).toEqual([]);
  });

  it.each<[string, Agreement, RegExp]>([
    [
      'another version is installed',
      agreementOf({ ...fleet, installed: known('0.0.26', startMoment) }, candidate),
      /^what is installed is 0\.0\.26 now, and was 0\.0\.24$/,
    ],
    ['a pin was edited', agreementOf({ ...fleet, pins: pinned('0.0.25') }, candidate), /^what is pinned is/],
    [
      'the source has other bits',
      agreementOf(fleet, { ...candidate, integrity: 'sha512-b' }),
      /^the package source has other bits for 0\.0\.27 than were judged$/,
    ],
    [
      'there is a launcher now',
      agreementOf(
        { ...fleet, launcher: known({ kind: 'whole', chosen: new Map() }, startMoment) },
        candidate,
      ),
      /^the launcher is whole now/,
    ],
    [
      'somebody came',
      agreementOf(fleetOf(...fleet.instances, instanceOf('nova')), candidate),
      /^nova came to this host since$/,
    ],
  ])('is another when %s', (_, is, words) => {
    const found = differences(agreed, is);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
  });

  it('is not changed by who has left, nor, of a backup, by who has come', () => {
    expect(differences(agreed, agreementOf(fleetOf(instanceOf('vera')), candidate))).toEqual([]);
    const backup = agreementOf(fleet, undefined);
    expect(differences(backup, agreementOf(fleetOf(instanceOf('nova')), undefined))).toEqual([]);
  });

  it('cannot be agreed to where it is not known', () => {
    expect(() => agreementOf(fleet, { problem: 'no answer', reason: 'no answer' })).toThrow('no answer');
  });
});

describe('its units', () => {
  const { config } = loadConfig();

  it('are a timer at that moment of the local clock, and a service that runs it', () => {
    const units = scheduleUnits(
      config,
      3,
      'bump to 0.0.27',
      { begins: local(26, 2), ends: local(26, 5) },
      '/etc/a b%c.yaml',
    );
    expect(units.timer.file).toBe('/etc/systemd/system/t3-cockpit-schedule-3.timer');
    expect(units.timer.text).toContain('OnCalendar=2026-11-26 02:00:00\n');
    expect(units.timer.text).toContain('Persistent=true\n');
    expect(units.service.text).toMatch(
      /^ExecStart=\/\S+node \/\S+t3-cockpit\.js --config "\/etc\/a b%%c\.yaml" schedule run 3$/m,
    );
    expect(units.service.text).toMatch(/^ExecStopPost=\/.* schedule settle 3$/m);
    expect(units.argv.slice(-4)).toEqual(['/etc/a b%c.yaml', 'schedule', 'run', '3']);
  });
});

describe('how it ended', () => {
  it('is told, and so is what nothing has run', async () => {
    const journal = openJournal(scratch());
    const host = fakeHost({
      unitJournal: { read: () => Promise.resolve([]), follow: () => never(), log: () => never() },
    });
    const told = async () =>
      (await lookAtHappened({ host, config: loadConfig().config, journal }, fleetOf())).happenings.filter(
        ({ kind }) => kind === 'scheduled',
      );
    const { wall } = host.clock;
    const make = (ends: number) =>
      recordSchedule(journal, {
        request: { kind: 'backup' },
        agreed: {},
        plan: {},
        actor: { user: 'root', uid: 0, surface: 'command', pid: 1 },
        createdAt: wall - 8 * 3_600_000,
        beginsAt: ends - 3_600_000,
        endsAt: ends,
      });
    const [done, missed, cancelled, waits] = [
      wall - 2_000_000,
      wall - 1_000_000,
      wall - 1000,
      wall + 1000,
    ].map(make);
    expect(takeUpSchedule(journal, done ?? 0)).toBe(true);
    // Only one process ever does it.
    expect(takeUpSchedule(journal, done ?? 0)).toBe(false);
    endSchedule(journal, done ?? 0, { outcome: 'failed', reason: 'no space', at: wall - 500 });
    expect(cancelSchedule(journal, cancelled ?? 0, wall - 400)).toBe(true);
    expect(cancelSchedule(journal, done ?? 0, wall)).toBe(false);
    expect(await told()).toMatchObject([
      { schedule: missed, outcome: 'missed', about: 'backup of everybody' },
      { schedule: done, outcome: 'failed', reason: 'no space' },
    ]);
    expect(waits).toBe(4);
    journal.close();
  });
});

const never = (): never => {
  throw new Error('nothing is followed here');
};
