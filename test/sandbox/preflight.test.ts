import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/host/owned.ts';
import { systemTrees } from '../../src/host/trees.ts';
import type { Troubles } from '../../src/sandbox/packages/source.ts';
import { supervisorUnits } from '../../src/host/units/supervisor.ts';
import { readEvents } from '../../src/journal/events.ts';
import { openJournalReadOnly } from '../../src/journal/journal.ts';
import { dumpWork } from './databases.ts';
import { TestSandbox, until, type Run } from './sandbox.ts';

/** Judging a version: real npm, real packages from the stand-in source, real trials on real databases. */

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
  // The one that a version is tried on is the largest, and the one in use: bob's, as soon as he has worked for a moment.
  const bytes = (user: string) =>
    ['', '-wal'].reduce((sum, suffix) => sum + sizeOf(sandbox.database(user) + suffix), 0);
  await until('bob’s database to be the largest', () => (bytes('bob') > bytes('alice') ? true : undefined));
});
afterAll(() => sandbox.destroy());
afterEach(() => rmSync(troublesFile(), { force: true }));

const quick = ['--set', 'gate.watch=100ms'];
const preflight = (version: string, ...flags: string[]): Promise<Run> =>
  sandbox.run(...quick, ...flags, 'preflight', version);
const troublesFile = () => path.join(sandbox.root, 'package-source.json');
const trouble = (troubles: Troubles) => writeFileSync(troublesFile(), JSON.stringify(troubles));
const prefixes = () => readdirSync(path.join(sandbox.root, 'usr/lib/t3')).toSorted();

interface Trial {
  role: string;
  version: string;
  database: string | null;
  finding: object | null;
  migrations: string[];
  report: { log: string[] };
  schema: { before: { id: number } | null; after: { id: number } | null };
}
interface Document {
  operation: { outcome: string; reason: string | null };
  users: { step: string; outcome: string; trial?: Trial | null; package?: { reused: boolean } | null }[];
}
const newest = () => sandbox.json<Document>('operations', String(sandbox.newestOperation()));
const trialsIn = (document: Document) =>
  document.users.flatMap(({ trial }) => (trial === undefined || trial === null ? [] : [trial]));

/** All of the host that a preflight must leave alone. */
async function host() {
  const units = supervisorUnits(sandbox.root, 30_000);
  try {
    const states = await units.show(['alice', 'bob', 'carol'].map((user) => `t3-serve@${user}.service`));
    return {
      binary: readlinkSync(path.join(sandbox.root, 'usr/bin/t3')),
      pins: await systemTrees.digest(path.join(sandbox.root, 'home/admin')),
      etc: await systemTrees.digest(path.join(sandbox.root, 'etc')),
      backups: await systemTrees.digest(path.join(sandbox.root, 'var/backups')),
      work: ['alice', 'carol'].map((user) => dumpWork(sandbox.database(user))),
      units: [...states.values()].map(({ name, mainPid, restarts, active }) => [
        name,
        mainPid,
        restarts,
        active,
      ]),
    };
  } finally {
    await units.close();
  }
}

/** Nothing of a trial is left: no copy, no half a package, no server. */
async function expectTidy(): Promise<void> {
  for (const user of ['alice', 'bob', 'carol'])
    expect(sandbox.filesOf(user).filter((name) => name.startsWith('.try-'))).toEqual([]);
  expect(prefixes().filter((name) => !/^\d/.test(name))).toEqual([]);
  await until('no process of a trial', () => (trialProcesses().length === 0 ? true : undefined));
}

/** The command lines of servers that run on a copy of this sandbox. */
const trialProcesses = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // It has ended.
        return '';
      }
    })
    .filter((line) => line.includes(sandbox.root) && line.includes('.try-'));

