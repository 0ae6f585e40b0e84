import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemProcesses } from '../../src/host/processes.ts';
import { until } from '../sandbox/sandbox.ts';
import {
  buildMachine,
  cockpit,
  databaseOf,
  holdSnapshotter,
  json,
  sh,
  snapshotsOf,
  statusField,
  unitOf,
} from './machine.ts';

/** A real host: systemd, a unit from the template a user, two users with homes closed to all others. */

const users = ['vera', 'emo'];

interface Known<Value> {
  state: string;
  value: Value;
  reason?: string;
}
interface Status {
  installed: Known<string>;
  instances: {
    user: string;
    unit: Known<{
      active: string;
      sub: string;
      result: string;
      exitStatus: number | null;
      tasks: number | null;
    }>;
    running: Known<{ version: string }>;
    schema: Known<{ id: number }>;
    size: Known<{ databaseBytes: number }>;
    hosting: Known<{ hosts: boolean; because?: string }>;
    backup: Known<{ newestVerified: { file: string } | null }>;
  }[];
}

beforeAll(buildMachine);

const uidOf = async (user: string) => Number(await sh('id', '-u', user));
const instance = async (user: string) =>
  (await json<Status>(['status'])).instances.find((each) => each.user === user);

describe('status', () => {
  it('knows everything of everyone as root', async () => {
    await until('both to answer', async () =>
      (await json<Status>(['status'])).instances.every((each) => each.running.state === 'known')
        ? true
        : undefined,
    );
    const status = await json<Status>(['status']);
    expect(status.installed).toMatchObject({ state: 'known', value: '0.0.24' });
    for (const each of status.instances) {
      expect(each).toMatchObject({
        unit: { value: { active: 'active', sub: 'running' } },
        running: { value: { version: '0.0.24' } },
        schema: { value: { id: 30 } },
        hosting: { value: { hosts: false } },
      });
      // Where nothing accounts for tasks, their number is unknown, never 0.
      expect(each.unit.value.tasks).not.toBe(0);
    }
    expect(JSON.stringify(status)).not.toContain('never-to-be-shown');
  });

  it('says what it may not know as somebody else, and changes nothing', async () => {
    const recorded = existsSync('/var/lib/t3-cockpit');
    const run = await cockpit(['--json', 'status'], ['runuser', '-u', 'emo', '--']);
    expect(run.exitCode).toBe(0);
    // Where nothing was ever recorded there is no journal to be denied.
    expect(run.stderr).toMatch(
      /^(t3-cockpit: journal: \S+: no permission; snapshots cannot be told to be verified)?$/,
    );
    const status = JSON.parse(run.stdout) as Status;
    const vera = status.instances.find((each) => each.user === 'vera');
    expect(vera).toMatchObject({
      unit: { value: { active: 'active' } },
      running: { value: { version: '0.0.24' } },
      schema: { state: 'unknown' },
      size: { state: 'unknown' },
    });
    // Nobody is there to be asked for a password; and where nobody is to be asked, the operation itself refuses.
    for (const [flags, words] of [
      [[], /this changes the host, which takes root/],
      [['--set', 'privilege=none'], /no permission|belongs to another user/],
    ] as const) {
      const backup = await cockpit([...flags, 'backup'], ['runuser', '-u', 'emo', '--']);
      expect(backup.exitCode).toBe(3);
      expect(backup.stderr).toMatch(words);
    }
    expect(existsSync('/var/lib/t3-cockpit')).toBe(recorded);
  });

  it('marks the instance from inside which it is asked', async () => {
    const group = await sh('systemctl', 'show', '--property=ControlGroup', '--value', unitOf('vera'));
    // Every hierarchy that knows the unit's group: one on a modern host, more on an older one.
    const enter = `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w "$d${group}/cgroup.procs" ] && echo $$ > "$d${group}/cgroup.procs"; done; exec "$@"`;
    const status = await json<Status>(['status'], ['sh', '-c', enter, 'sh']);
    expect(status.instances.map((each) => [each.user, each.hosting.value.hosts])).toEqual([
      ['vera', true],
      ['emo', false],
    ]);
  });
});

