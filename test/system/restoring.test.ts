import { existsSync, lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMessage, dumpWork } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import { buildMachine, cockpit, cockpitCommand, databaseOf, sh, snapshotsOf, unitOf } from './machine.ts';

/** Restoring and restarting on a real host: real units and control groups, homes closed to all others, real timers. */

beforeAll(async () => {
  await buildMachine();
  for (const user of ['vera', 'emo']) expect((await cockpit(['backup', user])).exitCode).toBe(0);
});

const show = async (unit: string, property: string) =>
  (await sh('systemctl', 'show', '--value', '--property', property, unit)).trim();
const pidOf = (user: string) => show(unitOf(user), 'MainPID');
const newest = (user: string, kind = 'manual') =>
  readdirSync(snapshotsOf(user))
    .filter((name) => name.startsWith(kind) && name.endsWith('.sqlite'))
    .toSorted()
    .at(-1) ?? '';
/** Everything in a home that is not its user's. */
async function foreign(user: string): Promise<string[]> {
  const uid = Number(await sh('id', '-u', user));
  return readdirSync(`/home/${user}`, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(`/home/${user}`, name))
    .filter((name) => lstatSync(name).uid !== uid);
}
/** As the user: root would leave files of its own beside the database. */
const asUser = (user: string, ...argv: string[]) => sh('runuser', '-u', user, '--', ...argv);

async function expectWell(user: string): Promise<void> {
  expect(await show(unitOf(user), 'ActiveState')).toBe('active');
  expect(await show(unitOf(user), 'LoadState')).toBe('loaded');
  expect(await foreign(user)).toEqual([]);
  const folder = path.dirname(databaseOf(user));
  expect(readdirSync(folder).filter((name) => name.includes('t3-cockpit'))).toEqual([]);
}

describe('a restore on a real host', () => {
  it('stops and masks, replaces as the user, starts, pairs; and its undo goes back', async () => {
    const wanted = newest('emo');
    addMessage(databaseOf('emo'), 'one more');
    await sh('chown', '-R', 'emo:emo', path.dirname(databaseOf('emo')));
    const [before, pid] = [dumpWork(databaseOf('emo')), await pidOf('emo')];
    const done = await cockpit(['restore', 'emo', '--snapshot', wanted, '--yes']);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await pidOf('emo')).not.toBe(pid);
    await expectWell('emo');
    const kept = newest('emo', 'prerestore');
    expect(lstatSync(path.join(snapshotsOf('emo'), kept)).uid).toBe(lstatSync('/home/emo').uid);
    expect(dumpWork(path.join(snapshotsOf('emo'), kept))).toBe(before);
    // The stand-in ends with 130, as t3 does: a deliberate stop leaves no failed unit behind.
    expect(await sh('systemctl', 'list-units', '--failed', '--plain', '--no-legend', 't3-serve@*')).toBe('');

    const id = /operation (\d+): succeeded/.exec(done.stdout)?.[1] ?? '';
    const undone = await cockpit(['undo', id, '--yes']);
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
    await sh('systemctl', 'stop', unitOf('emo'));
    const count = await asUser(
      'emo',
      'sqlite3',
      databaseOf('emo'),
      `SELECT count(*) FROM projection_thread_messages WHERE message_id = 'one more'`,
    );
    expect(count.trim()).toBe('1');
    await sh('systemctl', 'start', unitOf('emo'));
    await expectWell('emo');
  });

  it('is refused for somebody who may not act as the users', async () => {
    const pid = await pidOf('emo');
    const refused = await cockpit(
      ['restore', 'emo', '--snapshot', 'latest', '--yes'],
      ['runuser', '-u', 'emo', '--'],
    );
    expect(refused.exitCode).toBe(3);
    expect(await pidOf('emo')).toBe(pid);
  });

  it('names a process of somebody else that has the database open, and replaces nothing', async () => {
    const inode = lstatSync(databaseOf('emo')).ino;
    const holder = execa({ reject: false })('runuser', [
      '-u',
      'emo',
      '--',
      'sh',
      '-c',
      `exec sleep infinity < ${databaseOf('emo')}`,
    ]);
    try {
      const name = () => sh('pgrep', '--exact', '--uid', 'emo', 'sleep').catch(() => '');
      const pid = await until('it has it open', async () => (await name()).trim() || undefined);
      const refused = await cockpit([
        'restore',
        'emo',
        '--snapshot',
        newest('emo'),
        '--yes',
        '--set',
        'limits.visit=1s',
      ]);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stdout + refused.stderr).toContain(`the database is open in process ${pid} (sleep`);
      expect(lstatSync(databaseOf('emo')).ino).toBe(inode);
      await sh('kill', pid);
      await expectWell('emo');
    } finally {
      holder.kill('SIGKILL');
      await holder;
    }
  });
});

