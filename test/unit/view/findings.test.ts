import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Fleet, Instance } from '../../../src/fleet/fleet.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { probeResult } from '../../../src/t3/verdict.ts';
import { statusDocument, statusTable } from '../../../src/commands/render/status.ts';
import type { Io } from '../../../src/commands/io.ts';
import { commandTree, type Faces } from '../../../src/commands/main.ts';
import { findingCommand, findingsOf } from '../../../src/view/findings.ts';
import { clockText } from '../../../src/view/format.ts';
import { snapshot, stopped } from '../../fakes/cockpit.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';

const { config } = loadConfig({ environment: {} });
const { wall } = startMoment;
const hour = 3_600_000;
const day = 24 * hour;

const probedOk = known(
  [
    {
      last: { ...probeResult('direct', 'ok'), at: wall - hour, version: '0.0.24', operation: 1 },
      since: wall - day,
      lastOk: undefined,
    },
  ],
  startMoment,
);
const backedUp = (user: string, hours = 3) => known([snapshot(user, hours)], startMoment);
const well = (user: string, facts: Partial<Instance> = {}) =>
  instanceOf(user, { snapshots: backedUp(user), probes: probedOk, ...facts });
const texts = (fleet: Fleet) => findingsOf(fleet, { config, wall }).map(({ text }) => text);
const remedies = (fleet: Fleet) =>
  findingsOf(fleet, { config, wall }).map(({ users, remedy }) => [users.join(' '), remedy]);

describe('what needs the admin', () => {
  it('is nothing where all is well', () => {
    expect(texts(fleetOf(well('ada'), well('emo')))).toEqual([]);
  });

  it('is what became of a server, with what that means; and what was killed of one that runs', () => {
    const failed = { active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 1, restarts: 5 };
    const found = findingsOf(
      fleetOf(
        well('ada', { unit: known({ ...runningUnit, ...failed, mainPid: undefined }, startMoment) }),
        well('bob', { unit: known({ ...runningUnit, kills: 2 }, startMoment) }),
        well('eve', { unit: known({ ...runningUnit, kills: 0 }, startMoment) }),
      ),
      { config, wall },
    );
    expect(found.map(({ text }) => text)).toEqual([
      'ada: gave up',
      expect.stringMatching(/^bob: the kernel has killed 2 processes of it/),
    ]);
    expect(found[0]?.advice).toMatch(/started too often .* systemctl reset-failed \S+ && systemctl start/);
  });

  it('is that nobody can pair before that work could be lost, and that before what only looks wrong', () => {
    const broken = known(
      [
        {
          last: {
            ...probeResult('direct', 'broken', { step: 'exchange' }),
            at: wall - hour,
            version: '0.0.24',
            operation: 1,
          },
          since: wall - 2 * hour,
          lastOk: undefined,
        },
      ],
      startMoment,
    );
    const fleet = {
      ...fleetOf(
        well('ada', { snapshots: backedUp('ada', 76) }),
        well('bob', { unit: known({ ...stopped, startup: 'enabled' }, startMoment) }),
        well('emo', { probes: broken }),
        well('gus', { unit: known({ ...runningUnit, active: 'failed', result: 'signal' }, startMoment) }),
      ),
      pins: known(
        {
          readings: [
            {
              file: 'a',
              copy: false,
              pin: { kind: 'version' as const, version: '0.0.24' },
              problem: undefined,
            },
            { file: 'b', copy: false, pin: { kind: 'nightly' as const }, problem: undefined },
          ],
          agreed: undefined,
        },
        startMoment,
      ),
    };
    expect(texts(fleet)).toEqual([
      `emo: pairing broken at exchange since ${clockText(wall - 2 * hour, wall)}`,
      'gus: killed',
      'ada: no backup for 3 days',
      'pins disagree: 0.0.24, nightly',
      'bob: stopped',
    ]);
    expect(remedies(fleet)).toEqual([
      ['emo', 'probe'],
      ['gus', 'look'],
      ['ada', 'back up'],
      ['', 'look'],
      ['bob', 'look'],
    ]);
  });

  it('is said once of many', () => {
    const old = (user: string) =>
      well(user, { liveness: known({ version: '0.0.23', latency: 3 }, startMoment) });
    expect(texts(fleetOf(old('a'), old('b'), well('c'), well('d'), well('e')))).toEqual([
      '2 of 5 run an older version than installed: a, b',
    ]);
    const late = Array.from({ length: 9 }, (_, index) =>
      well(`u${index}`, { snapshots: known([], startMoment) }),
    );
    const hours = Math.round(config.snapshots.late / hour);
    expect(texts(fleetOf(...late))).toEqual([
      `9 of 9 have no backup of the last ${hours} hours: u0, u1, u2 and 6 more`,
    ]);
  });

  it('is a restart that is owed, not the version besides', () => {
    const owed = well('a', {
      liveness: known({ version: '0.0.23', latency: 3 }, startMoment),
      deferral: known({ version: '0.0.24', since: wall - hour }, startMoment),
    });
    expect(remedies(fleetOf(owed, well('b')))).toEqual([['a', 'drain']]);
  });

  it('is what could not be told, and says so', () => {
    const [finding] = findingsOf(fleetOf(well('a', { state: unknown('a link', startMoment) })), {
      config,
      wall,
    });
    expect(finding).toMatchObject({ tone: 'unknown', text: 'a: state database: a link', users: ['a'] });
  });

  it('is not that somebody’s server is off who was meant to be', () => {
    const off = well('a', { unit: known({ ...stopped, startup: 'disabled' }, startMoment) });
    expect(texts(fleetOf(off))).toEqual([]);
  });

  it('keeps its name while its numbers change, so that a selected one stays selected', () => {
    const keys = (hours: number) =>
      findingsOf(fleetOf(well('ada', { snapshots: backedUp('ada', hours) })), { config, wall }).map(
        ({ key }) => key,
      );
    expect(keys(40)).toEqual(keys(90));
  });
});

