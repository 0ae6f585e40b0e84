import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { until } from '../sandbox/sandbox.ts';
import {
  answering,
  doctor,
  heal,
  more,
  nothingLeft,
  notWell,
  only,
  stated,
  title,
  withoutJobs,
  type Diagnosis,
} from './diagnosis.ts';
import { buildMachine, cockpit, sh, unitOf, users } from './machine.ts';

/** A real host, healthy first; then broken in one way after the other, and healed by what the doctor prints. */

const names = users.map(({ name }) => name);
const template = '/etc/systemd/system/t3-serve@.service';
const dispatchTable = '/etc/t3-serve/dispatch.json';
const environmentFile = (user: string) => `/etc/t3-serve/${user}.env`;
const backupsOf = (user: string) => `/var/backups/t3-state/${user}`;

const dispatch = `[Service]
ExecStart=/opt/t3-cockpit-under-test/node -e "require('http').createServer((_, s) => s.writeHead(403).end()).listen(3780, '127.0.0.1')"
`;

const children: ChildProcess[] = [];

/** What the file found is put back for those that come after it: they share the machine. */
const saved = '/root/doctor-saved';
beforeAll(async () => {
  await buildMachine();
  mkdirSync(saved, { recursive: true });
  await sh('cp', '-a', '/usr/bin/t3', `${saved}/t3`);
  writeFileSync('/etc/systemd/system/t3-dispatch.service', dispatch);
  await sh('systemctl', 'daemon-reload');
  await sh('systemctl', 'start', 't3-dispatch.service', ...names.map(unitOf));
  await until('everybody to answer', async () =>
    (await doctor()).findings.some(
      ({ verdict, subject }) =>
        verdict !== 'ok' && (/: (answers|listens)$/.test(subject) || subject === 'dispatch'),
    )
      ? undefined
      : true,
  );
  expect((await cockpit(['backup'])).exitCode).toBe(0);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await sh('systemctl', 'stop', 't3-dispatch.service');
  rmSync('/etc/systemd/system/t3-dispatch.service');
  rmSync(`${template}.d`, { recursive: true, force: true });
  await sh('cp', '-a', '--remove-destination', `${saved}/t3`, '/usr/bin/t3');
  await sh('systemctl', 'daemon-reload');
});