describe('the host’s own jobs', () => {
  const units = ['service', 'timer'].map((kind) => `/etc/systemd/system/t3-backup-state.${kind}`);
  beforeAll(async () => {
    const [service = '', timer = ''] = units;
    writeFileSync(service, '[Service]\nType=exec\nExecStart=/bin/sleep infinity\n');
    writeFileSync(timer, '[Timer]\nOnCalendar=03:30\n[Install]\nWantedBy=timers.target\n');
    await sh('systemctl', 'daemon-reload');
    await sh('systemctl', 'start', 't3-backup-state.timer');
  });
  afterAll(async () => {
    await sh('systemctl', 'stop', 't3-backup-state.timer', 't3-backup-state.service');
    for (const unit of units) rmSync(unit);
    await sh('systemctl', 'daemon-reload');
  });

  it('keep their timers stopped meanwhile, and running afterwards', async () => {
    const done = await cockpit(['restart', 'emo', '--yes']);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toContain('held off until the end: t3-backup-state.timer');
    expect(await show('t3-backup-state.timer', 'ActiveState')).toBe('active');
  });

  it('are waited for for a while: should one go on running, a restore is refused', async () => {
    await sh('systemctl', 'start', 't3-backup-state.service');
    const pid = await pidOf('emo');
    const refused = await cockpit([
      '--set',
      'limits.jobs=1s',
      'restore',
      'emo',
      '--snapshot',
      newest('emo'),
      '--yes',
    ]);
    await sh('systemctl', 'stop', 't3-backup-state.service');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain('t3-backup-state.service runs now');
    expect(await pidOf('emo')).toBe(pid);
    await expectWell('emo');
  });
});

describe('the instance that hosts the session', () => {
  /**
   * Run something inside a unit’s control group, as a terminal of t3 does: in each hierarchy that has the group. On a
   * hybrid host systemd keeps its units in two, and only the unified one says whom a stop ends.
   */
  async function inside(user: string, argv: readonly string[]): Promise<[string, ...string[]]> {
    const group = await show(unitOf(user), 'ControlGroup');
    const lists = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']
      .map((root) => `${root}${group}/cgroup.procs`)
      .filter((file) => existsSync(file));
    if (lists.length === 0) throw new Error(`no control group ${group}`);
    const join =
      'n=$0; while [ $n -gt 0 ]; do echo $$ > "$1" || exit 99; shift; n=$((n - 1)); done; exec "$@"';
    return ['sh', '-c', join, String(lists.length), ...lists, ...argv];
  }
  const restart = (user: string) => cockpitCommand(['restart', user, '--yes']);
  async function run(argv: readonly string[]) {
    const [file = '', ...args] = argv;
    const { exitCode, stdout, stderr } = await execa(file, args, { reject: false, stdin: 'ignore' });
    return { exitCode, words: stdout + stderr };
  }

  it('is not stopped from inside of it; others are', async () => {
    const pid = await pidOf('vera');
    const refused = await run(await inside('vera', restart('vera')));
    expect(refused.exitCode, refused.words).toBe(3);
    expect(refused.words).toMatch(/vera: it hosts this session/);
    expect(await pidOf('vera')).toBe(pid);
    const done = await run(await inside('vera', restart('emo')));
    expect(done.exitCode, done.words).toBe(0);
  });

  it('is found through an environment that sudo has emptied, and from a daemon’s child', async () => {
    const argv = ['env', '-i', 'PATH=/usr/bin:/bin', 'SUDO_USER=vera', 'SUDO_UID=1000', ...restart('vera')];
    const refused = await run(await inside('vera', ['setsid', '--wait', ...argv]));
    expect(refused.exitCode, refused.words).toBe(3);
    expect(refused.words).toMatch(/vera: it hosts this session/);
  });

  describe('with tmux', () => {
    let socket = '/tmp/t3-cockpit-system.tmux';
    const tmux = (...args: string[]) => sh('tmux', '-f', '/dev/null', '-S', socket, ...args);
    afterAll(() => tmux('kill-server').catch(() => undefined));
    /** In the pane of a tmux: the variable of the session is dropped, as sudo does. */
    async function inPane(argv: readonly string[]): Promise<string> {
      const file = `/tmp/said-${Math.random()}`;
      const quoted = argv.map((word) => `'${word}'`).join(' ');
      await tmux(
        'send-keys',
        `env -u TMUX -u TMUX_PANE ${quoted} > ${file} 2>&1; echo over >> ${file}`,
        'Enter',
      );
      return until('what it said', async () => {
        const text = existsSync(file) ? await sh('cat', file) : '';
        return text.trimEnd().endsWith('over') ? text : undefined;
      });
    }

    it('is found by the tmux server that was started inside of it', async () => {
      const [file, ...args] = await inside('vera', [
        'tmux',
        '-f',
        '/dev/null',
        '-S',
        socket,
        'new-session',
        '-d',
      ]);
      await sh(file, ...args);
      const pid = await pidOf('vera');
      expect(await inPane(restart('vera'))).toMatch(/vera: it hosts this session/);
      expect(await pidOf('vera')).toBe(pid);
      await tmux('kill-server');
    });

    it('is found by a client that is attached from inside of it, which would be blind', async () => {
      // A server of its own: the other one may not have ended yet, and would take it in, and end.
      socket = '/tmp/t3-cockpit-system-2.tmux';
      await tmux('new-session', '-d');
      // Nobody is attached yet: nothing of the session is in there.
      expect(await inPane(restart('vera'))).toMatch(/operation \d+: succeeded/);
      const attach = await inside('vera', [
        'script',
        '-qec',
        `env TERM=xterm tmux -S ${socket} attach`,
        '/dev/null',
      ]);
      const [file, ...args] = attach;
      const client = execa(file, args, { stdin: 'pipe', stdout: 'ignore', reject: false });
      await until('it is attached', async () =>
        (await tmux('list-clients')).trim() === '' ? undefined : true,
      );
      const pid = await pidOf('vera');
      expect(await inPane(restart('vera'))).toMatch(/vera: it hosts this session \(a terminal attached/);
      expect(await pidOf('vera')).toBe(pid);
      await tmux('kill-server');
      await client;
    });
  });
});