describe('in the table and the document of status', () => {
  const fleet = {
    ...fleetOf(
      well('ada', { snapshots: backedUp('ada', 76) }),
      well('emo', { hosting: unknown('no permission', startMoment) }),
      well('gus', { liveness: known({ version: '0.0.23', latency: 3 }, startMoment) }),
    ),
    pins: known({ agreed: { kind: 'version' as const, version: '0.0.27' }, readings: [] }, startMoment),
  };
  const seeing = { config, fleet, wall, tick: startMoment.tick };

  it('stands first, the gravest first, with the command that helps', () => {
    const lines = statusTable(seeing, 100).split('\n');
    const [first] = lines.flatMap((line, index) => (line.startsWith('needs you: ') ? index : []));
    expect(lines.slice(first, (first ?? 0) + 6)).toEqual([
      'needs you: 4',
      'ada: no backup for 3 days (t3-cockpit backup ada)',
      'gus runs an older version than installed (t3-cockpit restart gus)',
      '0.0.27 is pinned, but 0.0.24 is installed (t3-cockpit bump 0.0.27)',
      'emo: hosting: no permission',
      '',
    ]);
    expect(lines[(first ?? 0) + 6]).toMatch(/^USER/);
  });

  it('is there for scripts', () => {
    expect(statusDocument(seeing, [])).toMatchObject({
      findings: [
        { severity: 'danger', users: ['ada'], command: ['backup', 'ada'], advice: null },
        { severity: 'attention', users: ['gus'], command: ['restart', 'gus'] },
        { severity: 'attention', users: [], command: ['bump', '0.0.27'] },
        { severity: 'unknown', users: ['emo'], text: 'emo: hosting: no permission', command: null },
      ],
    });
  });

  it('is not said where all is well', () => {
    const calm = { ...seeing, fleet: fleetOf(well('ada')) };
    expect(statusTable(calm, 100)).not.toContain('needs you');
    expect(statusDocument(calm, [])).toMatchObject({ findings: [] });
  });

  it('helps by a command that there is, whatever is found', () => {
    const commands = commandTree([], {} as Io, { version: '0' } as Faces, () => undefined).commands.map(
      (each) => each.name(),
    );
    const each = ['back up', 'probe', 'restart', 'drain', 'bump', 'freeze', 'launcher'] as const;
    for (const remedy of each) {
      const found = { key: '', tone: 'danger' as const, gravity: 1, users: [], text: '', remedy };
      expect(commands).toContain(findingCommand({ ...found, version: '0.0.27' })?.[0]);
    }
  });
});
