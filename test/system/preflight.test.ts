import { mkdirSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemProcesses } from '../../src/host/processes.ts';
import { until } from '../sandbox/sandbox.ts';
import { buildMachine, cockpit, json, sh, snapshotsOf, statusField, users } from './machine.ts';
import { startPackageSource } from './versions.ts';

/** Judging a version on a real host: in a unit of its own, where nobody reaches it, as the owner of the copy. */

const nightly = '0.0.33-nightly.20260808.1031';
let source: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  await buildMachine();
  const found = await startPackageSource();
  source = found.setting;
  stop = found.stop;
});
afterAll(() => stop());

const preflight = (version: string, watch: string, ...flags: string[]) =>
  cockpit(['--set', source, '--set', `gate.watch=${watch}`, ...flags, 'preflight', version]);

/** The server under trial: t3 itself, not who waits for it. */
const trial = () =>
  until('a server under trial', async () => {
    for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
      const argv = await systemProcesses.commandLine(Number(name));
      if (
        argv?.includes('serve') === true &&
        argv.some((part) => part.includes('/.try-')) &&
        argv[0]?.endsWith('/node') === true
      )
        return Number(name);
    }
    return undefined;
  });

function expectTidy(): void {
  for (const { name } of users)
    expect(readdirSync(snapshotsOf(name)).filter((file) => file.startsWith('.try-'))).toEqual([]);
}

describe('a preflight on a real host', () => {
  it('tries a version bound as production binds it, so that its cookie is the one that production sees', async () => {
    const done = await preflight(nightly, '300ms');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expectTidy();
    expect(statSync(`/usr/local/lib/t3-versions/${nightly}/bin/t3`).mode & 0o777).toBe(0o755);
    // Whoever has a server can run it.
    expect(
      await sh('runuser', '-u', 'vera', '--', `/usr/local/lib/t3-versions/${nightly}/bin/t3`, '--version'),
    ).toBe(`t3 v${nightly}`);
  });

  it('keeps the server under trial apart: no network, no homes, no rights, a limit', async () => {
    const running = preflight('0.0.27', '2s');
    const pid = await trial();
    expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
    expect(readFileSync(`/proc/${pid}/net/dev`, 'utf8').match(/^ *\w+:/gm)).toEqual([
      expect.stringContaining('lo:'),
    ]);
    expect(readdirSync(`/proc/${pid}/root/home`)).toEqual([]);
    expect(readdirSync(`/proc/${pid}/root/root`)).toEqual([]);
    const uid = statusField(pid, 'Uid').split(/\s+/)[0];
    expect(users.map(({ name }) => name)).toContain((await sh('id', '-un', uid ?? '')).trim());
    expect(statusField(pid, 'Groups').trim()).toBe('');
    expect(statusField(pid, 'NoNewPrivs')).toBe('1');
    const group = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
    expect(group).toMatch(/t3-cockpit-gate-/);
    const unit = path.basename(group);
    expect(await sh('systemctl', 'show', '--property=MemoryMax', '--value', unit)).toBe(
      String(2 * 1024 ** 3),
    );
    const done = await running;
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expectTidy();
  });

  it('that fills the disk says so, leaves nothing behind, and is no word against the version', async () => {
    const versions = '/usr/local/lib/t3-versions';
    mkdirSync(versions, { recursive: true });
    await sh('mount', '-t', 'tmpfs', '-o', 'size=4k,mode=0755', 'tmpfs', versions);
    try {
      const refused = await preflight('0.0.31', '300ms');
      expect(refused.exitCode, refused.stdout + refused.stderr).toBe(3);
      expect(refused.stdout).toMatch(/too little space on the file system of \/usr\/local\/lib\/t3-versions/);
      // Believed to be enough: room for the package as it comes, and none for what is in it.
      const done = await preflight('0.0.31', '300ms', '--set', 'snapshots.keepFree=0b');
      expect(done.exitCode, done.stdout + done.stderr).toBe(1);
      expect(done.stdout).toMatch(/0\.0\.31 cannot be installed: no space left on the file system of/);
      expect(readdirSync(versions)).toEqual([]);
    } finally {
      await sh('umount', versions);
    }
  });

  it('leaves nothing running when its runner is killed', async () => {
    const { operation } = await json<{ operation: { id: number } }>([
      '--set',
      source,
      '--set',
      'gate.watch=60s',
      'preflight',
      '--detach',
      '0.0.27',
    ]);
    const pid = await trial();
    await sh('systemctl', 'kill', '--signal=KILL', `t3-cockpit-${operation.id}.service`);
    await until('it is cut off', async () =>
      (await cockpit(['operations'])).stderr.includes(`operation ${operation.id}`) ? true : undefined,
    );
    const recovered = await cockpit(['operations', '--recover']);
    expect(recovered.exitCode, recovered.stderr).toBe(0);
    expect(await systemProcesses.facts(pid)).toBeUndefined();
    expectTidy();
  });
});
