import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all } from '../sandbox/faults/sample.ts';
import { addGuests, asUser } from './guests.ts';
import {
  buildMachine,
  cockpit,
  databaseOf,
  holdSnapshotter,
  json,
  node,
  sh,
  snapshotsOf,
  type Run,
} from './machine.ts';
import { filesWith, fingerprints, inventory, strangersIn } from './outside.ts';

/**
 * Users who replace their own files and folders by links to what is not theirs, before and while it is worked on. Each
 * does it in a way of their own, everything is done for all of them at once, and what came of it is seen from outside:
 * nothing of the targets was read into anybody's reach, changed or given away, and nothing of root's is in a home.
 */

/** What stands in vera's database, in her snapshots, and in /etc/shadow: in nobody else's files, and on no screen. */
const canaries = ['canary-of-veras-work', 'canary-of-shadow', 'never-to-be-shown'];

interface Case {
  /** What is in the place of what, and the shell words by which its owner puts it there. */
  input: string;
  script: string;
  /** What a backup comes to. */
  backup?: RegExp;
  /** What reading the first snapshot again comes to; and a restore of it. */
  verify?: RegExp;
}

const cases: readonly Case[] = [
  {
    input: '~/.t3: vera’s',
    script: 'mv ~/.t3 ~/away; ln -s /home/vera/.t3 ~/.t3',
    backup: /\.t3: is a symbolic link, which is not followed/,
  },
  {
    input: 'userdata: vera’s',
    script: 'mv ~/.t3/userdata ~/away; ln -s /home/vera/.t3/userdata ~/.t3/userdata',
    backup: /userdata: is a symbolic link, which is not followed/,
  },
  {
    input: 'the database: /etc/shadow',
    script: 'cd ~/.t3/userdata; rm state.sqlite; ln -s /etc/shadow state.sqlite',
    backup: /the state database is a link/,
  },
  {
    input: 'the database: vera’s',
    script: 'cd ~/.t3/userdata; rm state.sqlite; ln -s /home/vera/.t3/userdata/state.sqlite state.sqlite',
    backup: /the state database is a link/,
  },
  {
    input: 'the database: a FIFO',
    script: 'cd ~/.t3/userdata; rm state.sqlite; mkfifo state.sqlite',
    backup: /the state database is no file/,
  },
  {
    input: 'the database: a device without end',
    script: 'cd ~/.t3/userdata; rm state.sqlite; ln -s /dev/zero state.sqlite',
    backup: /the state database is a link/,
  },
  {
    input: 'the write-ahead log: vera’s',
    script: 'cd ~/.t3/userdata; ln -s /home/vera/.t3/userdata/state.sqlite-wal state.sqlite-wal',
    backup: /unable to open|no permission|access|readonly/,
  },
  {
    input: 'the database: 100 GB of holes',
    script: 'truncate -s 100G ~/.t3/userdata/state.sqlite',
    backup: /too little space/,
  },
  {
    input: 'the cockpit’s folder: vera’s',
    script: 'mv $OWN $OWN.away; ln -s /var/backups/t3-state/vera/cockpit $OWN',
    backup: /is a symbolic link, which is not followed/,
    verify: /is a symbolic link, which is not followed|no permission|no such file|is gone/,
  },
  {
    input: 'the cockpit’s folder: /etc',
    script: 'mv $OWN $OWN.away; ln -s /etc $OWN',
    backup: /is a symbolic link, which is not followed/,
    verify: /is a symbolic link, which is not followed|no permission|no such file|is gone/,
  },
  {
    input: 'a snapshot: /etc/shadow',
    script: 'cd $OWN; set -- *.sqlite; rm $1; ln -s /etc/shadow $1',
    verify: /./,
  },
  {
    input: 'a snapshot: one of vera’s',
    script: 'cd $OWN; set -- *.sqlite; rm $1; ln -s $VERAS $1',
    verify: /./,
  },
  { input: 'a snapshot: a FIFO', script: 'cd $OWN; set -- *.sqlite; rm $1; mkfifo $1', verify: /./ },
  {
    input: 'a snapshot: a device without end',
    script: 'cd $OWN; set -- *.sqlite; rm $1; ln -s /dev/zero $1',
    verify: /./,
  },
];
const guests = cases.map((_, index) => `m${index}`);
const everybody = [...guests, 'swap'];
const folders = everybody.flatMap((name) => [`/home/${name}`, `/var/backups/t3-state/${name}`]);
const targets = ['/etc/shadow', '/etc/passwd'];
const limits = ['limits.readerTimeout=3s', 'limits.commandTimeout=5s', 'snapshots.timeout=20s'].flatMap(
  (each) => ['--set', each],
);

