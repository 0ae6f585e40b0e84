import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { supervisorUnits } from '../../src/host/units/supervisor.ts';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { installGlobally } from '../../src/sandbox/versions.ts';
import { TestSandbox } from './sandbox.ts';

/** Expected against found, of everyone, by the command. */

interface Verified {
  checks: {
    user: string | null;
    subject: string;
    expected: string;
    found: string;
    verdict: string;
    remedy: string;
  }[];
}

let sandbox: TestSandbox;
let layout: Layout;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
  layout = layoutOf(sandbox.root);
});
afterEach(() => installGlobally(layout, '0.0.24'));
afterAll(() => sandbox.destroy());

describe('verify', () => {
  it('ends with 4 when some users are not as expected, and with 0 when all are', async () => {
    const first = await sandbox.run('verify', 'alice', 'bob');
    expect(first.stdout).toContain('no verified snapshot');
    expect(first.exitCode).toBe(1);
    await sandbox.run('backup', 'alice');
    expect((await sandbox.run('verify', 'alice', 'bob')).exitCode).toBe(4);
    await sandbox.run('backup', 'bob');
    const all = await sandbox.run('verify', 'alice', 'bob');
    expect(all.stdout).toMatch(/(\d+) of \1 as expected/);
    expect(all.exitCode).toBe(0);
  });

  it('does not pass a user whose server is stopped, nor one it could not probe', async () => {
    const unit = async (user: string) =>
      (await sandbox.json<Verified>('verify', user)).checks.find(
        (check) => check.user === user && check.subject === 'unit',
      );
    // Carol's is disabled: somebody meant it to be off. Alice's is not.
    expect(await unit('carol')).toMatchObject({ verdict: 'ok', found: 'inactive (dead), disabled' });
    const units = supervisorUnits(sandbox.root, 20_000);
    await units.stop('t3-serve@alice.service');
    expect(await unit('alice')).toMatchObject({ verdict: 'wrong', found: 'failed (failed)' });
    await units.start('t3-serve@alice.service');
    await units.close();
    installGlobally(layout, '0.0.27');
    const unsure = await sandbox.run('verify', 'alice');
    expect(unsure.stdout).toMatch(/inconclusive {2}alice {2}pairing as alice/);
    expect(unsure.exitCode).not.toBe(0);
  });

  it('tells expected and found of versions', async () => {
    installGlobally(layout, '0.0.27');
    const { checks } = await sandbox.json<Verified>('verify', 'alice');
    expect(checks.find(({ user, subject }) => user === 'alice' && subject === 'version')).toMatchObject({
      expected: '0.0.27',
      found: '0.0.24',
      verdict: 'wrong',
    });
    expect(checks.find(({ user, subject }) => user === null && subject === 'installed t3')).toMatchObject({
      expected: '0.0.24',
      found: '0.0.27',
      verdict: 'wrong',
    });
  });
});