describe('a good version', () => {
  it('passes, and nothing that anybody uses has changed', async () => {
    // Its own folder in a backup folder is there from the first use on.
    await sandbox.run('backup');
    const before = await host();
    const done = await preflight('latest');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await host()).toEqual(before);
    expect(prefixes()).toEqual(['0.0.24', '0.0.27']);
    await expectTidy();
    const binary = path.join(sandbox.root, 'usr/lib/t3/0.0.27/bin/t3');
    expect(execFileSync(binary, ['--version'], { encoding: 'utf8' })).toBe('t3 v0.0.27\n');
  });

  it('leaves its evidence: the control and the candidate, on an empty database and on real ones', async () => {
    const document = await newest();
    expect(document.operation.outcome).toBe('succeeded');
    expect(
      trialsIn(document).map(({ role, version, database, migrations, schema }) => [
        role,
        version,
        database,
        migrations.length,
        schema.before?.id ?? null,
        schema.after?.id,
      ]),
    ).toEqual([
      ['control', '0.0.24', null, 30, null, 30],
      ['control', '0.0.24', 'bob', 0, 30, 30],
      ['candidate', '0.0.27', null, 32, null, 32],
      ['candidate', '0.0.27', 'bob', 2, 30, 32],
    ]);
    expect(JSON.stringify(document)).not.toMatch(/Token: |t3_session=/);
    expect(JSON.stringify(document)).toContain('31_AuthAuthorizationScopes');
  });

  it('is fetched once, and made anew when somebody has changed it', async () => {
    expect((await preflight('0.0.27')).exitCode).toBe(0);
    expect((await newest()).users[0]?.package).toMatchObject({ reused: true });
    writeFileSync(path.join(sandbox.root, 'usr/lib/t3/0.0.27/lib/node_modules/t3/extra.js'), '');
    const done = await preflight('0.0.27');
    expect(done.exitCode, done.stderr).toBe(0);
    expect(done.stdout).toContain('was changed since: it is made anew');
    expect(existsSync(path.join(sandbox.root, 'usr/lib/t3/0.0.27/lib/node_modules/t3/extra.js'))).toBe(false);
    await expectTidy();
  });

  it('is only planned with --dry-run', async () => {
    const document = await sandbox.json<{
      plan: { lanes: { steps: { kind: string; user: string | null }[] }[] };
    }>('--dry-run', 'preflight', '0.0.28');
    expect(document.plan.lanes[0]?.steps.map(({ kind }) => kind)).toEqual([
      'download',
      ...Array(4).fill('gate'),
    ]);
    expect(prefixes()).not.toContain('0.0.28');
    const refused = await preflight('0.0.28', '--read-only');
    expect(refused.exitCode).toBe(3);
  });
});

describe('a bad version is refused, with the right reason, and nothing changed:', () => {
  const nightly = '0.0.33-nightly.20260808.1031';
  it.each<[version: string, code: number, words: RegExp]>([
    ['0.0.26', 1, /0\.0\.26 cannot be installed: the package source: 404 Not Found/],
    ['0.0.28', 3, /the pairing endpoint has moved again; the dispatch cannot speak it: update it first/],
    ['0.0.29', 3, /on a copy of bob’s database: its migration fails: .*33_ProjectionThreadMessagesUnique/],
    ['0.0.34', 3, /it loses work: 12 threads became 0, \d+ turns became 0/],
    [nightly, 3, /calls its session cookie t3_session_\d+_[0-9a-f]{12}, not t3_session; .*update it first/],
  ])('%s', async (version, code, words) => {
    const before = await host();
    const done = await preflight(version);
    expect(done.exitCode, done.stdout).toBe(code);
    expect(done.stdout).toMatch(words);
    expect(await host()).toEqual(before);
    await expectTidy();
    const trials = trialsIn(await newest());
    expect(trials.filter(({ role, finding }) => role === 'control' && finding !== null)).toEqual([]);
  });

  it.each([
    ['banana', /no t3 banana: latest is 0\.0\.27, .*there are 0\.0\.34, /],
    ['0.0.99', /no t3 0\.0\.99: latest is/],
    ['^0.0.27', /neither a version, like 0\.0\.24, nor a tag/],
    ['../../etc', /neither a version/],
    ['0.0.24', /0\.0\.24 is what is installed: there is nothing to judge/],
  ])('%s is none', async (version, words) => {
    const before = sandbox.newestOperation();
    const done = await preflight(version);
    expect([done.exitCode, done.stdout]).toEqual([2, '']);
    expect(done.stderr).toMatch(words);
    expect(sandbox.newestOperation()).toBe(before);
  });
});

describe('the gate is what is broken, never the candidate,', () => {
  it('when there is no room for a copy', async () => {
    const done = await preflight('0.0.27', '--set', 'snapshots.keepFree=100tb');
    expect(done.exitCode).toBe(3);
    expect(done.stdout).toMatch(/operation refused: gate not trustworthy: .*too little space/);
  });

  it('when there is no port to be had', async () => {
    const done = await preflight('0.0.27', '--set', 'gate.bind=203.0.113.7');
    expect(done.exitCode).toBe(3);
    expect(done.stdout).toMatch(
      /operation refused: gate not trustworthy: no port to be had at 203\.0\.113\.7/,
    );
  });

  it('when the dispatch is configured in a way that not even the installed version fits', async () => {
    const done = await preflight('0.0.27', '--set', 'dispatch.cookie=another');
    expect(done.exitCode).toBe(3);
    expect(done.stdout).toMatch(/gate not trustworthy: 0\.0\.24, which is installed, does not pass it/);
    await expectTidy();
  });
});

