import { describe, expect, it } from 'vitest';
import { jobsSubject } from '../../../src/diagnosis/jobs.ts';
import { t3Subject } from '../../../src/diagnosis/t3.ts';
import { versionsSubject } from '../../../src/diagnosis/versions.ts';
import type { Fleet, Instance } from '../../../src/fleet/fleet.ts';
import type { HostJob } from '../../../src/fleet/jobs.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { FakeCommands } from '../../fakes/commands.ts';
import { diagnosingOf, fakeFiles, line, problems } from '../../fakes/diagnosing.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';
import { fakeAccounts, FakeClock, fakeHost } from '../../fakes/host.ts';

const at = startMoment;
const hour = 3_600_000;
const fleetWith = (facts: Partial<Fleet>, ...instances: Instance[]): Fleet => ({
  ...fleetOf(...instances),
  ...facts,
});

describe('t3', () => {
  const { checks } = t3Subject;

  it('is installed, and root’s alone, wherever npm links to', async () => {
    const fleet = fleetWith({ installed: unknown('/usr/bin/t3: no such file', at) });
    expect((await problems(checks['installed t3'], diagnosingOf({ fleet }))).map(line)).toEqual([
      'wrong installed t3: /usr/bin/t3: no such file',
    ]);
    const files = fakeFiles({ '/usr/bin/t3': { kind: 'link', uid: 1000, mode: 0o777 } });
    const found = await problems(checks['trust'], diagnosingOf({ host: fakeHost({ files }) }));
    expect(found.map(({ remedy }) => remedy?.command)).toEqual(['chown -h root: /usr/bin/t3']);
  });

  it('can be changed by npm', async () => {
    const commands = new FakeCommands()
      .expect(['npm', '--version'], { stdout: '11.0.0\n' })
      .expect(['npm', '--version'], { exitCode: undefined, failure: 'start' });
    const diagnosing = diagnosingOf({ host: fakeHost({ commands }) });
    expect(await problems(checks['npm'], diagnosing)).toEqual([]);
    expect((await problems(checks['npm'], diagnosing)).map(({ verdict }) => verdict)).toEqual(['attention']);
  });

  it('that runs beside another that is installed is to be restarted after a copy, and wants its own prefix', async () => {
    const fleet = fleetWith({ installed: known('0.0.27', at) }, instanceOf('vera'));
    const diagnosing = diagnosingOf({ fleet });
    const [old] = await problems(checks['running versions'], diagnosing);
    expect(old?.found).toContain('it runs 0.0.24, installed is 0.0.27');
    expect(old?.remedy?.command).toMatch(
      /t3-cockpit\.js backup vera && systemctl restart t3-serve@vera\.service$/,
    );
    const [prefix] = await problems(checks['prefixes'], diagnosing);
    expect([prefix?.verdict, prefix?.remedy?.command]).toEqual([
      'attention',
      'umask 022 && npm install --global --prefix /usr/local/lib/t3-versions/0.0.24 t3@0.0.24',
    ]);
    const hosting = fleetWith(
      { installed: known('0.0.27', at) },
      instanceOf('vera', { hosting: known({ hosts: true, because: 'this cockpit' }, at) }),
    );
    const [own] = await problems(checks['running versions'], diagnosingOf({ fleet: hosting }));
    expect(own?.remedy?.command).toBe('');
  });

  it('on a schema that it does not know is wrong', async () => {
    const ahead = instanceOf('vera', {
      state: known(
        {
          migrations: [{ id: 32, name: 'AuthPairingProofKeyThumbprint' }],
          migratedAt: at.wall,
          inFlight: 0,
          inFlightMoved: null,
          lastActivity: null,
        },
        at,
      ),
    });
    const [only, ...others] = await problems(
      checks['schemas'],
      diagnosingOf({ fleet: fleetOf(ahead, instanceOf('emo')) }),
    );
    expect(others).toEqual([]);
    expect([only?.verdict, only?.subject]).toEqual(['wrong', 'vera: schema']);
    expect(only?.remedy?.command).toMatch(/ backup vera && systemctl restart t3-serve@vera\.service$/);
  });
});

