import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { dumpWork } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import {
  buildMachine,
  databaseOf,
  holdSnapshotter,
  installed,
  node,
  programCommand,
  sh,
  unitOf,
  users,
  type Run,
} from './machine.ts';

/** The host's own jobs as real units with timers: what they did is told, what they must not meet is held off, and one
 * of them moves everybody, with systemd's journal between them and the cockpit. */

const jobs = ['t3-backup-state', 't3-watchdog', 't3-migrate-idle', 't3-autoupdate'] as const;
const enforcer = '/usr/local/bin/t3-autoupdate';
const pinned = '/home/vera/code/scripts/t3-autoupdate.sh';
const configFile = `${installed}/jobs.yaml`;
const unitFile = (name: string) => `/etc/systemd/system/${name}`;
const script = `#!/usr/bin/env bash
T3_PIN="\${T3_PIN:-0.0.24}"
export T3_PIN
exec ${node} ${installed}/dist/stand-in-job.js t3-autoupdate ${configFile}
`;

let stopSource: () => Promise<unknown>;
beforeAll(async () => {
  await buildMachine();
  const port = await freePort();
  const [file = '', ...args] = programCommand(
    'stand-in-package-source',
    mkdtempSync('/var/tmp/t3-packages-'),
    String(port),
  );
  const server = execa(file, args, { reject: false, stdin: 'ignore' });
  stopSource = () => {
    server.kill('SIGTERM');
    return server;
  };
  writeFileSync(
    configFile,
    [
      'snapshots: { keepFree: 16mb }',
      'limits: { httpTimeout: 3s }',
      'gate: { watch: 200ms }',
      'bump: { soak: 1s }',
      'host: { administrator: vera }',
      `packageSource: http://127.0.0.1:${port}/`,
      `pins: [{ file: "${pinned}" }, { file: ${enforcer}, copy: true }]`,
      '',
    ].join('\n'),
  );
  await sh('runuser', '-u', 'vera', '--', 'mkdir', '-p', path.dirname(pinned));
  for (const each of [pinned, enforcer]) writeFileSync(each, script);
  await sh('chown', 'vera:vera', pinned);
  chmodSync(enforcer, 0o755);
  for (const job of jobs) {
    const exec =
      job === 't3-autoupdate' ? enforcer : `${node} ${installed}/dist/stand-in-job.js ${job} ${configFile}`;
    writeFileSync(unitFile(`${job}.service`), `[Service]\nType=oneshot\nExecStart=${exec}\n`);
    const when =
      job === 't3-watchdog' ? 'OnActiveSec=1s\nOnUnitActiveSec=2s\nAccuracySec=100ms' : 'OnCalendar=03:30';
    writeFileSync(unitFile(`${job}.timer`), `[Timer]\n${when}\n[Install]\nWantedBy=timers.target\n`);
  }
  await sh('systemctl', 'daemon-reload');
  expect((await cockpit('backup')).exitCode).toBe(0);
});
afterAll(async () => {
  await stopSource();
  const timers = jobs.map((job) => `${job}.timer`);
  await sh('systemctl', 'disable', '--now', ...timers);
  for (const job of jobs) for (const end of ['service', 'timer']) rmSync(unitFile(`${job}.${end}`));
  rmSync(enforcer);
  await sh('systemctl', 'daemon-reload');
});

async function cockpit(...args: string[]): Promise<Run> {
  const result = await execa(
    node,
    [`${installed}/bin/t3-cockpit.js`, '--config', configFile, '--yes', ...args],
    { reject: false, stdin: 'ignore' },
  );
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}
async function json<Document>(...args: string[]): Promise<Document> {
  const { stdout, stderr } = await cockpit('--json', ...args);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Document;
}
const show = (unit: string, property: string) =>
  sh('systemctl', 'show', `--property=${property}`, '--value', unit);
const mainPid = async (unit: string) => Number(await show(unit, 'MainPID'));
const work = () => Object.fromEntries(users.map(({ name }) => [name, dumpWork(databaseOf(name))]));

async function runs(name: string): Promise<string> {
  const port = /T3_PORT="(\d+)"/.exec(readFileSync(`/etc/t3-serve/${name}.env`, 'utf8'))?.[1] ?? '';
  const answer = await until(`${name}'s server`, () =>
    fetch(`http://127.0.0.1:${port}/.well-known/t3/environment`).catch(() => undefined),
  );
  return ((await answer.json()) as { serverVersion: string }).serverVersion;
}

describe('what the host’s jobs did', () => {
  it('is told: by their timers, from systemd’s journal', async () => {
    expect((await cockpit('happened', '--seen')).exitCode).toBe(0);
    await sh('systemctl', 'start', 't3-backup-state.service');
    const pid = await mainPid(unitOf('emo'));
    // Of 0 it would be this very process group.
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGSTOP');
    await sh('systemctl', 'start', 't3-watchdog.timer');
    await until('the watchdog has restarted emo', async () =>
      (await mainPid(unitOf('emo'))) > 0 && (await mainPid(unitOf('emo'))) !== pid ? true : undefined,
    );
    expect(await runs('emo')).toBe('0.0.24');
    await sh('systemctl', 'stop', 't3-watchdog.timer');
    const { happened } = await json<{
      happened: { problem: string | null; happenings: object[]; jobs: { job: string; runs: number }[] };
    }>('happened');
    expect(happened.problem).toBe(null);
    expect(happened.happenings).toMatchObject([
      { kind: 'snapshots', job: 't3-backup-state', users: ['vera', 'emo'] },
      { kind: 'restarted', job: 't3-watchdog', user: 'emo', again: true },
    ]);
    expect(happened.jobs.find(({ job }) => job === 't3-watchdog')?.runs).toBeGreaterThan(0);
    expect((await cockpit('status')).stdout).toMatch(
      /: watchdog restarted emo onto 0\.0\.24 at \d\d:\d\d; and 1 more/,
    );
  });
});