describe('the package source', () => {
  it('that is down is said, and nothing is begun', async () => {
    trouble({ down: true });
    const before = sandbox.newestOperation();
    const done = await preflight('0.0.27');
    expect(done.exitCode).toBe(3);
    expect(done.stderr).toMatch(/the package source: 503/);
    expect(sandbox.newestOperation()).toBe(before);
  });

  it('that is slow is waited for, and no longer than that', async () => {
    trouble({ delay: 300 });
    expect((await preflight('0.0.32', '--dry-run')).exitCode).toBe(0);
    trouble({ delay: 15_000 });
    const done = await preflight('0.0.31', '--set', 'limits.commandTimeout=5s');
    expect(done.exitCode).toBe(3);
    expect(done.stderr).toMatch(/the package source: .*within 5 s/);
  });

  it('that has other bits for a version than before is not believed', async () => {
    trouble({ altered: ['0.0.27'] });
    const done = await preflight('0.0.27');
    expect(done.exitCode).toBe(3);
    expect(done.stdout).toMatch(
      /has other bits for 0\.0\.27 than the ones in .*: somebody has published it anew/,
    );
  });

  it('that serves other bits than it says is not believed', async () => {
    trouble({ corrupt: ['0.0.31'] });
    const done = await preflight('0.0.31');
    expect(done.exitCode).not.toBe(0);
    expect(done.stdout).toMatch(/EINTEGRITY|integrity|other bits/);
    expect(prefixes()).not.toContain('0.0.31');
    await expectTidy();
  });
});

describe('a command of the config’s', () => {
  const withCommand = (script: string) => {
    const config = path.join(sandbox.root, 'with-command.yaml');
    const text = readFileSync(sandbox.config, 'utf8').replace(
      /^gate:$/m,
      `gate:\n  commands: [{ name: dispatch tests, argv: [sh, -c, ${JSON.stringify(script)}], folder: "/" }]`,
    );
    writeFileSync(config, text);
    return sandbox.run('--config', config, ...quick, 'preflight', '0.0.27');
  };

  it('is heard, and has to succeed', async () => {
    const good = await withCommand('echo "judging $T3_CANDIDATE as $USER"; printf "\\033[31mred\\n"');
    expect(good.exitCode, good.stdout).toBe(0);
    expect(good.stdout).toContain('judging 0.0.27 as admin');
    // oxlint-disable-next-line no-control-regex -- nothing of it reaches the terminal
    expect(good.stdout).not.toMatch(/\u001b/);
    const bad = await withCommand('echo "--- FAIL: TestPairing" >&2; exit 1');
    expect(bad.exitCode).toBe(3);
    expect(bad.stdout).toMatch(/dispatch tests failed: sh ended with exit code 1: --- FAIL: TestPairing/);
  });
});

describe('a runner that', () => {
  const begun = async (what: string) => {
    const { operation } = await sandbox.json<{ operation: { id: number } }>(
      '--set',
      'gate.watch=60s',
      'preflight',
      '--detach',
      '0.0.27',
    );
    const journal = openJournalReadOnly(sandbox.loaded().paths.state);
    try {
      await until(what, () =>
        readEvents(journal, operation.id, 0).some((event) => JSON.stringify(event).includes('0.0.24: watch'))
          ? true
          : undefined,
      );
    } finally {
      journal.close();
    }
    return operation.id;
  };

  it('is killed in the middle of a trial leaves nothing behind', async () => {
    const id = await begun('a trial');
    process.kill(-(await sandbox.runner(id)), 'SIGKILL');
    await until('it is seen to be cut off', async () =>
      (await sandbox.run('operations')).stderr.includes(`operation ${id}`) ? true : undefined,
    );
    expect((await sandbox.run('operations', '--recover')).exitCode).toBe(0);
    await expectTidy();
    expect((await newest()).operation.outcome).toBe('succeeded');
  });

  it('is asked to stop ends the trial', async () => {
    const id = await begun('a trial');
    expect((await sandbox.run('operations', String(id), '--stop')).exitCode).toBe(0);
    const done = await sandbox.run('operations', String(id), '--follow');
    expect(done.exitCode).toBe(130);
    await expectTidy();
  });
});
