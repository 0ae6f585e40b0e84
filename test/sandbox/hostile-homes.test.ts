import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supervisorUnits } from '../../src/host/units/supervisor.ts';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { TestSandbox, type Run } from './sandbox.ts';
import { cases, holders } from './spoiled.ts';

/**
 * Every broken or hostile file of a user against what the admin sees: one host on which every user's is spoiled in another way,
 * looked at once. What it shows of one must not depend on the others, and alice's, which is whole, must be shown.
 */

let sandbox: TestSandbox;
let layout: Layout;
let status: Run;
const victims: string[] = [];

beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 3 + cases.length });
  layout = layoutOf(sandbox.root);
  const everybody = readFileSync(layout.userMap, 'utf8')
    .split('\n')
    .filter((line) => /^\w/.test(line))
    .map((line) => line.split('=')[1] ?? '');
  victims.push(...[...new Set(everybody)].slice(3));
  const units = supervisorUnits(sandbox.root, 20_000);
  await Promise.all(victims.map((user) => units.stop(`t3-serve@${user}.service`)));
  await units.close();
  for (const [index, { spoil }] of cases.entries()) {
    const user = victims[index] ?? '';
    const backups = sandbox.backups(user);
    rmSync(backups, { recursive: true, force: true });
    mkdirSync(backups, { mode: 0o700 });
    spoil({ database: sandbox.database(user), backups, layout, user });
  }
  status = await sandbox.run('status', '--set', 'limits.readerTimeout=6s');
});
afterAll(async () => {
  for (const db of holders) db.close();
  await sandbox.destroy();
});

/** The line of a user in the table, and the lines about them below it. */
function shown(user: string): string {
  return status.stdout
    .split('\n')
    .filter((line) => line.startsWith(`${user} `) || line.startsWith(`${user}:`))
    .join('\n');
}

describe('what the admin sees of', () => {
  it.each(cases.map(({ input, sees }, index) => ({ input, sees, index })))('$input', ({ sees, index }) => {
    expect(shown(victims[index] ?? '')).toMatch(sees);
  });

  it('everybody else: as if nothing were', () => {
    // Marked as not of this moment where all the others take so long.
    expect(shown('alice')).toMatch(/^alice +~?running .*0\.0\.24 +30 /m);
    expect(shown('bob')).toMatch(/^bob +~?running /m);
    expect(status.exitCode).toBe(0);
  });

  it('control characters and sequences: nothing, anywhere', async () => {
    // eslint-disable-next-line no-control-regex
    const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
    expect(status.stdout).not.toMatch(controls);
    for (const command of [['snapshots'], ['doctor'], ['--json', 'status']]) {
      const { stdout, stderr } = await sandbox.run('--set', 'limits.readerTimeout=6s', ...command);
      expect(stdout + stderr).not.toMatch(controls);
    }
  });
});

describe('a backup of everyone', () => {
  it('takes what is whole, says of each other why not, and ends with 4', async () => {
    const result = await sandbox.json<{
      users: { user: string; outcome: string; reason: string | null }[];
      leftOut: { user: string; reason: string }[];
    }>('backup', '--set', 'limits.commandTimeout=5s', '--set', 'snapshots.timeout=15s');
    const outcomes = Object.fromEntries([
      ...result.users.map(({ user, outcome, reason }) => [user, reason ?? outcome]),
      ...result.leftOut.map(({ user, reason }) => [user, reason]),
    ]) as Record<string, string>;
    const wrong = cases.flatMap(({ input, backup }, index) => {
      const found = outcomes[victims[index] ?? ''] ?? 'nothing';
      const fits = backup === 'succeeded' ? found === 'succeeded' : backup.reason.test(found);
      return fits && (backup === 'succeeded' || found !== 'succeeded') ? [] : [`${input}: ${found}`];
    });
    expect(wrong).toEqual([]);
    expect(outcomes['alice']).toBe('succeeded');
    expect(outcomes['bob']).toBe('succeeded');
    // Of what was cut off nothing is left.
    for (const user of victims)
      if (existsSync(sandbox.snapshots(user)))
        expect(readdirSync(sandbox.snapshots(user)).filter((name) => name.includes('partial'))).toEqual([]);
    // The locks have done their work, and would only cost the others time.
    for (const db of holders.splice(0)) db.close();
  });
});