describe('timers that an operation holds off', () => {
  const timer = 't3-backup-state.timer';
  const active = () => show(timer, 'ActiveState');

  /** An operation whose copy of vera's database is held still. */
  async function held(...args: string[]): Promise<{ id: number; runner: string; goOn: () => void }> {
    const { operation } = await json<{ operation: { id: number } }>(...args, '--detach');
    const snapshotter = await holdSnapshotter('vera');
    const goOn = () => process.kill(snapshotter, 'SIGCONT');
    return { id: operation.id, runner: `t3-cockpit-${operation.id}.service`, goOn };
  }
  const kill = (unit: string) => sh('systemctl', 'kill', '--kill-whom=main', '--signal=SIGKILL', unit);

  beforeAll(async () => {
    await sh('systemctl', 'enable', '--now', timer);
    // Somebody does not want that one to run.
    await sh('systemctl', 'disable', '--now', 't3-migrate-idle.timer');
  });

  it('go on by themselves when its runner is killed before it has stopped anybody', async () => {
    const { id, runner } = await held('restart', 'vera');
    expect(await active()).toBe('inactive');
    await kill(runner);
    await until('it goes on, and nobody has looked', async () =>
      (await active()) === 'active' ? true : undefined,
    );
    expect(await show('t3-migrate-idle.timer', 'ActiveState')).toBe('inactive');
    expect((await cockpit('operations', String(id))).stderr).toMatch(/was interrupted: its runner died/);
    expect((await cockpit('operations', '--recover')).exitCode).toBe(0);
  });

  it('stay held off while something has to be decided, which is said, and go on with that', async () => {
    const { id, runner } = await held('backup', '--cold', 'vera');
    await kill(runner);
    await until('its unit is gone', async () =>
      (await show(runner, 'LoadState')) === 'not-found' ? true : undefined,
    );
    expect(await active()).toBe('inactive');
    expect((await cockpit('status')).stderr).toMatch(/held off until then: t3-backup-state\.timer/);
    const back = await cockpit('operations', 'rollback', String(id));
    expect(back.exitCode, back.stdout + back.stderr).toBe(0);
    expect(await active()).toBe('active');
    expect(await runs('vera')).toBe('0.0.24');
  });

  it('stay stopped where somebody has disabled them meanwhile', async () => {
    const { id, goOn } = await held('restart', 'vera');
    await sh('systemctl', 'disable', timer);
    goOn();
    expect((await cockpit('operations', String(id), '--follow')).stdout).toMatch(
      /t3-backup-state\.timer is left stopped: somebody has disabled it/,
    );
    expect(await active()).toBe('inactive');
  });
});

describe('a schedule', () => {
  it('is a timer that systemd knows, gone when it was run or cancelled', async () => {
    const files = (id: number) =>
      ['timer', 'service'].map((end) => unitFile(`t3-cockpit-schedule-${id}.${end}`));
    const made = async () =>
      (await json<{ schedule: { id: number } }>('schedule', 'backup', 'emo', '--at', '02:30', '--install'))
        .schedule.id;
    const first = await made();
    const name = `t3-cockpit-schedule-${first}.timer`;
    expect([await show(name, 'ActiveState'), await show(name, 'UnitFileState')]).toEqual([
      'active',
      'enabled',
    ]);
    expect(await show(name, 'NextElapseUSecRealtime')).toContain(' 02:30:00');
    await sh('systemd-analyze', 'verify', ...files(first));
    // Before its time it is refused by what the timer starts itself.
    await expect(sh('systemctl', 'start', `t3-cockpit-schedule-${first}.service`)).rejects.toThrow();
    expect((await cockpit('schedule', 'cancel', String(first))).exitCode).toBe(0);
    expect(files(first).some((file) => existsSync(file))).toBe(false);
    const second = await made();
    const done = await cockpit('schedule', 'run', String(second), '--now');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(files(second).some((file) => existsSync(file))).toBe(false);
    expect(await show(`t3-cockpit-schedule-${second}.timer`, 'LoadState')).toBe('not-found');
  });
});

describe('strategy enforcer on a real host', () => {
  it('has the host’s own unit move everybody, hears what it says, and verifies it', async () => {
    const before = work();
    const done = await cockpit('bump', '0.0.27', '--strategy', 'enforcer');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toMatch(/installing t3@0\.0\.27 \(was 0\.0\.24\)/);
    expect(done.stdout).toMatch(/installed 0\.0\.27; restarted t3-serve@vera, t3-serve@emo/);
    for (const { name } of users) expect(await runs(name)).toBe('0.0.27');
    expect(work()).toEqual(before);
    expect(readlinkSync('/usr/bin/t3')).toBe('../lib/node_modules/t3/bin/t3');
    for (const file of [pinned, enforcer]) expect(readFileSync(file, 'utf8')).toContain('T3_PIN:-0.0.27');
    expect((await sh('stat', '--format=%U', pinned)).trim()).toBe('vera');
    // It was the cockpit that let it.
    expect((await cockpit('happened', '--since', '1m')).stdout).not.toMatch(/autoupdate restarted/);
  });
});
