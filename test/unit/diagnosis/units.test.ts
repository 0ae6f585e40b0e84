import { describe, expect, it } from 'vitest';
import { option, parseProperties, shownProperties } from '../../../src/diagnosis/unit-properties.ts';
import { unitsSubject } from '../../../src/diagnosis/units.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { FakeCommands } from '../../fakes/commands.ts';
import { diagnosingOf, fakeFiles, line, problems } from '../../fakes/diagnosing.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';
import { fakeHost } from '../../fakes/host.ts';

const { checks } = unitsSubject;

/** A block of `systemctl show` (systemd 252), of a unit that is as it should be but for what is replaced. */
const shown = (user: string, ...replaced: [string, string][]) =>
  replaced.reduce(
    (text, [from, to]) => text.replace(from, to),
    `Restart=on-failure
SuccessExitStatus=130 USR1
OOMPolicy=continue
ExecStart={ path=/usr/bin/t3 ; argv[]=/usr/bin/t3 serve --host 0.0.0.0 --port \${T3_PORT} --base-dir /home/${user}/.t3 ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
User=${user}
FragmentPath=/etc/systemd/system/t3-serve@.service
NeedDaemonReload=no`,
  );

describe('systemctl show, of how a unit is set up', () => {
  it('is one block a unit', () => {
    const found = parseProperties(`${shown('vera')}\n\n${shown('emo')}\n`, ['a', 'b']);
    expect(found.get('a')).toEqual({
      fragment: '/etc/systemd/system/t3-serve@.service',
      user: 'vera',
      argv: [
        '/usr/bin/t3',
        'serve',
        '--host',
        '0.0.0.0',
        '--port',
        '${T3_PORT}',
        '--base-dir',
        '/home/vera/.t3',
      ],
      successExitStatus: ['130', 'USR1'],
      restart: 'on-failure',
      oomPolicy: 'continue',
      needsReload: false,
    });
    expect(found.get('b')?.user).toBe('emo');
  });

  it('is not believed for fewer units than asked', () => {
    expect(() => parseProperties(shown('vera'), ['a', 'b'])).toThrow('answered for 1 of 2 units');
  });

  it('has options in either form', () => {
    expect(option(['--host', 'a'], '--host')).toBe('a');
    expect(option(['--host=b=c'], '--host')).toBe('b=c');
    expect(option(['--hostname=b'], '--host')).toBeUndefined();
    expect(option(['--host'], '--host')).toBeUndefined();
  });
});

