import { describe, expect, it } from 'vitest';
import { kernelSubject } from '../../../src/diagnosis/kernel.ts';
import { rightsSubject } from '../../../src/diagnosis/rights.ts';
import { runtimeSubject } from '../../../src/diagnosis/runtime.ts';
import { known } from '../../../src/fleet/observation.ts';
import { systemProcesses } from '../../../src/host/processes.ts';
import { FakeCommands } from '../../fakes/commands.ts';
import { diagnosingOf, fakeFiles, line, problems } from '../../fakes/diagnosing.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';
import { fakeHost } from '../../fakes/host.ts';

const { checks } = rightsSubject;
const withCommands = (commands: FakeCommands, files = fakeFiles({})) => fakeHost({ commands, files });
const fleet = fleetOf(instanceOf('vera'));

describe('who runs this', () => {
  it('is root, or is told how to become it', async () => {
    expect(await problems(checks['who runs this'], diagnosingOf())).toEqual([]);
    const [finding] = await problems(
      checks['who runs this'],
      diagnosingOf({ uid: 1000, configFile: '/etc/x y.yaml' }),
    );
    expect(finding?.verdict).toBe('attention');
    expect(finding?.remedy?.command).toMatch(
      /^sudo \/.* \/.*\/bin\/t3-cockpit\.js --config '\/etc\/x y\.yaml' doctor$/,
    );
  });

  it('is told so by what makes an admin root here', async () => {
    const command = async (privilege: string) =>
      (await problems(checks['who runs this'], diagnosingOf({ uid: 1000 }, `privilege=${privilege}`)))[0]
        ?.remedy;
    expect((await command('doas'))?.command).toMatch(/^doas \/.* doctor$/);
    expect(await command('none')).toMatchObject({
      words: 'as root',
      command: expect.stringMatching(/^\/.* doctor$/),
    });
  });

  it('is told that a read-only root changes nothing', async () => {
    const found = await problems(checks['who runs this'], diagnosingOf({}, 'readOnly=true'));
    expect(found.map(line)).toEqual([
      'attention who runs this: root, read-only: everything that changes the host is refused',
    ]);
  });
});

describe('acting as users', () => {
  it('is tried, and fails where the program ran as somebody else', async () => {
    const commands = new FakeCommands()
      .expect(['id', '-u'], { stdout: '1000\n' })
      .expect(['id', '-u'], { stdout: '0\n' });
    const host = withCommands(commands);
    const check = checks['acting as users'];
    expect(await problems(check, diagnosingOf({ host, fleet }))).toEqual([]);
    expect((await problems(check, diagnosingOf({ host, fleet }))).map(line)).toEqual([
      'wrong vera: acting as them: a program meant to run as uid 1000 ran as 0',
    ]);
    commands.done();
  });

  it('is not known without root, and nothing is started', async () => {
    const found = await problems(checks['acting as users'], diagnosingOf({ uid: 1001, fleet }));
    expect(found.map(({ verdict }) => verdict)).toEqual(['unknown']);
  });

  it('fails where nothing can be started as them', async () => {
    const host = withCommands(
      new FakeCommands().expect(['id', '-u'], { exitCode: undefined, failure: 'start' }),
    );
    expect((await problems(checks['acting as users'], diagnosingOf({ host, fleet }))).map(line)).toEqual([
      expect.stringMatching(/^wrong vera: acting as them: id could not be started/),
    ]);
  });
});

describe('the interpreter', () => {
  it('is root’s, with every folder on the way', async () => {
    const folder = process.execPath.split('/').slice(0, -1).join('/');
    const trusted = fakeFiles({ [process.execPath]: { mode: 0o755 } });
    const check = checks['interpreter'];
    expect(await problems(check, diagnosingOf({ host: fakeHost({ files: trusted }) }))).toEqual([]);
    const files = fakeFiles({
      [folder]: { kind: 'directory', mode: 0o775 },
      [process.execPath]: { mode: 0o755, uid: 1000 },
    });
    const found = await problems(check, diagnosingOf({ host: fakeHost({ files }) }));
    expect(found.map(({ remedy }) => remedy?.command)).toEqual([
      `chmod go-w ${folder}`,
      `chown -h root: ${process.execPath}`,
    ]);
  });

  it('may lie below a sticky folder, whose mode is that of all', async () => {
    const files = fakeFiles({
      '/': { kind: 'directory', mode: 0o1777 },
      [process.execPath]: { mode: 0o755 },
    });
    expect(await problems(checks['interpreter'], diagnosingOf({ host: fakeHost({ files }) }))).toEqual([]);
  });
});

