import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addMessage, dumpWork, integrityOf } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import { addGuests, asUser } from './guests.ts';
import {
  buildMachine,
  cockpit,
  databaseOf,
  holdSnapshotter,
  json,
  node,
  sh,
  unitOf,
  unitTemplate,
} from './machine.ts';

/**
 * What a real systemd and a real kernel make of a server that is not well: killed for want of memory, started too often,
 * deaf to being asked to stop, and defined anew while it is worked on.
 */

const user = 'otto';
const unit = unitOf(user);
const dropIns = `/etc/systemd/system/${unit}.d`;

let removeGuests: () => Promise<void>;
beforeAll(async () => {
  await buildMachine();
  removeGuests = await addGuests([user], 20 * 1024 * 1024);
  await sh('systemctl', 'start', unit);
  await answers();
});
afterAll(async () => {
  await define();
  await removeGuests();
});

/** Say so of this unit alone, over its template. */
async function define(...lines: string[]): Promise<void> {
  rmSync(dropIns, { recursive: true, force: true });
  if (lines.length > 0) {
    mkdirSync(dropIns);
    writeFileSync(`${dropIns}/50-test.conf`, `${lines.join('\n')}\n`);
  }
  await sh('systemctl', 'daemon-reload');
}
const show = async (property: string) =>
  (await sh('systemctl', 'show', '--value', `--property=${property}`, unit)).trim();

interface Status {
  findings: { users: string[]; text: string; advice: string | null }[];
  instances: {
    running: { state: string };
    unit: { value: { active: string; result: string; restarts: number; memoryKills: number | null } };
  }[];
}
const status = () => json<Status>(['status', user]);
const answers = () =>
  until('otto’s server', async () =>
    (await status()).instances[0]?.running.state === 'known' ? true : undefined,
  );
/** What needs the admin of this user, as `status` says it. */
const needs = async () =>
  (await cockpit(['status', user])).stdout.split('\n').filter((line) => line.startsWith(`${user}: `));

async function expectWell(): Promise<void> {
  await answers();
  expect([await show('ActiveState'), await show('LoadState')]).toEqual(['active', 'loaded']);
  expect(integrityOf(databaseOf(user))).toBe('ok');
  expect(await sh('find', `/home/${user}`, '!', '-user', user)).toBe('');
}

afterEach(() => define());

describe('a server whose memory is used up', () => {
  it('goes on where it was an agent that the kernel killed, and that is said', async () => {
    await define('[Service]', 'MemoryMax=300M');
    await sh('systemctl', 'restart', unit);
    await answers();
    const group = await show('ControlGroup');
    const enter = `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w "$d${group}/cgroup.procs" ] && echo $$ > "$d${group}/cgroup.procs"; done`;
    const fill = `const kept = []; for (;;) kept.push(Buffer.alloc(10 * 1024 * 1024, 1));`;
    const agent = sh(
      'sh',
      '-c',
      `${enter}; echo 1000 > /proc/$$/oom_score_adj; exec runuser -u ${user} -- ${node} -e '${fill}'`,
    );
    await expect(agent).rejects.toThrow();
    expect((await status()).instances[0]?.unit.value).toMatchObject({ active: 'active', memoryKills: 1 });
    expect(await needs()).toContainEqual(
      expect.stringMatching(
        /the kernel has killed a process of it since it was started: its memory \(MemoryMax\)/,
      ),
    );
  });

  it('is killed again and again until systemd gives it up; a restart is started anew when there is enough', async () => {
    // Not by the clock: however slow this machine is.
    await define('[Unit]', 'StartLimitIntervalSec=1h', 'StartLimitBurst=3', '[Service]', 'MemoryMax=4M');
    await sh('systemctl', 'restart', unit).catch(() => undefined);
    await until('systemd to give it up', async () =>
      (await show('ActiveState')) === 'failed' && (await show('NRestarts')) !== '0' ? true : undefined,
    );
    expect((await cockpit(['status', user])).stdout).toMatch(/^otto +gave up /m);
    expect(await needs()).toContainEqual(
      expect.stringMatching(
        /^otto: gave up; it was started too often .*; at last it was killed \(SIGKILL\), as the kernel does when its memory \(MemoryMax\) is used up; .*systemctl reset-failed t3-serve@otto/,
      ),
    );
    // While it cannot run, a restart does not claim that it does.
    const failed = await cockpit(['--yes', '--set', 'limits.startTimeout=20s', 'restart', user]);
    expect(failed.exitCode, failed.stdout).toBe(4);
    expect(failed.stdout).toMatch(/was started, and does not answer/);
    await until('systemd to give it up again', async () =>
      (await show('ActiveState')) === 'failed' ? true : undefined,
    );
    await define();
    const done = await cockpit(['--yes', 'restart', user]);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    await expectWell();
  });
});

