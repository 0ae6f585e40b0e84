import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpWork, work } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import { addGuests, portOf } from './guests.ts';
import { buildMachine, databaseOf, installed, node, sh, snapshotsOf, unitOf, type Run } from './machine.ts';
import { strangersIn } from './outside.ts';
import { startPackageSource, writePin } from './versions.ts';

/**
 * The whole story, to be read from top to bottom: three colleagues on one machine, an admin who has just unpacked the
 * program, a version that is bad, one that is good until a problem shows two days later, and the way back from all of
 * it. (That npm installs the package is tried by scripts/packed.sh, which can reach a registry.)
 */

const people = ['vera', 'emo', 'anca'] as const;
const pinned = '/home/vera/code/scripts/t3-autoupdate.sh';
const program = '/opt/unpacked';
const config = '/etc/t3-cockpit-story.yaml';

const leave: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  await buildMachine();
  const removeGuests = await addGuests(['anca']);
  await sh('systemctl', 'start', unitOf('anca'));
  for (const name of people) await runs(name);
  const source = await startPackageSource();
  await writePin(pinned, 'vera');
  leave.push(removeGuests, source.stop);
  await unpack();
  writeFileSync(
    config,
    `${source.setting.replace('=', ': ')}
host: { administrator: vera }
pins: [{ file: '{home}/code/scripts/t3-autoupdate.sh' }]
snapshots: { keepFree: 16mb }
gate: { watch: 200ms }
bump: { soak: 500ms }
# Nobody here goes for a coffee.
busy: { quiet: 0s }
`,
  );
  for (const name of people) await runs(name);
}, 900_000);
afterAll(async () => {
  for (const each of leave) await each();
  await sh('rm', '-rf', '--', program, config);
});

/** As `npm install --global` would lay it down. */
async function unpack(): Promise<void> {
  mkdirSync(`${program}/node_modules`, { recursive: true });
  const checkout = path.resolve(import.meta.dirname, '../..');
  const { stdout } = await execa(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', program],
    { cwd: checkout },
  );
  const archive = path.join(program, stdout.trim().split('\n').at(-1) ?? '');
  await sh('tar', '-xzf', archive, '--strip-components=1', '-C', program);
  cpSync(`${installed}/node_modules/better-sqlite3`, `${program}/node_modules/better-sqlite3`, {
    recursive: true,
  });
}

const argv = (args: readonly string[]) => [node, `${program}/bin/t3-cockpit.js`, '--config', config, ...args];