describe('the runtime', () => {
  it('has a terminal that draws, and UTF-8', async () => {
    const check = runtimeSubject.checks['terminal'];
    const at = (environment: Record<string, string>) => problems(check, diagnosingOf({ environment }));
    expect(await at({ TERM: 'xterm', LANG: 'de_DE.utf8' })).toEqual([]);
    expect((await at({ TERM: 'dumb', LC_ALL: '', LANG: 'C.UTF-8' })).map(line)).toEqual([
      'attention terminal: TERM=dumb',
    ]);
    expect((await at({ TERM: 'xterm', LC_ALL: 'C', LANG: 'C.UTF-8' })).map(line)).toEqual([
      'attention locale: C is not UTF-8',
    ]);
    expect((await at({})).map(({ subject }) => subject)).toEqual(['terminal', 'locale']);
  });

  it('names each program that does not run, and its package', async () => {
    const commands = new FakeCommands();
    for (const name of ['flock', 'prlimit', 'setpriv', 'getent', 'systemctl', 'systemd-run', 'journalctl'])
      commands.expect(
        [name, '--version'],
        name === 'getent' ? { failure: 'start', exitCode: undefined } : {},
      );
    const found = await problems(
      runtimeSubject.checks['programs'],
      diagnosingOf({ host: withCommands(commands) }),
    );
    expect(found.map((each) => [each.subject, each.remedy?.command])).toEqual([
      ['getent', 'apt-get install libc-bin'],
    ]);
    commands.done();
  });

  it('needs a Node that is new enough, and has it', async () => {
    expect(await problems(runtimeSubject.checks['node'], diagnosingOf())).toEqual([]);
  });
});

describe('the kernel', () => {
  const check = kernelSubject.checks['control groups'];
  const seeing = (group: (pid: number) => string | undefined, alive = true) =>
    fakeHost({
      files: fakeFiles({}),
      processes: {
        ...systemProcesses,
        controlGroup: (pid) => Promise.resolve(group(pid)),
        facts: (pid) =>
          Promise.resolve(
            alive ? { pid, startTime: 1, parent: 1, group: pid, state: 'S', name: 'node' } : undefined,
          ),
      },
    });
  const own = '/user.slice';
  const unit = runningUnit.controlGroup ?? '';

  it('tells which unit a server belongs to', async () => {
    const host = seeing((pid) => (pid === process.pid ? own : `${unit}/payload`));
    expect(await problems(check, diagnosingOf({ host, fleet }))).toEqual([]);
  });

  it.each([
    [
      'ours is not told',
      () => undefined,
      true,
      [/wrong control groups: that of this process cannot be told/],
    ],
    [
      'a server’s is not told',
      (pid: number) => (pid === process.pid ? own : undefined),
      true,
      [/wrong control groups: that of process 4711 of vera cannot be told/],
    ],
    ['a server has ended since', (pid: number) => (pid === process.pid ? own : undefined), false, []],
    [
      'systemd and the kernel disagree',
      () => own,
      true,
      [
        /wrong control groups: vera: the supervisor says \/system\.slice\/t3-serve@vera\.service, the kernel says \/user/,
      ],
    ],
  ])('is in doubt where %s', async (_what, group, alive, expected) => {
    const found = await problems(check, diagnosingOf({ host: seeing(group, alive), fleet }));
    expect(found.map(line)).toEqual(expected.map((each) => expect.stringMatching(each)));
  });

  it('is not known to somebody who may not look', async () => {
    const host = seeing((pid) => (pid === process.pid ? own : undefined));
    const found = await problems(check, diagnosingOf({ host, fleet, uid: 1000 }));
    expect(found.map(({ verdict }) => verdict)).toEqual(['unknown']);
  });

  it('runs systemd, or is no host for this', async () => {
    const without = await problems(kernelSubject.checks['systemd'], diagnosingOf());
    expect(without.map(({ verdict }) => verdict)).toEqual(['wrong']);
    const files = fakeFiles({ '/run/systemd/system': { kind: 'directory' } });
    expect(
      await problems(kernelSubject.checks['systemd'], diagnosingOf({ host: fakeHost({ files }) })),
    ).toEqual([]);
  });

  it('has stopped units without a control group, which is no doubt', async () => {
    const stopped = instanceOf('vera', {
      unit: known(
        { ...runningUnit, active: 'inactive', mainPid: undefined, controlGroup: undefined },
        startMoment,
      ),
    });
    expect(await problems(check, diagnosingOf({ host: seeing(() => own), fleet: fleetOf(stopped) }))).toEqual(
      [],
    );
  });
});
