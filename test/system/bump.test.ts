import { appendFileSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpWork } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import {
  buildMachine,
  cockpit,
  databaseOf,
  holdSnapshotter,
  sh,
  unitOf,
  unitTemplate,
  users,
  type Run,
} from './machine.ts';
import { startPackageSource, writePin } from './versions.ts';

/** A version brought to everybody, and taken back, with real units and real users. */

const pinned = '/home/vera/code/scripts/t3-autoupdate.sh';
let source: string;
let stopSource: () => Promise<unknown>;
let before: Record<string, string>;
beforeAll(async () => {
  await buildMachine();
  const found = await startPackageSource();
  source = found.setting;
  await writePin(pinned, 'vera');
  stopSource = found.stop;
  before = work();
});
afterAll(() => stopSource());

const work = () => Object.fromEntries(users.map(({ name }) => [name, dumpWork(databaseOf(name))]));
const settings = [
  'gate.watch=200ms',
  'bump.soak=1s',
  'host.administrator=vera',
  'pins=[{"file":"{home}/code/scripts/t3-autoupdate.sh"}]',
];
const bump = (...what: string[]): Promise<Run> =>
  cockpit([...settings.flatMap((each) => ['--set', each]), '--set', source, '--yes', 'bump', ...what]);

async function running(): Promise<Record<string, string>> {
  const found = users.map(async ({ name }) => {
    const port = /T3_PORT="(\d+)"/.exec(readFileSync(`/etc/t3-serve/${name}.env`, 'utf8'))?.[1] ?? '';
    const answer = await until(`${name}'s server`, () =>
      fetch(`http://127.0.0.1:${port}/.well-known/t3/environment`).catch(() => undefined),
    );
    return [name, ((await answer.json()) as { serverVersion: string }).serverVersion] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** Everything in a home that is not its user's. */
async function foreign(name: string): Promise<string[]> {
  const uid = Number(await sh('id', '-u', name));
  return readdirSync(`/home/${name}`, { recursive: true, encoding: 'utf8' })
    .map((file) => path.join(`/home/${name}`, file))
    .filter((file) => lstatSync(file).uid !== uid);
}

describe('a bump on a real host', () => {
  it('that fails for one user takes everybody back, and freezes', async () => {
    appendFileSync('/etc/t3-serve/emo.env', 'T3_STAND_IN_REFUSES=1\n');
    const done = await bump('0.0.31');
    const env = readFileSync('/etc/t3-serve/emo.env', 'utf8').replace('T3_STAND_IN_REFUSES=1\n', '');
    writeFileSync('/etc/t3-serve/emo.env', env);
    expect(done.exitCode, done.stdout + done.stderr).toBe(1);
    expect(done.stdout).toMatch(/operation rolled back: emo: direct: broken at exchange/);
    expect(await running()).toEqual({ vera: '0.0.24', emo: '0.0.24' });
    expect(work()).toEqual(before);
    expect(lstatSync('/usr/bin/t3').isFile()).toBe(true);
    expect(readFileSync(pinned, 'utf8')).toBe('#!/bin/sh\r\nT3_PIN="${T3_PIN:-0.0.24}"');
    expect(readFileSync('/etc/t3-autoupdate.freeze', 'utf8')).toContain('bump to 0.0.31 failed');
    for (const { name } of users) {
      expect(await foreign(name)).toEqual([]);
      expect(await sh('systemctl', 'show', '--property=ActiveState,LoadState', unitOf(name))).toBe(
        'LoadState=loaded\nActiveState=active',
      );
    }
    expect((await cockpit(['unfreeze'])).exitCode).toBe(0);
  });

  it('brings it to everybody, with their data, as their files; systemd reloaded with another definition meanwhile', async () => {
    const begun = await bump('0.0.27', '--detach');
    const id = /operation (\d+)/.exec(begun.stdout)?.[1] ?? '';
    // Stopped and masked, in the copy of the last moment.
    const held = await holdSnapshotter('vera', 'prebump');
    appendFileSync(unitTemplate, '\n[Service]\nEnvironment=DEFINED=anew\n');
    await sh('systemctl', 'daemon-reload');
    await expect(sh('systemctl', 'start', unitOf('vera'))).rejects.toThrow(/masked/);
    process.kill(held, 'SIGCONT');
    const done = await cockpit(['operations', id, '--follow']);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    for (const { name } of users)
      expect(await sh('systemctl', 'show', '--property=Environment', '--value', unitOf(name))).toContain(
        'DEFINED=anew',
      );
    expect(await running()).toEqual({ vera: '0.0.27', emo: '0.0.27' });
    expect(work()).toEqual(before);
    expect(readlinkSync('/usr/bin/t3')).toBe('/usr/local/lib/t3-versions/0.0.27/bin/t3');
    // The version that it was stays at hand, for whoever still runs it.
    expect(
      await sh('runuser', '-u', 'emo', '--', '/usr/local/lib/t3-versions/0.0.24/bin/t3', '--version'),
    ).toBe('t3 v0.0.24');
    expect(readFileSync(pinned, 'utf8')).toBe('#!/bin/sh\r\nT3_PIN="${T3_PIN:-0.0.27}"');
    for (const { name } of users) expect(await foreign(name)).toEqual([]);
  });

  it('to one user only, with the launcher: whose t3 it is, the kernel says', async () => {
    const nightly = '0.0.33-nightly.20260808.1031';
    const installed = await cockpit(['launcher', 'install']);
    expect(installed.exitCode, installed.stdout + installed.stderr).toBe(0);
    const done = await bump(nightly, 'emo');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await running()).toEqual({ vera: '0.0.27', emo: nightly });
    // His rows have new columns now.
    expect(work()['vera']).toBe(before['vera']);
    const asks = (name: string, ...args: string[]) => sh('runuser', '-u', name, '--', '/usr/bin/t3', ...args);
    expect(await asks('emo', '--version')).toBe(`t3 v${nightly}`);
    // HOME is not what decides.
    expect(await sh('runuser', '-u', 'vera', '--', 'env', 'HOME=/home/emo', '/usr/bin/t3', '--version')).toBe(
      't3 v0.0.27',
    );
    // Root acts for the owner of the folder that it names, and otherwise for nobody.
    expect(await sh('/usr/bin/t3', '--version', '--base-dir', '/home/emo/.t3')).toBe(`t3 v${nightly}`);
    expect(await sh('/usr/bin/t3', '--version', '--base-dir=/home/vera/.t3')).toBe('t3 v0.0.27');
    expect(await sh('/usr/bin/t3', '--version')).toBe('t3 v0.0.27');
    // Restarted by systemd itself, it is what it was.
    await sh('systemctl', 'restart', unitOf('emo'));
    expect(await running()).toEqual({ vera: '0.0.27', emo: nightly });
    for (const { name } of users) expect(await foreign(name)).toEqual([]);
    expect((await cockpit(['launcher', 'remove'])).stderr).toMatch(/emo runs 0\.0\.33/);
  });
});