/** What the admin types. */
async function cockpit(...args: string[]): Promise<Run> {
  const [file = '', ...rest] = argv(args);
  const result = await execa(file, rest, { reject: false, stdin: 'ignore' });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** What somebody's server says that it runs. */
async function runs(name: string): Promise<string> {
  const answer = await until(`${name}'s server`, () =>
    fetch(`http://127.0.0.1:${portOf(name)}/.well-known/t3/environment`).catch(() => undefined),
  );
  return ((await answer.json()) as { serverVersion: string }).serverVersion;
}

/** What all of them run, and all that they have written. */
const versions = async () =>
  Object.fromEntries(await Promise.all(people.map(async (name) => [name, await runs(name)])));
const everybodys = () => Object.fromEntries(people.map((name) => [name, dumpWork(databaseOf(name))]));
const all = (version: string) => Object.fromEntries(people.map((name) => [name, version]));

async function expectAllWell(): Promise<void> {
  for (const name of people) {
    expect(await sh('systemctl', 'show', '--property=ActiveState,LoadState', unitOf(name))).toBe(
      'LoadState=loaded\nActiveState=active',
    );
    expect(await strangersIn(name, `/home/${name}`, `/var/backups/t3-state/${name}`)).toBe('');
  }
}

let before: Record<string, string>;
let since: Record<string, string>;

describe('three colleagues and their admin', () => {
  it('look at what there is', async () => {
    const status = await cockpit('status');
    expect([status.exitCode, status.stderr]).toEqual([0, '']);
    for (const name of people)
      expect(status.stdout).toMatch(new RegExp(`^${name} +running .* 0\\.0\\.24 +30 `, 'm'));
    before = everybodys();
  });

  it('have everybody’s work backed up, verified, in each one’s own name', async () => {
    const done = await cockpit('backup');
    expect([done.exitCode, done.stderr]).toEqual([0, '']);
    for (const name of people) {
      const copy = readdirSync(snapshotsOf(name)).find((file) => file.endsWith('.sqlite'));
      expect(dumpWork(path.join(snapshotsOf(name), copy ?? ''))).toBe(before[name]);
    }
    expect((await cockpit('snapshots')).stdout.match(/ verified/g)?.length).toBe(people.length);
    await expectAllWell();
  });

  it('get a version that passes every trial, and fails for one of them: everybody is back, and it is said why', async () => {
    appendFileSync('/etc/t3-serve/emo.env', 'T3_STAND_IN_REFUSES=1\n');
    const done = await cockpit('--yes', 'bump', '0.0.31');
    const file = '/etc/t3-serve/emo.env';
    writeFileSync(file, readFileSync(file, 'utf8').replace('T3_STAND_IN_REFUSES=1\n', ''));
    expect(done.exitCode, done.stdout + done.stderr).toBe(1);
    expect(done.stdout).toMatch(/operation rolled back: emo: direct: broken at exchange/);
    expect(await versions()).toEqual(all('0.0.24'));
    expect(everybodys()).toEqual(before);
    expect(readFileSync('/etc/t3-autoupdate.freeze', 'utf8')).toContain('bump to 0.0.31 failed');
    const report = await cockpit('operations', '2', '--report');
    expect(report.stdout).toMatch(/rolled back/);
    expect((await cockpit('bump', '0.0.27')).exitCode).toBe(3);
    expect((await cockpit('unfreeze')).exitCode).toBe(0);
    await expectAllWell();
  });

  it('get a good one, each with all that was theirs', async () => {
    const done = await cockpit('--yes', 'bump', '0.0.27');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await versions()).toEqual(all('0.0.27'));
    expect(everybodys()).toEqual(before);
    expect(readFileSync(pinned, 'utf8')).toBe('#!/bin/sh\r\nT3_PIN="${T3_PIN:-0.0.27}"');
    await expectAllWell();
  });

  it('work on; then a problem shows, and the admin goes back: what each gives up is said before, and kept', async () => {
    for (const name of ['vera', 'emo']) work(databaseOf(name), `${name}-since`);
    since = everybodys();
    const plan = await cockpit('--dry-run', 'rollback');
    expect(plan.stdout).toMatch(/vera: gives up 1 threads, 2 messages, 1 turns/);
    expect(plan.stdout).toMatch(/anca: no work since, nothing is given up/);
    const done = await cockpit('--yes', 'rollback');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await versions()).toEqual(all('0.0.24'));
    expect(everybodys()).toEqual(before);
    expect(readFileSync(pinned, 'utf8')).toBe('#!/bin/sh\r\nT3_PIN="${T3_PIN:-0.0.24}"');
    for (const name of people) {
      const kept = readdirSync(snapshotsOf(name)).findLast((file) =>
        /^prerestore-0\.0\.27-.*sqlite$/.test(file),
      );
      expect(dumpWork(path.join(snapshotsOf(name), kept ?? ''))).toBe(since[name]);
    }
    expect((await cockpit('probe')).stdout).not.toMatch(/direct: (broken|unknown)/);
    expect((await cockpit('unfreeze')).exitCode).toBe(0);
    await expectAllWell();
  });

  it('have one’s mishap of today undone by a snapshot of today, and that taken back, too', async () => {
    expect((await cockpit('backup', 'anca')).exitCode).toBe(0);
    work(databaseOf('anca'), 'a mishap');
    const mishap = dumpWork(databaseOf('anca'));
    const restored = await cockpit('--yes', 'restore', 'anca', '--snapshot', 'latest');
    expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0);
    expect(dumpWork(databaseOf('anca'))).toBe(before['anca']);
    const id = /operation (\d+)/.exec(restored.stdout)?.[1] ?? '';
    const undone = await cockpit('--yes', 'undo', id);
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
    expect(dumpWork(databaseOf('anca'))).toBe(mishap);
    await expectAllWell();
  });

  it('get the version once more, asked for from inside vera’s own server, in a shell that ends at once', async () => {
    const group = await sh('systemctl', 'show', '--property=ControlGroup', '--value', unitOf('vera'));
    // Every hierarchy that knows the unit's group: one on a modern host, more on an older one.
    const enter = `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w "$d${group}/cgroup.procs" ] && echo $$ > "$d${group}/cgroup.procs"; done; exec "$@"`;
    const shell = execa('sh', ['-c', enter, 'sh', ...argv(['--yes', 'bump', '0.0.27'])], {
      reject: false,
      stdin: 'ignore',
    });
    const id = await until('the operation', async () => {
      const { stdout } = await cockpit('--json', 'operations');
      const { operations } = JSON.parse(stdout) as {
        operations: { id: number; kind: string; state: string }[];
      };
      return operations.find(({ kind, state }) => kind === 'bump' && state === 'running')?.id;
    });
    shell.kill('SIGKILL');
    await shell;
    const followed = await cockpit('operations', String(id), '--follow');
    expect(followed.exitCode, followed.stdout).toBe(0);
    expect(await versions()).toEqual({ ...all('0.0.27'), vera: '0.0.24' });
    expect(readFileSync('/var/lib/t3-autoupdate/deferred/vera', 'utf8')).toBe('0.0.27\n');

    const drained = await cockpit('--yes', 'drain');
    expect(drained.exitCode, drained.stdout + drained.stderr).toBe(0);
    expect(await versions()).toEqual(all('0.0.27'));
    expect(existsSync('/var/lib/t3-autoupdate/deferred/vera')).toBe(false);
    await expectAllWell();
  });

  it('are looked after by somebody who is root for this alone: in tmux, by a password and a key, by name in the journal', async () => {
    await sh('useradd', '--create-home', '--shell', '/bin/bash', 'hanna');
    await execa('chpasswd', { input: 'hanna:correct horse\n' });
    writeFileSync('/etc/sudoers.d/story', 'hanna ALL=(root) ALL\n', { mode: 0o440 });
    const tmux = (...args: string[]) =>
      sh(
        'runuser',
        '-u',
        'hanna',
        '--',
        'env',
        'LANG=C.UTF-8',
        'tmux',
        '-L',
        'story',
        '-f',
        '/dev/null',
        ...args,
      );
    leave.push(async () => {
      await until('nothing of hers runs', async () => {
        const { exitCode } = await execa('pkill', ['-KILL', '-U', 'hanna'], { reject: false });
        return exitCode === 1 ? true : undefined;
      });
      await sh('rm', '/etc/sudoers.d/story');
      await sh('userdel', '--remove', 'hanna');
    });
    const seen = (what: string, pattern: RegExp) =>
      until(what, async () => {
        const screen = await tmux('capture-pane', '-p');
        return pattern.test(screen) ? screen : undefined;
      });
    await tmux('new-session', '-d', '-x', '100', '-y', '30', ...argv([]));
    await seen('a prompt', /Password of hanna:/);
    await tmux('send-keys', '-l', 'correct horse');
    await tmux('send-keys', 'Enter');
    const row = (name: string) => `.* ${name} +running .*`;
    await seen('the fleet', new RegExp(people.map(row).join('\n'), 'm'));
    await tmux('send-keys', 'b');
    await seen('the end of it', /operation \d+: backup: succeeded/);
    await seen('everybody’s new copy', /( \d+s verified[^]*){3}/);
    const { operations } = JSON.parse((await cockpit('--json', 'operations')).stdout) as {
      operations: { kind: string; actor: object }[];
    };
    expect(operations[0]).toMatchObject({
      kind: 'backup',
      actor: { user: 'root', uid: 0, sudoUser: 'hanna', surface: 'cockpit' },
    });
    await tmux('send-keys', 'q');
  });
});