describe('how units are set up', () => {
  const fleet = fleetOf(
    instanceOf('vera'),
    instanceOf('emo', {
      account: known({ name: 'emo', uid: 1001, gid: 1001, home: '/home/emo' }, startMoment),
    }),
  );
  const names = ['t3-serve@vera.service', 't3-serve@emo.service'];
  const flaws = async (...blocks: string[]) => {
    const commands = new FakeCommands().expect(
      ['systemctl', 'show', '--no-pager', `--property=${shownProperties.join(',')}`, '--', ...names],
      { stdout: `${blocks.join('\n\n')}\n` },
    );
    const found = await problems(
      checks['how units are set up'],
      diagnosingOf({ fleet, host: fakeHost({ commands }) }),
    );
    commands.done();
    return found;
  };

  it('is fine', async () => expect(await flaws(shown('vera'), shown('emo'))).toEqual([]));

  it('what all have is the template’s, and healed there', async () => {
    const bad: [string, string] = ['SuccessExitStatus=130 USR1', 'SuccessExitStatus=USR1'];
    const [only, ...others] = await flaws(shown('vera', bad), shown('emo', bad));
    expect(others).toEqual([]);
    expect(only).toMatchObject({ subject: 'unit template', verdict: 'attention' });
    expect(only?.remedy?.command).toBe(
      "mkdir -p /etc/systemd/system/t3-serve@.service.d && printf '%s\\n' '[Service]' SuccessExitStatus=130 > " +
        '/etc/systemd/system/t3-serve@.service.d/50-success-exit-status.conf && systemctl daemon-reload',
    );
  });

  it('what one has is that one’s', async () => {
    const [only, ...others] = await flaws(shown('vera'), shown('emo', ['User=emo', 'User=root']));
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      subject: 'emo: unit',
      verdict: 'wrong',
      found: 'it runs as root, not as its user',
    });
    expect(only?.remedy?.command).toContain('/etc/systemd/system/t3-serve@emo.service.d/50-user.conf');
    expect(only?.remedy?.command).toContain(' User=%i ');
  });

  it.each([
    ['a loopback address', '--host 0.0.0.0', '--host 127.0.0.1', 'attention', /it binds 127\.0\.0\.1/],
    ['no address', '--host 0.0.0.0 ', '', 'attention', /it binds whatever t3 likes/],
    ['a fixed port', '${T3_PORT}', '4100', 'wrong', /its --port is 4100/],
    [
      'another folder',
      '/home/vera/.t3 ',
      '/srv/t3 ',
      'wrong',
      /its --base-dir is \/srv\/t3, not \/home\/vera\/\.t3/,
    ],
    [
      'another program',
      'argv[]=/usr/bin/t3',
      'argv[]=/usr/local/bin/t3',
      'wrong',
      /it starts \/usr\/local\/bin\/t3/,
    ],
  ])('%s is found, with the whole command that is meant', async (_what, from, to, verdict, found) => {
    const [only, ...others] = await flaws(shown('vera', [from, to]), shown('emo'));
    expect(others).toEqual([]);
    expect(only?.verdict).toBe(verdict);
    expect(only?.found).toMatch(found);
    expect(only?.remedy?.command).toContain(
      "ExecStart= 'ExecStart=/usr/bin/t3 serve --host 0.0.0.0 --port ${T3_PORT} --base-dir /home/%i/.t3'",
    );
  });

  it.each([
    ['::', []],
    ['192.0.2.7', []],
    ['localhost', [/it binds localhost/]],
    ['::1', [/it binds ::1/]],
  ])('a server that binds %s can be told from one that cannot be reached', async (address, expected) => {
    const found = await flaws(shown('vera', ['0.0.0.0', address]), shown('emo'));
    expect(found.map(line)).toEqual(expected.map((each) => expect.stringMatching(each)));
  });

  it('files that systemd has not read, or not at all, are told', async () => {
    const found = await flaws(
      shown('vera', ['NeedDaemonReload=no', 'NeedDaemonReload=yes']),
      shown('emo', ['/etc/systemd/system/t3-serve@.service', '/usr/lib/systemd/system/t3-serve@.service']),
    );
    expect(found.map((each) => [each.subject, each.remedy?.command])).toEqual([
      ['vera: unit', 'systemctl daemon-reload'],
      ['emo: unit', ''],
    ]);
    expect(found[1]?.found).toContain('systemd reads /usr/lib/systemd/system/t3-serve@.service');
  });
});

