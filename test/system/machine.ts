import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';
import { until } from '../sandbox/sandbox.ts';
import { systemProcesses } from '../../src/host/processes.ts';
import { createStateDatabase } from '../../src/sandbox/stand-in/state.ts';

const checkout = path.resolve(import.meta.dirname, '../..');

/** Where the program under test is installed: readable for all, as a global npm package is. */
export const installed = '/opt/t3-cockpit-under-test';
export const node = `${installed}/node`;

export const unitTemplate = '/etc/systemd/system/t3-serve@.service';
const userMap = '/etc/ttyd-user-map';

/** The unit template of docs/host.md. */
const unit = `[Unit]
Description=T3 Code server of %i

[Service]
User=%i
EnvironmentFile=/etc/t3-serve/%i.env
ExecStart=/usr/bin/t3 serve --host 0.0.0.0 --port \${T3_PORT} --base-dir /home/%i/.t3
Restart=on-failure
OOMPolicy=continue
MemoryMax=1G
TasksMax=200
`;

export interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Run a program of the machine; its failure is the test's. */
export async function sh(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa(file, args, { stdin: 'ignore' });
  return stdout;
}

export const unitOf = (user: string) => `t3-serve@${user}.service`;

/** Who is on the machine. */
export const users = [{ name: 'vera', bytes: 40 * 1024 * 1024 }, { name: 'emo' }] as const;
const homes = users.map(({ name }) => `/home/${name}`);
const units = users.map(({ name }) => unitOf(name));

/** The machine as it was when it had just been built: every file of tests begins on that one. */
const kept = '/var/tmp/machine-as-built.tar';
const ofTheHost = ['/usr/bin/t3', unitTemplate, userMap, '/etc/t3-serve', `${installed}/config.yaml`];
/** What none of them has at first. */
const madeLater = [
  '/etc/t3-autoupdate.freeze',
  '/etc/t3-cockpit',
  '/usr/lib/node_modules/t3',
  '/usr/local/lib/t3-versions',
  '/var/lib/t3-autoupdate',
  '/var/lib/t3-cockpit',
];

/** What makes this machine look like a real host, in words; undefined of one to throw away. */
export function machineInTheWay(): string | undefined {
  const found = [unitTemplate, userMap, '/usr/bin/t3'].find((file) => existsSync(file));
  return found === undefined ? undefined : `${found} exists: a machine to throw away is wanted`;
}

/**
 * Turn this machine into the host of docs/host.md, with the stand-in as its t3; one that was turned before, by the
 * file of tests that ran before, back into it. Refuses one that looks like a real host: what was there is lost.
 */
export async function buildMachine(): Promise<void> {
  if (existsSync(kept)) return restoreMachine();
  if (process.getuid?.() !== 0) throw new Error('the system tests need root');
  if (!existsSync('/run/systemd/system')) throw new Error('the system tests need a running systemd');
  const inTheWay = machineInTheWay();
  if (inTheWay !== undefined) throw new Error(inTheWay);
  install();
  writeFileSync(
    '/usr/bin/t3',
    `#!/bin/sh\nexec ${node} ${installed}/dist/stand-in-t3.js --stand-in-version 0.0.24 "$@"\n`,
  );
  chmodSync('/usr/bin/t3', 0o755);
  writeFileSync(unitTemplate, unit);
  mkdirSync('/etc/t3-serve', { mode: 0o755 });
  mkdirSync('/var/backups/t3-state', { recursive: true, mode: 0o755 });
  writeFileSync(userMap, `${users.map(({ name }) => `${name}@example.org=${name}`).join('\n')}\n`);
  const table: Record<string, object> = {};
  for (const user of users) {
    const port = await freePort();
    // The dispatch cuts an email's domain off.
    table[user.name] = { os_user: user.name, port };
    await addUser(user.name, port, 'bytes' in user ? user.bytes : undefined);
  }
  writeFileSync('/etc/t3-serve/dispatch.json', JSON.stringify(table));
  writeFileSync(`${installed}/config.yaml`, 'pins: []\nsnapshots: { keepFree: 16mb }\n');
  await sh('systemctl', 'daemon-reload');
  await sh('tar', '--create', '--absolute-names', '--file', kept, ...ofTheHost, ...homes);
  await sh('systemctl', 'start', ...units);
}