let removeGuests: () => Promise<void>;
let snapshot: Record<string, string>;
let before: { vera: string; targets: string; snapshots: string };
/** All that the program has said. */
let said = '';

async function run(...args: string[]): Promise<Run> {
  const done = await cockpit([...limits, ...args]);
  said += done.stdout + done.stderr;
  return done;
}
interface Result {
  users: { user: string; outcome: string; reason: string | null }[];
  leftOut?: { user: string; reason: string }[];
}
async function outcomes(...args: string[]): Promise<Record<string, string>> {
  const { users, leftOut = [] } = await json<Result>([...limits, ...args]);
  said += JSON.stringify({ users, leftOut });
  const found: Record<string, string> = {};
  // An entry a step: the first reason is why.
  for (const { user, outcome, reason } of [...users.filter((each) => each.reason !== null), ...users])
    found[user] ??= reason ?? outcome;
  for (const { user, reason } of leftOut) found[user] = reason;
  return found;
}
const firstOf = (user: string) =>
  readdirSync(snapshotsOf(user)).find((name) => name.endsWith('.sqlite')) ?? '';

beforeAll(async () => {
  await buildMachine();
  removeGuests = await addGuests(guests);
  const removeSwap = await addGuests(['swap'], 40 * 1024 * 1024);
  const removeOthers = removeGuests;
  removeGuests = async () => (await removeSwap(), await removeOthers());
  await asUser(
    'vera',
    `sqlite3 ${databaseOf('vera')} "UPDATE projection_threads SET title = '${canaries[0]}'"`,
  );
  await sh('usermod', '--password', `*${canaries[1]}`, 'vera');
  await run('backup');
  snapshot = Object.fromEntries([...everybody, 'vera'].map((user) => [user, firstOf(user)]));
  before = {
    vera: await inventory('/home/vera'),
    targets: await fingerprints(...targets),
    snapshots: await fingerprints(`${snapshotsOf('vera')}/${snapshot['vera']}`),
  };
  // What is looked for is found where it may be.
  expect(await filesWith(canaries.slice(0, 1), '/home/vera')).toContain('state.sqlite');
  for (const [index, { script }] of cases.entries()) {
    const user = guests[index] ?? '';
    const places = `OWN=${snapshotsOf(user)}; VERAS=${snapshotsOf('vera')}/${snapshot['vera']}`;
    await asUser(user, `${places}; ${script}`);
  }
});
afterAll(() => removeGuests());

/** What root sees, after whatever was done. */
async function expectNothingTaken(): Promise<void> {
  expect(await inventory('/home/vera')).toBe(before.vera);
  expect(await fingerprints(...targets)).toBe(before.targets);
  expect(await fingerprints(`${snapshotsOf('vera')}/${snapshot['vera']}`)).toBe(before.snapshots);
  expect(await strangersIn('vera', '/home/vera', '/var/backups/t3-state/vera')).toBe('');
  for (const user of everybody)
    expect(await strangersIn(user, `/home/${user}`, `/var/backups/t3-state/${user}`)).toBe('');
  expect(await filesWith(canaries, ...folders)).toBe('');
}

describe('links in the place of a user’s own files', () => {
  it('are refused to a backup, in words, for those users only', async () => {
    const found = await outcomes('backup');
    const wrong = cases.flatMap(({ input, backup }, index) => {
      const result = found[guests[index] ?? ''] ?? 'nothing';
      return (backup?.test(result) ?? result === 'succeeded') ? [] : [`${input}: ${result}`];
    });
    expect(wrong).toEqual([]);
    expect([found['vera'], found['emo']]).toEqual(['succeeded', 'succeeded']);
    await expectNothingTaken();
  });

  it('are refused to a verification, to a restore, and to a cold copy', async () => {
    const restored = new Set([
      'the cockpit’s folder: vera’s',
      'a snapshot: /etc/shadow',
      'a snapshot: a FIFO',
    ]);
    const found = await outcomes('snapshots', 'verify', '--no-trial', ...guests);
    for (const [index, { input, verify }] of cases.entries()) {
      const user = guests[index] ?? '';
      if (verify === undefined) continue;
      expect(found[user], input).not.toBe('succeeded');
      expect(found[user], input).toMatch(verify);
      if (!restored.has(input)) continue;
      const refused = await run('restore', user, '--snapshot', snapshot[user] ?? '', '--yes');
      expect(refused.exitCode, input + refused.stdout).not.toBe(0);
    }
    const some = ['userdata: vera’s', 'the database: /etc/shadow', 'the cockpit’s folder: vera’s'].map(
      (input) => guests[cases.findIndex((each) => each.input === input)] ?? '',
    );
    const cold = await outcomes('--yes', 'backup', '--cold', ...some);
    for (const user of some) expect(cold[user]).toMatch(/link/);
    await expectNothingTaken();
  });
});