describe('a backup', () => {
  it('is verified, belongs to the users, and leaves nothing of root in their homes', async () => {
    const run = await cockpit(['backup']);
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    for (const user of users) {
      const uid = await uidOf(user);
      const snapshot = readdirSync(snapshotsOf(user)).find((name) => name.endsWith('.sqlite')) ?? '';
      const file = `${snapshotsOf(user)}/${snapshot}`;
      for (const each of [
        `/var/backups/t3-state/${user}`,
        snapshotsOf(user),
        file,
        file.replace(/sqlite$/, 'json'),
      ]) {
        expect([each, statSync(each).uid, statSync(each).mode & 0o077]).toEqual([each, uid, 0]);
      }
      const db = new Database(file, { readonly: true });
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(db.prepare('SELECT count(*) AS threads FROM projection_threads').get()).toEqual({ threads: 6 });
      db.close();
      expect(await sh('find', `/home/${user}`, '-user', 'root')).toBe('');
      expect(statSync(`${databaseOf(user)}-wal`).uid).toBe(uid);
    }
    expect(statSync('/var/lib/t3-cockpit').mode & 0o777).toBe(0o700);
    const after = await json<Status>(['status']);
    expect(after.instances.every((each) => each.backup.value.newestVerified !== null)).toBe(true);
  });

  it('runs in a unit of its own, outside every instance and session, and touches files as their owner only', async () => {
    const { operation } = await json<{ operation: { id: number } }>(['backup', '--detach', 'vera']);
    const runner = `t3-cockpit-${operation.id}.service`;
    const show = (property: string) => sh('systemctl', 'show', `--property=${property}`, '--value', runner);
    const main = Number(await show('MainPID'));
    const group = await show('ControlGroup');
    expect(group).toBe(`/system.slice/${runner}`);
    expect(await systemProcesses.controlGroup(main)).toBe(group);
    expect(await systemProcesses.controlGroup(process.pid)).not.toContain(group);
    const snapshotter = await holdSnapshotter('vera');
    const uid = String(await uidOf('vera'));
    expect(statusField(snapshotter, 'Uid').split(/\s+/)).toEqual([uid, uid, uid, uid]);
    expect(statusField(snapshotter, 'Gid').split(/\s+/)).toEqual([uid, uid, uid, uid]);
    expect(statusField(snapshotter, 'Groups').trim()).toBe('');
    expect(statusField(snapshotter, 'NoNewPrivs')).toBe('1');
    expect(statusField(snapshotter, 'CapEff')).toBe('0000000000000000');
    expect(await systemProcesses.controlGroup(snapshotter)).toBe(group);
    // The host lock is not in the hands of a user's process: they could keep it for ever.
    const held = readdirSync(`/proc/${snapshotter}/fd`).map((fd) =>
      readlinkSync(`/proc/${snapshotter}/fd/${fd}`),
    );
    expect(held.filter((target) => target.includes('t3-cockpit/lock'))).toEqual([]);
    process.kill(snapshotter, 'SIGCONT');
    expect((await cockpit(['operations', String(operation.id), '--follow'])).exitCode).toBe(0);
  });

  it('whose runner is killed is reported, and cleared up by the next one', async () => {
    const { operation } = await json<{ operation: { id: number } }>(['backup', '--detach', 'vera']);
    const runner = `t3-cockpit-${operation.id}.service`;
    await holdSnapshotter('vera');
    await sh('systemctl', 'kill', '--kill-whom=main', '--signal=SIGKILL', runner);
    await until('the end of the unit', async () =>
      /inactive|failed/.test(await sh('systemctl', 'show', '--property=ActiveState', '--value', runner))
        ? true
        : undefined,
    );
    expect((await cockpit(['operations', String(operation.id)])).stdout).toContain(
      'interrupted: its runner died',
    );
    const { snapshots } = await json<{ snapshots: { file: string }[] }>(['snapshots', 'vera']);
    expect(snapshots.filter((each) => each.file.includes('partial'))).toEqual([]);
    const next = await cockpit(['backup']);
    expect(next.exitCode).toBe(0);
    expect(next.stdout).toContain(`operation ${operation.id} had been cut off: cleared up after it`);
    expect(readdirSync(snapshotsOf('vera')).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('does not depend on the server: one that was stopped is backed up, and left as it was', async () => {
    await sh('systemctl', 'stop', unitOf('emo'));
    expect((await instance('emo'))?.unit.value).toMatchObject({
      active: 'failed',
      result: 'exit-code',
      exitStatus: 130,
    });
    expect((await cockpit(['status'])).stdout).toMatch(/^emo +stopped /m);
    expect((await cockpit(['backup', 'emo'])).exitCode).toBe(0);
    expect(existsSync(`${databaseOf('emo')}-wal`)).toBe(false);
    await sh('systemctl', 'reset-failed', unitOf('emo'));
    await sh('systemctl', 'start', unitOf('emo'));
    await until('emo to answer again', async () =>
      (await instance('emo'))?.running.state === 'known' ? true : undefined,
    );
  });
});