describe('a healthy machine', () => {
  it('has nothing wrong, and what it lacks is stated', async () => {
    const diagnosis = await doctor();
    for (const finding of notWell(diagnosis)) stated.add(title(finding));
    expect([...stated]).toEqual([
      'attention rights/sudo t3-cockpit',
      'attention units/unit template',
      'attention units/vera: unit',
      'attention units/emo: unit',
    ]);
    expect(diagnosis.exitCode).toBe(0);
    const text = await cockpit([...withoutJobs, 'doctor']);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toContain('nothing is wrong, 4 to look at');
  });

  it('gives away no secret of an environment file', async () => {
    expect((await cockpit(['doctor'])).stdout).not.toContain('never-to-be-shown');
  });

  it('is told by root only: somebody else learns what could not be told, and that that is no pass', async () => {
    const run = await cockpit(['--json', ...withoutJobs, 'doctor'], ['runuser', '-u', 'emo', '--']);
    expect(run.exitCode).toBe(1);
    const { findings } = JSON.parse(run.stdout) as Diagnosis;
    expect(findings.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
    const unknown = findings.filter(({ verdict }) => verdict === 'unknown').map(({ subject }) => subject);
    expect(unknown).toEqual(expect.arrayContaining(['acting as users', 'vera: database', 'vera: files']));
    expect(unknown).not.toContain('emo: database');
  });
});

describe('a remedy, pasted', () => {
  it('lets a deliberate stop count as one', async () => {
    const { findings } = await doctor();
    const missing = findings.find(({ subject, verdict }) => subject === 'unit template' && verdict !== 'ok');
    expect(missing?.found).toContain('SuccessExitStatus=130');
    await sh('systemctl', 'stop', unitOf('emo'));
    // The unit was stopped on purpose, and systemd calls it failed.
    const failed = (await doctor()).findings.find(({ found }) => found.includes('stopped on purpose'));
    expect(failed).toMatchObject({ subject: 'emo: unit', verdict: 'attention' });
    await sh('sh', '-c', failed?.command ?? 'false');
    await sh('sh', '-c', missing?.command ?? 'false');
    stated.delete('attention units/unit template');
    await sh('systemctl', 'start', unitOf('emo'));
    await answering('emo');
    await nothingLeft();
    await sh('systemctl', 'stop', unitOf('emo'));
    await nothingLeft();
    await sh('systemctl', 'start', unitOf('emo'));
    await answering('emo');
  });

  it.each([
    ['OOMPolicy=continue', 'OOMPolicy=stop', 'attention units/unit template'],
    ['Restart=on-failure', 'Restart=no', 'attention units/unit template'],
    ['--host 0.0.0.0', '--host 127.0.0.1', 'attention units/unit template'],
    ['/home/%i/.t3', '/home/%i/.t4', 'wrong units/unit template'],
    ['/usr/bin/t3 serve', '/usr/bin/env t3 serve', 'wrong units/unit template'],
    ['User=%i\n', '', 'wrong units/unit template'],
  ])('sets the template right where %s became %s', async (line, instead, expected) => {
    const before = readFileSync(template, 'utf8');
    writeFileSync(template, before.replace(line, instead));
    await sh('systemctl', 'daemon-reload');
    try {
      await heal(await only(expected));
    } finally {
      writeFileSync(template, before);
      rmSync(`${template}.d`, { recursive: true });
      mkdirSync(`${template}.d`);
      writeFileSync(`${template}.d/50-success-exit-status.conf`, '[Service]\nSuccessExitStatus=130\n');
      await sh('systemctl', 'daemon-reload');
    }
  });

  it('makes one user’s unit like the others again', async () => {
    const folder = '/etc/systemd/system/t3-serve@vera.service.d';
    mkdirSync(folder);
    writeFileSync(`${folder}/10-hers.conf`, '[Service]\nOOMPolicy=kill\n');
    await sh('systemctl', 'daemon-reload');
    // `vera: unit` is stated already, for want of an [Install] section: told apart by its words.
    const found = (await doctor()).findings.find((each) => each.found.startsWith('OOMPolicy=kill'));
    expect(found).toMatchObject({ subject: 'vera: unit', verdict: 'attention' });
    await sh('sh', '-c', found?.command ?? 'false');
    await nothingLeft();
    rmSync(folder, { recursive: true });
    await sh('systemctl', 'daemon-reload');
  });

  it('gives a backup folder back to its user', async () => {
    chownSync(backupsOf('vera'), 0, 0);
    await heal(await only('wrong paths/vera: backup folder'));
    expect(statSync(backupsOf('vera')).uid).toBe(Number(await sh('id', '-u', 'vera')));
  });

  it('closes a backup folder, an environment file, the state folder and the journal to others', async () => {
    for (const [path, mode, finding] of [
      [backupsOf('emo'), 0o755, 'wrong paths/emo: backup folder'],
      [environmentFile('emo'), 0o644, 'wrong paths/environment file of emo'],
      ['/var/lib/t3-cockpit', 0o755, 'wrong paths/state folder'],
      ['/var/lib/t3-cockpit/journal.sqlite', 0o644, 'wrong journal/journal'],
    ] as const) {
      const before = statSync(path).mode;
      chmodSync(path, mode);
      await heal(await only(finding.replace('environment file of emo', 'emo: environment file')));
      expect(statSync(path).mode).toBe(before);
    }
  });

  it('takes what root runs out of others’ hands, wherever a link leads through', async () => {
    mkdirSync('/opt/t3 of "all"');
    renameSync('/usr/bin/t3', '/opt/t3 of "all"/t3');
    await sh('ln', '-s', '/opt/t3 of "all"/t3', '/usr/bin/t3');
    await nothingLeft();
    chmodSync('/opt/t3 of "all"', 0o777);
    await heal(await only('wrong t3/global t3'));
    chmodSync('/opt/t3 of "all"/t3', 0o775);
    await heal(await only('wrong t3/global t3'));
    chownSync('/opt/t3 of "all"', 1000, 1000);
    await heal(await only('wrong t3/global t3'));
  });

  it('unmasks a unit, and brings a stopped dispatch back', async () => {
    await sh('systemctl', 'stop', unitOf('emo'));
    await sh('systemctl', 'mask', unitOf('emo'));
    const masked = (await doctor()).findings.find(({ found }) => found.includes('is masked'));
    expect(masked).toMatchObject({ subject: 'emo: unit', verdict: 'wrong' });
    await sh('sh', '-c', masked?.command ?? 'false');
    await nothingLeft();
    await sh('systemctl', 'start', unitOf('emo'));
    await answering('emo');
    await sh('systemctl', 'stop', 't3-dispatch.service');
    const gone = await only('wrong dispatch/dispatch');
    expect(gone.found).toContain('t3-dispatch.service is ');
    await sh('sh', '-c', gone.command ?? 'false');
    await until('the dispatch', async () =>
      notWell(await doctor()).some(({ subject }) => subject === 'dispatch') ? undefined : true,
    );
  });

  it('stops a server of nobody’s', async () => {
    await sh('useradd', '--create-home', 'stray');
    writeFileSync(environmentFile('stray'), `T3_PORT=${await freePort()}\n`, { mode: 0o600 });
    await sh('systemctl', 'start', unitOf('stray'));
    await heal(await only(`attention units/${unitOf('stray')}`));
  });

  it('makes a copy before a restart onto the version that is installed', async () => {
    await sh('systemctl', 'stop', unitOf('emo'));
    await sh('cp', '-a', '/home/emo/.t3', `${saved}/emo`);
    await sh('systemctl', 'start', unitOf('emo'));
    await answering('emo');
    const before = readFileSync('/usr/bin/t3', 'utf8');
    writeFileSync('/usr/bin/t3', before.replace('0.0.24', '0.0.27'));
    try {
      const found = await more();
      expect(found.map(title)).toEqual([
        'attention t3/vera: version',
        'attention t3/emo: version',
        'attention t3/t3 0.0.24',
      ]);
      expect(found[2]?.command).toBe(
        'umask 022 && npm install --global --prefix /usr/local/lib/t3-versions/0.0.24 t3@0.0.24',
      );
      await sh('sh', '-c', found[1]?.command ?? 'false');
      await answering('emo');
      const left = await more();
      expect(left.map(title)).toEqual(['attention t3/vera: version', 'attention t3/t3 0.0.24']);
    } finally {
      writeFileSync('/usr/bin/t3', before);
      await sh('systemctl', 'stop', unitOf('emo'));
      rmSync('/home/emo/.t3', { recursive: true });
      await sh('cp', '-a', `${saved}/emo`, '/home/emo/.t3');
      await sh('systemctl', 'start', unitOf('emo'));
    }
    await answering('emo');
    await nothingLeft();
  });
});

describe('ports', () => {
  it('of which two say different things, or which two users share', async () => {
    const before = readFileSync(environmentFile('emo'), 'utf8');
    const vera = /T3_PORT="(\d+)"/.exec(readFileSync(environmentFile('vera'), 'utf8'))?.[1];
    writeFileSync(environmentFile('emo'), `T3_PORT=${vera}\n`);
    const found = await more();
    expect(found.map(title)).toEqual([
      // Nobody asks a port that is in another user's hands.
      'attention users/emo: answers',
      'wrong ports/emo: port',
      `wrong ports/port ${vera}`,
      // Vera's server listens where emo's is said to.
      'wrong ports/emo: listens',
    ]);
    writeFileSync(environmentFile('emo'), before);
    const table = readFileSync(dispatchTable, 'utf8');
    writeFileSync(dispatchTable, table.replace('"os_user":"emo"', '"os_user":"vera"'));
    expect((await only('wrong dispatch/emo: dispatch')).found).toContain('leads emo@example.org to vera');
    writeFileSync(dispatchTable, table);
  });

  it('on which somebody else listens, while its own server is down', async () => {
    const port = /T3_PORT="(\d+)"/.exec(readFileSync(environmentFile('emo'), 'utf8'))?.[1] ?? '';
    await sh('systemctl', 'stop', unitOf('emo'));
    const thief = spawn(
      'runuser',
      [
        '-u',
        'vera',
        '--',
        '/opt/t3-cockpit-under-test/node',
        '-e',
        `require('net').createServer().listen(${port}, () => console.log('there'))`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(thief);
    await new Promise((resolve) => thief.stdout.once('data', resolve));
    const finding = await only('wrong ports/emo: listens');
    expect(finding.found).toMatch(
      new RegExp(
        `process \\d+ \\(\\S+, uid \\d+\\) listens on \\S+:${port}, and does not belong to t3-serve@emo`,
      ),
    );
    process.kill(Number(/process (\d+)/.exec(finding.found)?.[1]), 'SIGKILL');
    await sh('sh', '-c', finding.command ?? 'false');
    await answering('emo');
    await nothingLeft();
  });
});

describe('a configuration that is not of this host', () => {
  it('is told', async () => {
    const run = await cockpit([
      '--set',
      'paths.binary=/usr/bin/nothing',
      '--set',
      'unit=t4-serve@{user}.service',
      'doctor',
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/wrong +t3 +installed t3 +\/usr\/bin\/nothing: no such file/);
    expect(run.stdout).toContain('wrong: units: vera: unit: t4-serve@vera.service does not exist');
    expect(run.stdout).toContain(`install ${template}, or set unit`);
  });
});