describe('a server that was started too often', () => {
  it('is said to be given up; a restore over it starts it: whoever asks for that has seen it', async () => {
    expect((await cockpit(['backup', user])).exitCode).toBe(0);
    // However far it has come when it is asked to end: systemd keeps an end that it calls a failure, and not the limit.
    const clean = ['[Service]', 'SuccessExitStatus=130'];
    await define('[Unit]', 'StartLimitIntervalSec=1h', 'StartLimitBurst=2', ...clean);
    await until('the limit', async () => {
      await sh('systemctl', 'restart', unit).catch(() => undefined);
      return (await show('Result')) === 'start-limit-hit' ? true : undefined;
    });
    expect(await needs()).toContainEqual(
      expect.stringMatching(
        /^otto: gave up; .*; when what its log says is mended: systemctl reset-failed \S+ && systemctl start/,
      ),
    );
    const done = await cockpit(['--yes', 'restore', user, '--snapshot', 'latest']);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    await expectWell();
  });
});

describe('a server that does not end when it is asked to', () => {
  it('is waited for as long as its unit says, longer than ours; killed, which is said; what it had is in the snapshot', async () => {
    // A signal that it does not hear of.
    await define('[Service]', 'KillSignal=SIGURG', 'TimeoutStopSec=3s');
    await sh('systemctl', 'restart', unit);
    await answers();
    addMessage(databaseOf(user), 'said last');
    await sh('chown', '-R', `${user}:${user}`, `/home/${user}/.t3`);
    const before = dumpWork(databaseOf(user));
    const pid = await show('MainPID');
    const done = await cockpit(['--yes', '--set', 'limits.stopTimeout=1s', 'backup', '--cold', user]);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toContain(
      `${unit} did not end when it was asked to, within its 3s (TimeoutStopSec), and was killed`,
    );
    expect(await show('MainPID')).not.toBe(pid);
    const { snapshots } = await json<{ snapshots: { file: string; standing: string; takenAt: string }[] }>([
      'snapshots',
      user,
    ]);
    const newest = snapshots.toSorted((one, other) => other.takenAt.localeCompare(one.takenAt))[0];
    expect(newest?.standing).toBe('verified');
    expect(dumpWork(newest?.file ?? '')).toBe(before);
    await expectWell();
  });
});

describe('a unit that is defined anew, and systemd reloaded, while it is worked on', () => {
  /** A restore of otto, held still while the server is stopped and masked. */
  async function held(): Promise<{ id: number; goOn: () => Promise<{ exitCode: number; stdout: string }> }> {
    const { operation } = await json<{ operation: { id: number } }>([
      '--yes',
      'restore',
      user,
      '--snapshot',
      'latest',
      '--detach',
    ]);
    const pid = await holdSnapshotter(user);
    expect([await show('ActiveState'), await show('LoadState')]).toEqual(['inactive', 'masked']);
    return {
      id: operation.id,
      goOn: () => {
        process.kill(pid, 'SIGCONT');
        return cockpit(['operations', String(operation.id), '--follow']);
      },
    };
  }

  it('stays masked until the restore starts it, which is by the new definition', async () => {
    const { goOn } = await held();
    appendFileSync(unitTemplate, '\n[Service]\nEnvironment=DEFINED=anew\n');
    await sh('systemctl', 'daemon-reload');
    await expect(sh('systemctl', 'start', unit)).rejects.toThrow(/masked/);
    const done = await goOn();
    expect(done.exitCode, done.stdout).toBe(0);
    await expectWell();
    expect(await asUser(user, `tr '\\0' '\\n' < /proc/${await show('MainPID')}/environ`)).toContain(
      'DEFINED=anew',
    );
    expect(await show('NeedDaemonReload')).toBe('no');
  });

  it('and cannot be loaded: the restore is taken back, fails with those words, and a restart heals it', async () => {
    const before = dumpWork(databaseOf(user));
    const { goOn } = await held();
    await define('[Service]', 'ExecStart=not/a/path', 'Type=nonsense');
    writeFileSync(`${dropIns}/60-test.conf`, '[Service]\nExecStart=\n');
    await sh('systemctl', 'daemon-reload');
    const done = await goOn();
    expect(done.exitCode, done.stdout).not.toBe(0);
    expect(done.stdout).toMatch(/bad-setting|bad unit file setting|cannot be loaded/i);
    await define();
    expect(dumpWork(databaseOf(user))).toBe(before);
    const healed = await cockpit(['--yes', 'restart', user]);
    expect(healed.exitCode, healed.stdout + healed.stderr).toBe(0);
    await expectWell();
  });
});
