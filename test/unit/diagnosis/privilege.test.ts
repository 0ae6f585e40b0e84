import { describe, expect, it } from 'vitest';
import { becomingRoot } from '../../../src/diagnosis/privilege.ts';
import { FakeCommands } from '../../fakes/commands.ts';
import { diagnosingOf, fakeFiles, line, problems } from '../../fakes/diagnosing.ts';
import { fakeHost } from '../../fakes/host.ts';

/** What makes an admin root, as `privilege` says, asked for without a question to anybody. */

const withCommands = (commands: FakeCommands, files = fakeFiles({})) => fakeHost({ commands, files });

describe('sudo', () => {
  const present = () => new FakeCommands().expect(['sudo', '--version'], { stdout: 'Sudo version 1.9\n' });
  const path = '/usr/bin:/bin';

  it('is missed', async () => {
    const commands = new FakeCommands().expect(['sudo', '--version'], {
      exitCode: undefined,
      failure: 'start',
    });
    const found = await problems(becomingRoot, diagnosingOf({ host: withCommands(commands) }));
    expect(found.map(line)).toEqual(['attention sudo: there is none']);
  });

  it('may ask for a password, but not root for one', async () => {
    const refused = () =>
      present().expect(['sudo', '-n', 'printenv', 'PATH'], {
        exitCode: 1,
        stderr: 'sudo: a password is required',
      });
    expect(await problems(becomingRoot, diagnosingOf({ uid: 1000, host: withCommands(refused()) }))).toEqual(
      [],
    );
    const root = await problems(becomingRoot, diagnosingOf({ host: withCommands(refused()) }));
    expect(root.map(line)).toEqual(['attention sudo: refuses root: sudo: a password is required']);
  });

  it.each([
    ['finds all', ['/usr/bin/node', '/bin/t3-cockpit'], 'v24.1.0', []],
    [
      'does not find the program',
      ['/usr/bin/node'],
      'v24.1.0',
      [/it is not on sudo’s PATH \(\/usr\/bin:\/bin\)/],
    ],
    ['does not find Node', ['/bin/t3-cockpit'], 'v24.1.0', [/no node on sudo’s PATH/]],
    [
      'finds a Node that is too old',
      ['/usr/bin/node', '/bin/t3-cockpit'],
      'v20.9.0',
      [/by \/usr\/bin\/node 20\.9\.0, which is too old/],
    ],
  ])('%s on its own PATH', async (_what, files, version, expected) => {
    const commands = present().expect(['sudo', '-n', 'printenv', 'PATH'], { stdout: `${path}\n` });
    if (files.length === 2) commands.expect(['/usr/bin/node', '--version'], { stdout: `${version}\n` });
    const host = withCommands(commands, fakeFiles(Object.fromEntries(files.map((file) => [file, {}]))));
    const found = await problems(becomingRoot, diagnosingOf({ host }));
    expect(found.map(line)).toEqual(expected.map((each) => expect.stringMatching(each)));
    for (const { remedy } of found)
      expect(remedy?.command).toMatch(/^sudo \/.*node \/.*\/bin\/t3-cockpit\.js$/);
    commands.done();
  });
});

describe('doas', () => {
  const check = (commands: FakeCommands, uid = 0) =>
    problems(
      becomingRoot,
      diagnosingOf({ uid, host: withCommands(commands.expect(['sudo', '--version'])) }, 'privilege=doas'),
    ).finally(() => commands.done());
  const asked = ['doas', '-n', '--', 'true'];

  it('is missed', async () => {
    const commands = new FakeCommands().expect(/^doas /, { exitCode: undefined, failure: 'start' });
    const [found, ...more] = await check(commands);
    expect([more, found?.remedy?.command]).toEqual([[], 'apt-get install opendoas']);
    expect(found?.found).toBe('there is none, and privilege: doas says that it makes an admin root');
  });

  it('lets nobody as it is installed, which root is told', async () => {
    const stderr = 'doas: could not open config file /etc/doas.conf: No such file or directory\n';
    const rules = ['doas', '-C', '/etc/doas.conf'];
    const found = await check(new FakeCommands().expect(rules, { exitCode: 1, stderr }));
    expect(found.map(line)).toEqual([`attention doas: lets nobody: ${stderr.trim()}`]);
    expect(await check(new FakeCommands().expect(rules))).toEqual([]);
  });

  it.each([
    ['lets', {}, []],
    ['asks for a password of', { exitCode: 1, stderr: 'doas: Authentication required\n' }, []],
    [
      'does not let',
      { exitCode: 1, stderr: 'doas: Operation not permitted\n' },
      ['attention doas: does not let uid 1000: doas: Operation not permitted'],
    ],
  ])('%s an admin, as it says itself', async (_what, answer, expected) => {
    const commands = new FakeCommands().expect(['doas', '-C', '/dev/null']).expect(asked, answer);
    expect((await check(commands, 1000)).map(line)).toEqual(expected);
  });
});

describe('run0, and nobody', () => {
  const check = (commands: FakeCommands, privilege: string) =>
    problems(
      becomingRoot,
      diagnosingOf({ uid: 1000, host: withCommands(commands) }, `privilege=${privilege}`),
    ).finally(() => commands.done());
  const nothing = { exitCode: undefined, failure: 'start' as const };

  it('comes with a newer systemd; may ask; may refuse', async () => {
    const sudo = ['sudo', '--version'];
    const asked = ['run0', '--no-ask-password', '--', 'true'];
    const missed = new FakeCommands().expect(['run0', '--version'], nothing).expect(sudo);
    expect((await check(missed, 'run0')).map(line)).toEqual([
      'attention run0: there is none, and privilege: run0 says that it makes an admin root',
    ]);
    const says = (stderr: string) =>
      new FakeCommands().expect(['run0', '--version']).expect(asked, { exitCode: 1, stderr }).expect(sudo);
    const wouldAsk = says('Failed to start transient service unit: Interactive authentication required.');
    expect(await check(wouldAsk, 'run0')).toEqual([]);
    expect((await check(says('Access denied'), 'run0')).map(({ verdict }) => verdict)).toEqual(['attention']);
  });

  it('is asked where privilege is none; the dispatch needs its sudo all the same', async () => {
    const found = await check(new FakeCommands().expect(['sudo', '--version'], nothing), 'none');
    expect(found.map(line)).toEqual(['attention sudo: there is none']);
  });
});
