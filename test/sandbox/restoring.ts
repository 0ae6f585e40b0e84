import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { supervisorUnits, type Supervisor } from '../../src/host/units/supervisor.ts';
import type { UnitState } from '../../src/host/units/units.ts';
import { integrityOf } from './databases.ts';
import { TestSandbox, type Run } from './sandbox.ts';

export const unitOf = (user: string) => `t3-serve@${user}.service`;

/** A sandbox in which users have a snapshot each, for tests that put it back. */
export class Restoring {
  readonly sandbox: TestSandbox;
  readonly supervisor: Supervisor;

  private constructor(sandbox: TestSandbox) {
    this.sandbox = sandbox;
    this.supervisor = supervisorUnits(sandbox.root, 30_000);
  }

  static async create(users = ['alice', 'bob', 'carol']): Promise<Restoring> {
    const sandbox = await TestSandbox.create();
    for (const user of users) expect((await sandbox.run('backup', user)).exitCode).toBe(0);
    return new Restoring(sandbox);
  }

  async destroy(): Promise<void> {
    await this.supervisor.close();
    await this.sandbox.destroy();
  }

  snapshotsOf(user: string, kind = 'manual'): string[] {
    return this.sandbox.snapshotsOf(user).filter((name) => name.startsWith(kind));
  }

  /** The newest that was kept of what a restore has replaced. */
  kept(user = 'alice'): string {
    return this.snapshotsOf(user, 'prerestore').at(-1) ?? '';
  }

  live(user = 'alice'): string {
    return this.sandbox.database(user);
  }

  snapshot(file: string, user = 'alice'): string {
    return path.join(this.sandbox.snapshots(user), file);
  }

  async state(user = 'alice'): Promise<UnitState | undefined> {
    return (await this.supervisor.show([unitOf(user)])).get(unitOf(user));
  }

  restore(user: string, file: string, ...flags: string[]): Promise<Run> {
    return this.sandbox.run('restore', user, '--snapshot', file, '--yes', ...flags);
  }

  /** Variables of a user's server, from its next start on. @returns takes them back */
  setEnvironment(user: string, ...lines: string[]): () => void {
    const file = path.join(this.sandbox.root, `etc/t3-serve/${user}.env`);
    const before = readFileSync(file, 'utf8');
    const names = lines.map((line) => `${line.split('=', 1)[0] ?? ''}=`);
    const others = before.split('\n').filter((line) => !names.some((name) => line.startsWith(name)));
    writeFileSync(file, `${others.filter((line) => line !== '').join('\n')}\n${lines.join('\n')}\n`);
    return () => writeFileSync(file, before);
  }

  /** What lies beside the database that SQLite has not put there. */
  besides(user = 'alice'): string[] {
    return readdirSync(path.dirname(this.live(user))).filter((name) => name.startsWith('state.sqlite.'));
  }

  /** What is true after every operation, however it went. */
  async expectWell(user = 'alice'): Promise<void> {
    expect(await this.state(user)).toMatchObject({ active: 'active', load: 'loaded' });
    expect(this.besides(user)).toEqual([]);
    expect(integrityOf(this.live(user))).toBe('ok');
  }
}
