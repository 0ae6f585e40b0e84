import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { openHost, type Host } from '../../src/host/host.ts';
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
  const result = await execa(process.execPath, [door, ...args], { reject: false, stdin: 'ignore' });
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

  snapshots(user: string): string {
    return path.join(this.backups(user), 'cockpit');
  }
}

/** Wait for a condition that nothing announces. */
export async function until<Value>(
  what: string,
  look: () => Value | undefined | Promise<Value | undefined>,
  patience = 20_000,
): Promise<Value> {
  const deadline = performance.now() + patience;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await delay(10);
  }
}
