import { readdirSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../sandbox/sandbox.ts';
import { buildMachine, cockpit, json, sh, snapshotsOf } from './machine.ts';

/** Probing and verifying on a real host: as the user, in homes that are closed to everybody else. */

beforeAll(async () => {
  await buildMachine();
  await until('both to answer', async () =>
    (await json<{ instances: { running: { state: string } }[] }>(['status'])).instances.every(
      (each) => each.running.state === 'known',
    )
      ? true
      : undefined,
  );
});

/** Everything below a folder that does not belong to its user. */
async function foreign(folder: string, user: string): Promise<string[]> {
  const uid = Number(await sh('id', '-u', user));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((name) => lstatSync(name).uid !== uid);
}

interface Probed {
  users: {
    user: string;
    outcome: string;
    probes: { route: string; verdict: string; reason: string | null }[];
  }[];
}

describe('a probe on a real host', () => {
  it('mints as the user, and leaves nothing of root’s in the home', async () => {
    const { users } = await json<Probed>(['probe']);
    for (const user of ['vera', 'emo']) {
      const probes = users.find((each) => each.user === user)?.probes;
      expect(probes?.[0]).toMatchObject({ route: 'direct', verdict: 'ok', reason: null });
      // No dispatch on this machine: said as such, and not a pass.
      expect(probes?.[1]).toMatchObject({ route: 'dispatch', verdict: 'unreachable' });
      expect(await foreign(`/home/${user}`, user)).toEqual([]);
    }
    const verified = await cockpit(['verify']);
    expect(verified.exitCode).toBe(1);
    expect(verified.stdout).toMatch(/wrong +vera +pairing as vera@example\.org +ok +dispatch .*unreachable/);
  });

  it('is refused for somebody who may not act as the users', async () => {
    const run = await cockpit(['probe'], ['runuser', '-u', 'emo', '--']);
    expect(run.exitCode).toBe(3);
  });
});

describe('snapshots prune on a real host', () => {
  it('removes them as the user, and leaves nothing of root’s behind', async () => {
    const snapshots = () => readdirSync(snapshotsOf('emo')).filter((name) => name.endsWith('.sqlite'));
    for (let press = 0; press < 2; press += 1) expect((await cockpit(['backup', 'emo'])).exitCode).toBe(0);
    const before = snapshots();
    const tight = ['last=1', 'daily=0', 'weekly=0', 'perVersion=1'].flatMap((rule) => [
      '--set',
      `snapshots.keep.${rule}`,
    ]);
    expect((await cockpit([...tight, '--yes', 'snapshots', 'prune', 'emo'])).exitCode).toBe(0);
    const left = snapshots();
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(before.length);
    expect(await foreign('/var/backups/t3-state/emo', 'emo')).toEqual([]);
  });
});

describe('snapshots verify on a real host', () => {
  it('reads and tries them as the user, and leaves nothing of root’s behind', async () => {
    expect((await cockpit(['backup', 'emo'])).exitCode).toBe(0);
    const run = await cockpit(['snapshots', 'verify', 'emo']);
    expect(run.stdout).toContain('opened by t3 0.0.24');
    expect(run.exitCode).toBe(0);
    expect(await foreign('/var/backups/t3-state/emo', 'emo')).toEqual([]);
    expect(readdirSync(snapshotsOf('emo')).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