async function restoreMachine(): Promise<void> {
  await sh('systemctl', 'stop', 't3-serve@*.service');
  for (const { name } of users) await sh('pkill', '--signal', 'KILL', '--uid', name).catch(() => undefined);
  await sh('rm', '-rf', '--', ...ofTheHost, ...homes, ...madeLater);
  await sh('find', '/var/backups/t3-state', '-mindepth', '1', '-delete');
  await sh('tar', '--extract', '--absolute-names', '--same-permissions', '--file', kept);
  await sh('systemctl', 'daemon-reload');
  await sh('systemctl', 'reset-failed');
  await sh('systemctl', 'start', ...units);
}

function install(): void {
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(`${installed}/node_modules`, { recursive: true, mode: 0o755 });
  for (const part of ['bin', 'dist', 'package.json', 'node_modules/better-sqlite3']) {
    cpSync(path.join(checkout, part), path.join(installed, part), { recursive: true });
  }
  cpSync(process.execPath, node);
}

export async function addUser(name: string, port: number, bytes: number | undefined): Promise<void> {
  await sh('useradd', '--create-home', '--shell', '/bin/bash', name);
  await sh('chmod', '0700', `/home/${name}`);
  writeFileSync(`/etc/t3-serve/${name}.env`, `T3_PORT="${port}"\nAPI_KEY=never-to-be-shown\n`, {
    mode: 0o600,
  });
  const base = `/home/${name}/.t3`;
  createStateDatabase(base, '0.0.24', {
    seed: port,
    now: Date.now() - 3_600_000,
    threads: 6,
    home: `/home/${name}`,
    ...(bytes === undefined ? {} : { bytes }),
  });
  await sh('chown', '-R', `${name}:${name}`, base);
}

export const databaseOf = (user: string) => `/home/${user}/.t3/userdata/state.sqlite`;
export const snapshotsOf = (user: string) => `/var/backups/t3-state/${user}/cockpit`;

/** The argv of one of its processes. */
export const programCommand = (entry: string, ...args: string[]): string[] => [
  node,
  `${installed}/dist/${entry}.js`,
  ...args,
];

/** The argv of the built program on this machine. */
export const cockpitCommand = (args: readonly string[]): string[] => [
  node,
  `${installed}/bin/t3-cockpit.js`,
  '--config',
  `${installed}/config.yaml`,
  ...args,
];

/** The built program on this machine, with a prefix to its argv (`runuser -u vera --`). */
export async function cockpit(args: readonly string[], prefix: readonly string[] = []): Promise<Run> {
  const [file = '', ...rest] = [...prefix, ...cockpitCommand(args)];
  const result = await execa(file, rest, { reject: false, stdin: 'ignore' });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

export async function json<Document>(
  args: readonly string[],
  prefix: readonly string[] = [],
): Promise<Document> {
  const run = await cockpit(['--json', ...args], prefix);
  try {
    return JSON.parse(run.stdout) as Document;
  } catch (error) {
    throw new Error(`no JSON from ${args.join(' ')}: ${run.stdout}${run.stderr}`, { cause: error });
  }
}

/** A field of proc_pid_status(5). */
export function statusField(pid: number, field: string): string {
  return (
    new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
  );
}

/**
 * Hold the snapshotter that works for a user still, in the middle of its copy, of any kind or of one: nothing ends before
 * we say so.
 */
export function holdSnapshotter(user: string, kind = ''): Promise<number> {
  return until('a snapshotter that copies, held', async () => {
    const pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    for (const pid of pids) {
      const argv = await systemProcesses.commandLine(pid);
      if (argv?.[0]?.endsWith('/node') !== true || argv[1]?.endsWith('/snapshotter.js') !== true) continue;
      process.kill(pid, 'SIGSTOP');
      const names = readdirSync(snapshotsOf(user));
      if (names.some((name) => name.startsWith(kind) && name.endsWith('.sqlite.partial'))) return pid;
      process.kill(pid, 'SIGCONT');
    }
    return undefined;
  });
}
