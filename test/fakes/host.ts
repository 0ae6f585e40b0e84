import type { Account } from '../../src/host/account.ts';
import type { Clock } from '../../src/host/clock.ts';
import type { Host } from '../../src/host/host.ts';
import { systemFiles } from '../../src/host/files.ts';
import { systemTrees } from '../../src/host/trees.ts';
import { systemProcesses } from '../../src/host/processes.ts';
import { FakeCommands } from './commands.ts';

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  wall = Date.UTC(2026, 10, 23, 12, 0, 0);
  tick = 1_000_000;
  now = () => this.wall;
  monotonic = () => this.tick;
  advance(milliseconds: number): void {
    this.wall += milliseconds;
    this.tick += milliseconds;
  }
}

function unexpected(what: string): () => never {
  return () => {
    throw new Error(`unexpected: ${what}`);
  };
}

/** A host on which everything that a test does not provide fails the test. */
export function fakeHost(parts: Partial<Host> = {}): Host & { clock: FakeClock; commands: FakeCommands } {
  return {
    files: systemFiles,
    trees: systemTrees,
    http: { fetch: unexpected('http'), close: () => Promise.resolve() },
    accounts: { byName: unexpected('accounts') },
    processes: systemProcesses,
    sockets: { listeners: unexpected('sockets'), answering: unexpected('sockets') },
    units: {
      backend: 'systemd',
      show: unexpected('units'),
      act: unexpected('units'),
      override: unexpected('units'),
      watch: () => ({ close: () => Promise.resolve() }),
    },
    unitJournal: {
      read: unexpected('unit journal'),
      follow: unexpected('unit journal'),
      log: unexpected('unit journal'),
    },
    holders: unexpected('holders'),
    runners: { launch: unexpected('launch'), here: unexpected('here'), lives: unexpected('lives') },
    isolation: {
      run: unexpected('isolation'),
      end: unexpected('isolation'),
      missing: unexpected('isolation'),
    },
    watch: () => ({ set: () => undefined, close: () => Promise.resolve() }),
    close: () => Promise.resolve(),
    ...parts,
    clock: (parts.clock as FakeClock | undefined) ?? new FakeClock(),
    commands: (parts.commands as FakeCommands | undefined) ?? new FakeCommands(),
  };
}

/** Accounts of these names, all of them ours, with homes that do not exist. */
export function fakeAccounts(...names: string[]): Host['accounts'] {
  const all = new Map(
    names.map((name): [string, Account] => [
      name,
      { name, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, home: `/nowhere/${name}` },
    ]),
  );
  return { byName: (asked) => Promise.resolve(new Map([...all].filter(([name]) => asked.includes(name)))) };
}