describe('a unit', () => {
  const judged = async (facts: Partial<UnitState>, hosting: boolean | 'unknown' = false) => {
    const instance = instanceOf('vera', {
      unit: known({ ...runningUnit, ...facts }, startMoment),
      hosting:
        hosting === 'unknown'
          ? unknown('cannot tell', startMoment)
          : known(hosting ? { hosts: true, because: 'this cockpit' } : { hosts: false }, startMoment),
    });
    return problems(checks['units'], diagnosingOf({ fleet: fleetOf(instance) }));
  };
  const stopped = { active: 'inactive', sub: 'dead', mainPid: undefined };
  const failed = { active: 'failed', sub: 'failed', result: 'exit-code', mainPid: undefined };

  it.each<[string, Partial<UnitState>, string, string]>([
    ['masked', { load: 'masked' }, 'wrong', 'systemctl unmask t3-serve@vera.service'],
    ['missing', { load: 'not-found' }, 'wrong', ''],
    ['in error', { load: 'bad-setting' }, 'wrong', 'systemd-analyze verify t3-serve@vera.service'],
    ['running, disabled', { startup: 'disabled' }, 'attention', 'systemctl enable t3-serve@vera.service'],
    ['of a template without [Install]', { startup: 'static' }, 'attention', ''],
    ['of unknown startup', { startup: undefined }, 'unknown', ''],
    ['stopped though enabled', stopped, 'attention', 'systemctl start t3-serve@vera.service'],
    [
      'stopped on purpose',
      { ...failed, exitStatus: 130 },
      'attention',
      'systemctl reset-failed t3-serve@vera.service',
    ],
    ['failed', { ...failed, exitStatus: 1 }, 'wrong', 'systemctl restart t3-serve@vera.service'],
    [
      'killed for memory',
      { ...failed, result: 'oom-kill', exitStatus: 9 },
      'wrong',
      'systemctl restart t3-serve@vera.service',
    ],
    ['starting over and over', { active: 'activating', sub: 'auto-restart' }, 'wrong', ''],
  ])('that is %s', async (_what, facts, verdict, command) => {
    const [only, ...others] = await judged(facts);
    expect(others).toEqual([]);
    expect([only?.verdict, only?.remedy?.command]).toEqual([verdict, command]);
  });

  it('that runs, or is meant to be off, is fine', async () => {
    expect(await judged({})).toEqual([]);
    expect(await judged({ ...stopped, startup: 'disabled' })).toEqual([]);
  });

  it('that may host this session is not to be restarted by a pasted line', async () => {
    for (const hosting of [true, 'unknown'] as const) {
      const [only] = await judged({ ...failed, exitStatus: 1 }, hosting);
      expect(only?.remedy?.command).toBe('');
      expect(only?.remedy?.words).toContain('not from here');
    }
  });

  it('of which nothing is known is no pass', async () => {
    const instance = instanceOf('vera', { unit: unknown('systemctl did not finish', startMoment) });
    const found = await problems(checks['units'], diagnosingOf({ fleet: fleetOf(instance) }));
    expect(found.map(line)).toEqual(['unknown vera: unit: systemctl did not finish']);
  });
});

describe('stray units', () => {
  const tail = ['--plain', '--no-legend', '--full', '--no-pager', '--', 't3-serve@*.service'];
  const strays = (live: string, files: string) =>
    problems(
      checks['stray units'],
      diagnosingOf({
        fleet: fleetOf(instanceOf('vera')),
        host: fakeHost({
          commands: new FakeCommands()
            .expect(['systemctl', 'list-units', '--all', ...tail], { stdout: live })
            .expect(['systemctl', 'list-unit-files', ...tail], { stdout: files }),
        }),
      }),
    );

  it('run for, or will start for, somebody who is not in the map', async () => {
    const found = await strays(
      't3-serve@vera.service  loaded active   running T3\nt3-serve@gone.service loaded failed failed T3\nt3-serve@old.service loaded inactive dead T3\n',
      't3-serve@.service indirect enabled\nt3-serve@vera.service enabled enabled\nt3-serve@next.service enabled enabled\nt3-serve@off.service disabled enabled\n',
    );
    expect(found.map((each) => [each.subject, each.verdict, each.remedy?.command])).toEqual([
      ['t3-serve@gone.service', 'attention', 'systemctl disable --now t3-serve@gone.service'],
      ['t3-serve@next.service', 'attention', 'systemctl disable --now t3-serve@next.service'],
    ]);
  });

  it('are none', async () => expect(await strays('', 't3-serve@.service static -\n')).toEqual([]));
});

describe('the unit template', () => {
  const template = '/etc/systemd/system/t3-serve@.service';
  const found = (files: Parameters<typeof fakeFiles>[0]) =>
    problems(checks['unit template'], diagnosingOf({ host: fakeHost({ files: fakeFiles(files) }) }));

  it('is there, and nobody else’s to write', async () => {
    expect((await found({})).map(line)).toEqual([`wrong unit template: ${template}: there is nothing`]);
    expect(await found({ [template]: { mode: 0o644 } })).toEqual([]);
    expect((await found({ [template]: { mode: 0o664 } })).map(({ remedy }) => remedy?.command)).toEqual([
      `chmod go-w ${template}`,
    ]);
  });
});