describe('versions', () => {
  const { checks } = versionsSubject;
  const file = '/nowhere/admin/pin.sh';
  const pinned = fleetWith({
    pins: known(
      {
        readings: [{ file, copy: false, pin: { kind: 'version', version: '0.0.24' }, problem: undefined }],
        agreed: { kind: 'version', version: '0.0.24' },
      },
      at,
    ),
  });
  const uid = process.getuid?.() ?? 0;
  const git = ['git', '-C', '/nowhere/admin', 'status', '--porcelain', '--', file] as const;

  it.each([
    ['committed', { stdout: '' }, []],
    ['edited', { stdout: ` M pin.sh\n` }, [/^attention pin file: .*uncommitted edits/]],
    ['not known to git', { stdout: '?? pin.sh\n' }, [/^attention pin file: .*git does not know it/]],
    [
      'in no checkout',
      { exitCode: 128, stderr: 'fatal: not a git repository (or any of the parent directories): .git' },
      [],
    ],
    [
      'in a checkout that git refuses',
      { exitCode: 128, stderr: 'fatal: detected dubious ownership' },
      [/^unknown pin file: .*dubious/],
    ],
    [
      'asked of a git that hangs',
      { exitCode: undefined, failure: 'timeout' as const, took: 20_000 },
      [/^unknown pin file: .*did not finish/],
    ],
  ])('a pin file that is %s', async (_what, answer, expected) => {
    const commands = new FakeCommands().expect(git, (options) => {
      expect(options).toMatchObject({ as: { name: 'admin' }, environment: { GIT_OPTIONAL_LOCKS: '0' } });
      return answer;
    });
    const host = fakeHost({
      commands,
      accounts: fakeAccounts('admin'),
      files: fakeFiles({ [file]: { uid } }),
    });
    const found = await problems(checks['pin files'], diagnosingOf({ host, fleet: pinned }));
    expect(found.map(line)).toEqual(expected.map((each) => expect.stringMatching(each)));
    commands.done();
  });

  it('a pin file of somebody else', async () => {
    const host = fakeHost({
      commands: new FakeCommands().expect(git),
      accounts: fakeAccounts('admin'),
      files: fakeFiles({ [file]: { uid: uid + 7 } }),
    });
    const found = await problems(checks['pin files'], diagnosingOf({ host, fleet: pinned }));
    expect(found.map(({ remedy }) => remedy?.command)).toEqual([`chown -h admin: ${file}`]);
  });

  it('a freeze, what is owed, and what the updater last found good', async () => {
    const fleet = fleetWith(
      {
        freeze: known({ frozen: true, reason: 'canary failed', since: at.wall }, at),
        lastGood: known('0.0.23', at),
      },
      instanceOf('vera', { deferral: known({ version: '0.0.27', since: at.wall - 5 * hour }, at) }),
      instanceOf('emo', { deferral: unknown('no permission', at) }),
    );
    const diagnosing = diagnosingOf({ fleet });
    const [frozen] = await problems(checks['freeze'], diagnosing);
    expect(frozen?.found).toBe('versions are frozen since 2026-11-23T12:00:00.000Z: canary failed');
    expect(frozen?.remedy?.command).toBe('rm /etc/t3-autoupdate.freeze');
    expect((await problems(checks['last good'], diagnosing)).map(line)).toEqual([
      'attention last good: the updater last found 0.0.23 good, installed is 0.0.24',
    ]);
    expect((await problems(checks['deferrals'], diagnosing)).map(line)).toEqual([
      'attention vera: deferral: a restart onto 0.0.27 is owed since 5 h',
      'unknown emo: deferral: no permission',
    ]);
    expect(await problems(checks['freeze'], diagnosingOf())).toEqual([]);
  });

  it('pins that cannot be read are wrong for root, and unknown for others', async () => {
    const fleet = fleetWith({ pins: unknown('no permission to act as admin', at) });
    const verdict = async (as: number) =>
      (await problems(checks['pins'], diagnosingOf({ fleet, uid: as }))).map((each) => each.verdict);
    expect([await verdict(0), await verdict(1000)]).toEqual([['wrong'], ['unknown']]);
  });
});

describe('the host’s own jobs', () => {
  const clock = new FakeClock();
  const well: HostJob = {
    name: 't3-backup-state',
    installed: true,
    barred: undefined,
    running: false,
    ended: 'well',
    since: clock.now() - hour,
    next: clock.now() + hour,
    last: clock.now() - hour,
    scheduled: true,
  };
  const judged = async (facts: Partial<HostJob>) =>
    (
      await problems(
        jobsSubject.checks['jobs'],
        diagnosingOf({
          fleet: fleetWith({ jobs: known([{ ...well, ...facts }], at) }),
          host: fakeHost({ clock }),
        }),
      )
    ).map((each) => [each.verdict, each.remedy?.command]);

  it.each<[string, Partial<HostJob>, unknown[]]>([
    ['well', {}, []],
    ['missing', { installed: false }, [['attention', '']]],
    ['masked', { barred: 'masked' }, [['attention', 'systemctl unmask t3-backup-state.service']]],
    ['in error', { barred: 'bad-setting' }, [['wrong', 'systemd-analyze verify t3-backup-state.service']]],
    ['not scheduled', { scheduled: false }, [['attention', 'systemctl enable --now t3-backup-state.timer']]],
    ['failed', { ended: 'failed' }, [['wrong', 'journalctl --unit=t3-backup-state.service --lines=50']]],
    ['late', { since: clock.now() - 30 * hour }, [['attention', 'systemctl start t3-backup-state.service']]],
    [
      'never run',
      { ended: undefined, since: undefined, last: undefined },
      [['attention', 'systemctl start t3-backup-state.service']],
    ],
    ['late, but running', { since: clock.now() - 30 * hour, running: true, ended: undefined }, []],
    ['late, but no backup', { name: 't3-autoupdate', since: clock.now() - 300 * hour }, []],
  ])('that are %s', async (_what, facts, expected) => {
    expect(await judged(facts)).toEqual(expected);
  });

  it('of which nothing is known are no pass', async () => {
    const fleet = fleetWith({ jobs: unknown('systemctl failed', at) });
    expect((await problems(jobsSubject.checks['jobs'], diagnosingOf({ fleet }))).map(line)).toEqual([
      'unknown jobs: systemctl failed',
    ]);
  });
});
