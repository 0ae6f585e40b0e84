import {
  copyFileSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { sandboxUnitVariable } from '../../src/host/processes.ts';
import { supervisorUnits, type Supervisor } from '../../src/host/units/supervisor.ts';
import { openJournal, openJournalReadOnly } from '../../src/journal/journal.ts';
import { listOperations, readOperation, readSteps } from '../../src/journal/operations.ts';
import { recordPlace } from '../../src/journal/recorder.ts';
import type { SandboxOptions } from '../../src/sandbox/world.ts';
import { dumpWork, integrityOf } from './databases.ts';
import { TestSandbox, until, type Run } from './sandbox.ts';

export const unitOf = (user: string) => `t3-serve@${user}.service`;

/** Everything of a host that a bump moves, seen from outside. */
export interface Standing {
  binary: string;
  /** The whole text of each pin file, by its path. */
  pins: Record<string, string>;
  /** Of each user: what runs, the schema, whether the unit runs and may be started, and all of the work. */
  users: Record<string, { runs: string | undefined; schema: number; unit: string; work: string }>;
  frozen: boolean;
}

/** A sandbox in which versions are moved. */
export class Bumping {
  readonly sandbox: TestSandbox;
  readonly supervisor: Supervisor;
  readonly users: readonly string[];

  private constructor(sandbox: TestSandbox, users: readonly string[]) {
    this.sandbox = sandbox;
    this.users = users;
    this.supervisor = supervisorUnits(sandbox.root, 30_000);
  }

  static async create(count: number, options: Partial<SandboxOptions> = {}): Promise<Bumping> {
    const sandbox = await TestSandbox.create({ users: count, ...options });
    return new Bumping(
      sandbox,
      readdirSync(path.join(sandbox.root, 'etc/t3-serve'))
        .filter((name) => name.endsWith('.env'))
        .map((name) => name.replace('.env', '')),
    );
  }

  async destroy(): Promise<void> {
    await this.supervisor.close();
    await this.sandbox.destroy();
  }

  at(...parts: string[]): string {
    return path.join(this.sandbox.root, ...parts);
  }

  get pinFiles(): string[] {
    return [
      this.at('home/admin/code/infra/scripts/t3-autoupdate.sh'),
      this.at('home/admin/code/infra/scripts/workstation/setup-devvm.sh'),
      this.at('usr/local/bin/t3-autoupdate'),
    ];
  }

  /** Quick, and otherwise as an admin would. @param what A version, and the users who are to have it. */
  bump(what: string | string[], ...flags: string[]): Promise<Run> {
    return this.sandbox.run(
      '--set',
      'gate.watch=100ms',
      '--set',
      'bump.soak=600ms',
      '--yes',
      ...flags,
      'bump',
      ...[what].flat(),
    );
  }

  /** Back to what the last bump has replaced. */
  rollback(...words: string[]): Promise<Run> {
    return this.sandbox.run('--set', 'bump.soak=600ms', '--yes', 'rollback', ...words);
  }

  /** Start one, and do not wait for it. @returns its number */
  async begin(what: string | string[], ...flags: string[]): Promise<number> {
    const { operation } = await this.sandbox.json<{ operation: { id: number } }>(
      '--set',
      'gate.watch=100ms',
      '--set',
      'bump.soak=300ms',
      '--yes',
      ...flags,
      'bump',
      '--detach',
      ...[what].flat(),
    );
    return operation.id;
  }

  /** As `rollback`, and do not wait for it. @returns its number */
  async beginRollback(): Promise<number> {
    const { operation } = await this.sandbox.json<{ operation: { id: number } }>(
      '--set',
      'bump.soak=300ms',
      '--set',
      'busy.quiet=0s',
      '--yes',
      'rollback',
      '--detach',
    );
    return operation.id;
  }

  /** What a reboot does to an operation that was cut off: nothing of its runner is left, and nothing holds any unit. */
  reboot(id: number): void {
    rmSync(this.at('run/overrides'), { recursive: true, force: true });
    const journal = openJournal(this.sandbox.loaded().paths.state);
    try {
      recordPlace(journal, id, { kind: 'group', group: 1, cookie: 'x', boot: 'the boot before' });
    } finally {
      journal.close();
    }
  }

  async standing(): Promise<Standing> {
    const states = await this.supervisor.show(this.users.map(unitOf));
    const users = await Promise.all(
      this.users.map(async (user) => {
        const state = states.get(unitOf(user));
        const file = this.sandbox.database(user);
        return [
          user,
          {
            runs: state?.mainPid === undefined ? undefined : await this.runs(user),
            schema: schemaOf(file),
            unit: `${state?.active} ${state?.load}`,
            // Who is at work all the time has other rows each moment.
            work: this.isBusy(user) ? 'at work' : dumpWork(file),
          },
        ] as const;
      }),
    );
    return {
      binary: this.#leadsTo(),
      pins: Object.fromEntries(this.pinFiles.map((file) => [file, readFileSync(file, 'utf8')])),
      users: Object.fromEntries(users),
      frozen: readdirSync(this.at('etc')).includes('t3-autoupdate.freeze'),
    };
  }

  /** The program that is started for everybody who has none of their own. */
  #leadsTo(): string {
    const global = this.at('usr/bin/t3');
    const link = lstatSync(global).isSymbolicLink() ? global : this.at('usr/lib/t3/chosen/default');
    return path.resolve(path.dirname(link), readlinkSync(link));
  }

  environment(user: string): string {
    return readFileSync(this.at(`etc/t3-serve/${user}.env`), 'utf8');
  }

  isBusy(user: string): boolean {
    return this.environment(user).includes('T3_STAND_IN_ACTIVITY=busy');
  }

  port(user: string): string {
    return /^T3_PORT=(\d+)$/m.exec(this.environment(user))?.[1] ?? '';
  }

  /** What a user's server says that it runs. */
  async runs(user: string): Promise<string | undefined> {
    return until(`${user}'s server to answer`, async () => {
      try {
        const answer = await fetch(`http://127.0.0.1:${this.port(user)}/.well-known/t3/environment`);
        return ((await answer.json()) as { serverVersion: string }).serverVersion;
      } catch {
        return undefined;
      }
    });
  }

  /** From now on this program, and all that it starts, runs inside a user's unit. @returns leaves it again */
  async workInside(user: string): Promise<() => void> {
    const pid = (await this.supervisor.show([unitOf(user)])).get(unitOf(user))?.mainPid;
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const mark = environment.find((each) => each.startsWith(`${sandboxUnitVariable}=`));
    process.env[sandboxUnitVariable] = mark?.slice(sandboxUnitVariable.length + 1) ?? '';
    return () => delete process.env[sandboxUnitVariable];
  }

  /** A page visit, as a browser without a session makes it. */
  async visit(user: string): Promise<number> {
    const { dispatch } = this.sandbox.loaded();
    const answer = await fetch(`${dispatch.url}/`, {
      headers: { [dispatch.header]: user, accept: 'text/html' },
      redirect: 'manual',
    });
    return answer.status;
  }

  /** Nothing lies about: beside databases, in backup folders, beside pins and binaries. */
  expectTidy(): void {
    for (const user of this.users) {
      const beside = readdirSync(path.dirname(this.sandbox.database(user))).filter((name) =>
        name.startsWith('state.sqlite.'),
      );
      expect(beside, user).toEqual([]);
      expect(integrityOf(this.sandbox.database(user)), user).toBe('ok');
      expect(
        this.sandbox.filesOf(user).filter((name) => name.includes('.partial') || name.startsWith('.try-')),
      ).toEqual([]);
    }
    for (const folder of ['usr/bin', 'usr/local/bin', 'home/admin/code/infra/scripts'])
      expect(readdirSync(this.at(folder)).filter((name) => name.includes('t3-cockpit'))).toEqual([]);
  }

  /** As before: everybody, everything; but for the freeze, which is said and taken away. */
  async expectBefore(before: Standing, frozen: boolean): Promise<void> {
    const now = await this.standing();
    expect({ ...now, frozen: before.frozen }).toEqual(before);
    expect(now.frozen).toBe(frozen);
    rmSync(this.at('etc/t3-autoupdate.freeze'), { force: true });
    this.expectTidy();
  }

  /** Put a moved host back by hand, for the next test: binary, pins, databases. */
  async reset(before: Standing): Promise<void> {
    for (const user of this.users) await this.supervisor.stop(unitOf(user));
    symlinkSync(before.binary, this.at('usr/bin/t3.reset'));
    renameSync(this.at('usr/bin/t3.reset'), this.at('usr/bin/t3'));
    for (const [file, text] of Object.entries(before.pins)) writeFileSync(file, text);
    for (const user of this.users) {
      const [copy] = this.sandbox
        .snapshotsOf(user)
        .filter((name) => name.startsWith('manual-'))
        .slice(-1);
      const live = this.sandbox.database(user);
      if (copy !== undefined) copyFileSync(path.join(this.sandbox.snapshots(user), copy), live);
      for (const side of ['-wal', '-shm']) rmSync(live + side, { force: true });
      rmSync(this.at('var/lib/t3-autoupdate/deferred', user), { force: true });
      if (before.users[user]?.runs !== undefined) await this.supervisor.start(unitOf(user));
    }
    expect((await this.standing()).binary).toBe(before.binary);
  }

  /** Lines of a user's environment file, from the next start on. @returns takes them back */
  setEnvironment(user: string, ...lines: string[]): () => void {
    const file = this.at(`etc/t3-serve/${user}.env`);
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `${before}${lines.join('\n')}\n`);
    return () => writeFileSync(file, before);
  }

  /** A file out of the way, and a link to it in its place. @returns takes it back */
  relink(file: string): () => void {
    renameSync(file, `${file}.real`);
    symlinkSync(`${file}.real`, file);
    return () => renameSync(`${file}.real`, file);
  }

  /** The states of an operation's steps, by their ids. */
  states(id: number): Record<string, string> {
    const journal = openJournalReadOnly(this.sandbox.loaded().paths.state);
    try {
      return Object.fromEntries(readSteps(journal, id).map((step) => [step.id, step.state]));
    } finally {
      journal.close();
    }
  }

  /** The numbers of the rollbacks so far, the oldest first. */
  get rollbacks(): number[] {
    const journal = openJournalReadOnly(this.sandbox.loaded().paths.state);
    try {
      return listOperations(journal, 1000)
        .filter(({ kind }) => kind === 'rollback')
        .map(({ id }) => id)
        .toReversed();
    } finally {
      journal.close();
    }
  }

  outcome(id: number): { outcome: string | undefined; reason: string | undefined } {
    const journal = openJournalReadOnly(this.sandbox.loaded().paths.state);
    try {
      const operation = readOperation(journal, id);
      return { outcome: operation?.outcome, reason: operation?.reason };
    } finally {
      journal.close();
    }
  }

  /** Kill the runner, and all of its own, as soon as this step is seen to have begun, or to have been undone. */
  async killAt(id: number, step: string, state?: 'undone'): Promise<void> {
    const group = await this.sandbox.runner(id);
    const journal = openJournalReadOnly(this.sandbox.loaded().paths.state);
    try {
      await until(
        `${step} to begin`,
        () => {
          const found = readSteps(journal, id).find((each) => each.id === step);
          const seen = state === undefined ? found?.startedAt !== undefined : found?.state === state;
          return seen || readOperation(journal, id)?.state === 'ended' ? true : undefined;
        },
        50_000,
      );
    } finally {
      journal.close();
    }
    process.kill(-group, 'SIGKILL');
  }
}

function schemaOf(file: string): number {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return (
      db.prepare<[], { level: number }>('SELECT max(migration_id) AS level FROM effect_sql_migrations').get()
        ?.level ?? 0
    );
  } finally {
    db.close();
  }
}