describe('a folder that becomes a link while it is worked in', () => {
  const own = snapshotsOf('swap');

  it('of the snapshots, in the middle of a copy: nothing is written elsewhere', async () => {
    const { operation } = await json<{ operation: { id: number } }>(['backup', '--detach', 'swap']);
    const pid = await holdSnapshotter('swap');
    await asUser('swap', `mv ${own} ${own}.away; ln -s ${snapshotsOf('vera')} ${own}`);
    process.kill(pid, 'SIGCONT');
    const done = await run('operations', String(operation.id), '--follow');
    expect(done.exitCode, done.stdout).toBe(1);
    await asUser('swap', `rm ${own}; mv ${own}.away ${own}`);
    await expectNothingTaken();
    expect((await run('backup', 'swap')).exitCode).toBe(0);
  });

  it('of the database, in the middle of a cold copy: likewise', async () => {
    const { operation } = await json<{ operation: { id: number } }>([
      '--yes',
      'backup',
      '--cold',
      '--detach',
      'swap',
    ]);
    const pid = await holdSnapshotter('swap');
    await asUser('swap', `mv ~/.t3/userdata ~/away; ln -s /home/vera/.t3/userdata ~/.t3/userdata`);
    process.kill(pid, 'SIGCONT');
    // The copy of the file that was opened is whole; what matters is where nothing was done.
    await run('operations', String(operation.id), '--follow');
    await asUser('swap', 'rm ~/.t3/userdata; mv ~/away ~/.t3/userdata');
    await expectNothingTaken();
    expect((await run('--yes', 'backup', '--cold', 'swap')).exitCode).toBe(0);
  });

  it('and back, thousands of times a second: whatever an operation comes to, nothing is taken', async () => {
    const script = `
      const { renameSync: move, symlinkSync: link, unlinkSync: remove } = require('node:fs');
      const pairs = [
        ['${own}', '${snapshotsOf('vera')}'],
        ['/home/swap/.t3/userdata', '/home/vera/.t3/userdata'],
        ['/home/swap/.t3/userdata/state.sqlite', '/etc/shadow'],
        ['${own}/${firstOf('swap')}', '${snapshotsOf('vera')}/${snapshot['vera']}'],
      ];
      const end = Date.now() + 600000;
      for (let turn = 0; Date.now() < end; turn += 1) {
        const [mine, other] = pairs[Math.floor(turn / 50) % pairs.length];
        try {
          move(mine, mine + '.away');
          link(other, mine);
          remove(mine);
        } catch {}
        try { move(mine + '.away', mine); } catch {}
      }`;
    const swapper = execa({ reject: false })('runuser', ['-u', 'swap', '--', node, '-e', script]);
    try {
      for (let turn = 0; turn < (all ? 20 : 1); turn += 1) {
        await run('backup', 'swap');
        await run('snapshots', 'verify', '--no-trial', 'swap');
        await run('--yes', 'restore', 'swap', '--snapshot', snapshot['swap'] ?? '');
        await run('--yes', 'backup', '--cold', 'swap');
      }
    } finally {
      await sh('pkill', '--signal', 'KILL', '--uid', 'swap');
      await swapper;
    }
    await expectNothingTaken();
    expect((await run('backup', 'emo')).exitCode).toBe(0);
  });
});

describe('what was said of all that', () => {
  it('holds no secret and no control character, in the journal neither', async () => {
    for (const canary of canaries) expect(said).not.toContain(canary);
    // oxlint-disable-next-line no-control-regex
    expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(await filesWith(canaries, '/var/lib/t3-cockpit')).toBe('');
    const logged = await sh('journalctl', '--output=cat', '--unit=t3-cockpit-*');
    for (const canary of canaries) expect(logged).not.toContain(canary);
  });
});
