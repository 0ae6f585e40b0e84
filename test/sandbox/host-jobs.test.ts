import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supervisorJournal } from '../../src/host/units/supervisor.ts';
import { Bumping, unitOf } from './bumping.ts';
import { until } from './sandbox.ts';

/** The simulations of the host's own jobs do what docs/host.md says of the originals, with their traps. */

let on: Bumping;
beforeAll(async () => {
  on = await Bumping.create(4, { jobs: 'off' });
  appendFileSync(on.sandbox.config, 'limits: { httpTimeout: 2s }\n');
});
afterAll(() => on.destroy());

/** Start a job and wait for its end. @returns whether it ended well, and what it said */
async function run(job: string): Promise<{ well: boolean; said: string[] }> {
  const unit = `${job}.service`;
  const well = await on.supervisor.start(unit).then(
    () => true,
    () => false,
  );
  const told = readFileSync(on.at(supervisorJournal), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { unit: string; invocation: string; kind: string; text?: string });
  const invocation = told.findLast((each) => each.unit === unit)?.invocation;
  return {
    well,
    said: told
      .filter((each) => each.invocation === invocation && each.kind === 'line')
      .map(({ text = '' }) => text),
  };
}

const pin = (version: string) => {
  const file = on.at('usr/local/bin/t3-autoupdate');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/T3_PIN:-[^}]*/, `T3_PIN:-${version}`));
};

describe('the host’s updater', () => {
  it('does nothing while versions are frozen', async () => {
    pin('0.0.27');
    writeFileSync(on.at('etc/t3-autoupdate.freeze'), 'holiday\n');
    expect(await run('t3-autoupdate')).toEqual({
      well: true,
      said: ['frozen (holiday): no version is changed'],
    });
    rmSync(on.at('etc/t3-autoupdate.freeze'));
    expect(await on.runs('alice')).toBe('0.0.24');
  });

  it('takes the binary back by itself when nobody can pair with a version', async () => {
    pin('0.0.30');
    const { well, said } = await run('t3-autoupdate');
    expect(well).toBe(false);
    expect(said.at(-2)).toMatch(/^HEALTH-CHECK FAILED for t3@0\.0\.30: .*; rolling back to 0\.0\.24$/);
    expect(said.at(-1)).toBe('rolled back to 0.0.24');
    expect(await on.runs('alice')).toBe('0.0.24');
  });

  it('installs its pin, restarts who has no agent, and defers who has one', async () => {
    pin('0.0.27');
    const { well, said } = await run('t3-autoupdate');
    expect(well).toBe(true);
    expect(said.slice(-4)).toEqual([
      'installed 0.0.27',
      'restarted t3-serve@alice.service -> 0.0.27',
      'deferring t3-serve@bob.service (an agent is running)',
      'restarted t3-serve@dave.service -> 0.0.27',
    ]);
    expect(readFileSync(on.at('var/lib/t3-autoupdate/deferred/bob'), 'utf8')).toBe('0.0.27\n');
    expect([await on.runs('alice'), await on.runs('bob')]).toEqual(['0.0.27', '0.0.24']);
  });
});

describe('the host’s other jobs', () => {
  it('back up everybody, and keep the newest six by mtime, pre-bump ones included', async () => {
    const folder = on.sandbox.backups('alice');
    const names = () => readdirSync(folder).filter((name) => name.startsWith('state-'));
    expect(names().some((name) => name.startsWith('state-prebump-'))).toBe(true);
    for (const name of names()) utimesSync(path.join(folder, name), 1, 1);
    const { well, said } = await run('t3-backup-state');
    expect([well, said.length]).toEqual([true, 4]);
    expect(names()).toHaveLength(6);
  });

  it('restart a deferred user once no agent of theirs runs', async () => {
    expect((await run('t3-migrate-idle')).said).toEqual([
      'deferring t3-serve@bob.service (an agent is running)',
    ]);
    await on.supervisor.stop(unitOf('bob'));
    const file = on.at('etc/t3-serve/bob.env');
    writeFileSync(file, readFileSync(file, 'utf8').replace('T3_STAND_IN_AGENT=1\n', ''));
    await on.supervisor.start(unitOf('bob'));
    expect((await run('t3-migrate-idle')).said).toEqual(['restarted t3-serve@bob.service -> 0.0.27']);
    expect(existsSync(on.at('var/lib/t3-autoupdate/deferred/bob'))).toBe(false);
  });

  it('restart a server that runs and does not answer', async () => {
    expect(await run('t3-watchdog')).toEqual({ well: true, said: [] });
    const pid = (await on.supervisor.show([unitOf('alice')])).get(unitOf('alice'))?.mainPid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const restarted = run('t3-watchdog');
    // A stopped process does not see that it is asked to end, either.
    await until('alice is being stopped', async () =>
      (await on.supervisor.show([unitOf('alice')])).get(unitOf('alice'))?.active === 'deactivating'
        ? true
        : undefined,
    );
    process.kill(pid, 'SIGKILL');
    expect((await restarted).said).toEqual([
      't3-serve@alice.service failed 3 probes',
      'restarted t3-serve@alice.service -> 0.0.27',
    ]);
  });
});
