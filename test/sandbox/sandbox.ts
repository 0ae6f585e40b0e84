import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { openHost, type Host } from '../../src/host/host.ts';
import { systemProcesses } from '../../src/host/processes.ts';
import { JournalProblem, openJournalReadOnly } from '../../src/journal/journal.ts';
import { listOperations, readOperation } from '../../src/journal/operations.ts';
import { destroySandbox } from '../../src/sandbox/destroy.ts';
import { createSandbox, type SandboxOptions } from '../../src/sandbox/world.ts';

const door = path.resolve(import.meta.dirname, '../../bin/t3-cockpit.js');

export interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The built program as a process of its own, as an admin or a script would call it. */
export async function cockpit(...args: string[]): Promise<Run> {
  const result = await execa(process.execPath, [door, ...args], {
    reject: false,
    stdin: 'ignore',
    // A switch of the tests’ own, and none of its settings.
    env: { T3_COCKPIT_FAULTS: undefined },
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** A sandbox for one test file, and the built program pointed at it. */
export class TestSandbox {
  readonly root: string;
  readonly config: string;

  private constructor(root: string, config: string) {
    this.root = root;
    this.config = config;
  }

  static async create(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
    const root = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-test-'));
    const sandbox = await createSandbox(root, { users: 3, version: '0.0.24', ...options });
    // A probe whose time has come would write where a test looks.
    appendFileSync(sandbox.config, 'probes: { automatic: false }\n');
    return new TestSandbox(sandbox.root, sandbox.config);
  }

  async destroy(): Promise<void> {
    await destroySandbox(this.root);
    rmSync(this.root, { recursive: true, force: true });
  }

  run(...args: string[]): Promise<Run> {
    return cockpit('--config', this.config, ...args);
  }

  /** The JSON document that a command prints. */
  async json<Document = Record<string, unknown>>(...args: string[]): Promise<Document> {
    const { stdout, stderr } = await this.run('--json', ...args);
    try {
      return JSON.parse(stdout) as Document;
    } catch (error) {
      throw new Error(`no JSON from ${args.join(' ')}: ${stdout}${stderr}`, { cause: error });
    }
  }

  loaded(): Config {
    return loadConfig({ file: this.config }).config;
  }

  host(): Host {
    return openHost(this.loaded());
  }

  database(user: string): string {
    return path.join(this.root, 'home', user, '.t3/userdata/state.sqlite');
  }

  backups(user: string): string {
    return path.join(this.root, 'var/backups/t3-state', user);
  }

  /** The number of the newest operation, 0 when there is none. Read here: a command would take its time. */
  newestOperation(): number {
    try {
      const journal = openJournalReadOnly(this.loaded().paths.state);
      const newest = listOperations(journal, 1)[0]?.id ?? 0;
      journal.close();
      return newest;
    } catch (error) {
      if (error instanceof JournalProblem && error.kind === 'absent') return 0;
      throw error;
    }
  }

  /** The runner of an operation, as soon as the journal knows where it is. */
  async runner(id: number): Promise<number> {
    const journal = openJournalReadOnly(this.loaded().paths.state);
    try {
      return await until('the runner’s place', () => {
        const place = readOperation(journal, id)?.place;
        return place?.kind === 'group' ? place.group : undefined;
      });
    } finally {
      journal.close();
    }
  }

  /**
   * Hold the snapshotter of a running operation still, in the middle of this user's copy: nothing ends before we say
   * so.
   *
   * @returns lets it go on.
   */
  async holdCopy(user: string, id: number): Promise<() => void> {
    const group = await this.runner(id);
    const pid = await until('a snapshotter that copies, held', async () => {
      for (const member of await systemProcesses.inGroup(group)) {
        if (member.pid === group) continue;
        if (!signal(member.pid, 'SIGSTOP')) continue;
        if (
          this.filesOf(user).some((name) => name.endsWith('.sqlite.partial')) &&
          (await this.writes(member.pid, user))
        )
          return member.pid;
        signal(member.pid, 'SIGCONT');
      }
      return undefined;
    });
    return () => void signal(pid, 'SIGCONT');
  }

  /** Hold the runner of an operation still, with all that it has started, early in it. @returns lets it go on */
  async holdRunner(id: number): Promise<() => void> {
    const group = await this.runner(id);
    if (!signal(-group, 'SIGSTOP')) throw new Error(`the runner of operation ${id} is gone already`);
    return () => void signal(-group, 'SIGCONT');
  }

  /** Hold the snapshotter of a running operation still, whatever it is about to do. @returns lets it go on */
  async holdSnapshotter(id: number): Promise<() => void> {
    const group = await this.runner(id);
    const pid = await until('a snapshotter, held', async () => {
      for (const member of await systemProcesses.inGroup(group)) {
        const line = await systemProcesses.commandLine(member.pid);
        if (line?.some((part) => part.endsWith('/snapshotter.js')) !== true) continue;
        if (signal(member.pid, 'SIGSTOP')) return member.pid;
      }
      return undefined;
    });
    return () => void signal(pid, 'SIGCONT');
  }

  /** Does this process have the user's copy open? */
  async writes(pid: number, user: string): Promise<boolean> {
    const links = await Promise.all(
      readdirSync(`/proc/${pid}/fd`).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    );
    return links.some((target) => target.startsWith(this.snapshots(user)) && target.endsWith('.partial'));
  }

  /** The files of a user's snapshots; the folder comes with the first one. */
  filesOf(user: string): string[] {
    return existsSync(this.snapshots(user)) ? readdirSync(this.snapshots(user)) : [];
  }

  /** A user's snapshots in the cockpit's folder, oldest first: as written, for names count in whole seconds only. */
  snapshotsOf(user: string): string[] {
    const written = (name: string) =>
      statSync(path.join(this.snapshots(user), name), { bigint: true }).mtimeNs;
    return this.filesOf(user)
      .filter((name) => name.endsWith('.sqlite'))
      .toSorted((a, b) => (written(a) < written(b) ? -1 : 1));
  }

  snapshots(user: string): string {
    return path.join(this.backups(user), 'cockpit');
  }
}

/** @returns whether the process was still there */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Wait for a condition that nothing announces. */
export async function until<Value>(
  what: string,
  look: () => Value | undefined | Promise<Value | undefined>,
  patience = 60_000,
): Promise<Value> {
  const deadline = performance.now() + patience;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await delay(10);
  }
}
