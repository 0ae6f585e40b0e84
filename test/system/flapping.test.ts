import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addMessage, dumpWork, integrityOf } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import { addGuests, portOf } from './guests.ts';
import {
  buildMachine,
  cockpit,
  databaseOf,
  node,
  sh,
  snapshotsOf,
  unitOf,
  users,
  type Run,
} from './machine.ts';
import { startPackageSource } from './versions.ts';

/**
 * Servers that do not stay up, in the middle of an operation, with a real systemd that starts them again and again: what
 * has answered once is not up, and nobody is left down by what the operation itself has stopped and started.
 */

const user = 'otto';
const unit = unitOf(user);
const folderOf = (name: string) => `/etc/systemd/system/${unitOf(name)}.d`;
const wanted = `/etc/systemd/system/multi-user.target.wants/${unit}`;
const falls = '/run/falls-after-the-handshake';
const short = '/usr/local/bin/t3-that-answers-once';
const t3 = '/usr/bin/t3';

let removeGuests: () => Promise<void>;
let ordinary: string;
beforeAll(async () => {
  await buildMachine();
  ordinary = readFileSync(t3, 'utf8');
  removeGuests = await addGuests([user]);
  await sh('systemctl', 'start', unit);
  await answers();
  expect((await cockpit(['backup', user])).exitCode).toBe(0);
  addMessage(databaseOf(user), 'said since');
  await sh('chown', '-R', `${user}:${user}`, `/home/${user}/.t3`);
});
afterAll(async () => {
  rmSync(short, { force: true });
  await removeGuests();
});

const show = async (property: string, of = unit) =>
  (await sh('systemctl', 'show', '--value', `--property=${property}`, of)).trim();
const runs = async (name = user) => {
  const answer = await fetch(`http://127.0.0.1:${portOf(name)}/.well-known/t3/environment`);
  return ((await answer.json()) as { serverVersion: string }).serverVersion;
};
const answers = (name = user) => until(`${name}’s server`, () => runs(name).catch(() => undefined));

/** From its next start on, this is so of this unit alone. */
async function define(name: string, ...lines: string[]): Promise<void> {
  mkdirSync(folderOf(name), { recursive: true });
  writeFileSync(`${folderOf(name)}/50-test.conf`, `${lines.join('\n')}\n`);
  await sh('systemctl', 'daemon-reload');
}
const always = ['Restart=always', 'RestartSec=50ms'];
/** Not by the clock: however slow this machine is. */
const limit = (count: number) => ['[Unit]', 'StartLimitIntervalSec=1h', `StartLimitBurst=${count}`];
const answersOnce = [
  'ExecStart=',
  `ExecStart=${short} serve --host 0.0.0.0 --port \${T3_PORT} --base-dir /home/${user}/.t3`,
];

/** The server is killed as soon as it has answered, each time that it is started. */
function writeShort(): void {
  const kill = 'process.kill(+process.argv[1], "SIGKILL")';
  const look = `const again = () => fetch("http://127.0.0.1:" + process.argv[2] + "/.well-known/t3/environment").then(() => ${kill}, again); again();`;
  writeFileSync(short, `#!/bin/sh\n${node} -e '${look}' $$ "$T3_PORT" &\nexec ${t3} "$@"\n`);
  chmodSync(short, 0o755);
}

/**
 * A server dies with the last thing that a handshake does, and nothing goes on before systemd has seen that: everything
 * that the handshake asks is answered well, each time.
 *
 * @param file Where it says so, in these words; there from now on.
 */
function fallAfterHandshakes(file = falls, words = ''): void {
  const main = '$(systemctl show --value --property=MainPID "t3-serve@$(id -un).service")';
  const when = `grep -qs '${words}' ${file} && [ "$1 $2 $3" = 'auth session revoke' ]`;
  const fall = `was="${main}"; kill -KILL "$was"; while [ "${main}" = "$was" ]; do :; done`;
  writeFileSync(t3, ordinary.replace('\n', `\nif ${when}; then ${fall}; fi\n`));
  if (file === falls) writeFileSync(falls, '\n');
}

const restore = (...more: string[]): Promise<Run> =>
  cockpit(['--yes', ...more, 'restore', user, '--snapshot', manual()]);
const manual = () =>
  readdirSync(snapshotsOf(user)).find((name) => name.startsWith('manual') && name.endsWith('.sqlite')) ?? '';
const live = () => dumpWork(databaseOf(user));
const old = () => dumpWork(path.join(snapshotsOf(user), manual()));

/** Whatever its unit makes of it: it may be started, its database is whole, and nothing lies beside that. */
async function expectNothingLeft(): Promise<void> {
  expect(await show('LoadState')).toBe('loaded');
  expect(integrityOf(databaseOf(user))).toBe('ok');
  expect(await sh('find', `/home/${user}`, '!', '-user', user)).toBe('');
  const beside = readdirSync(path.dirname(databaseOf(user)));
  expect(beside.filter((name) => name.includes('t3-cockpit'))).toEqual([]);
}

afterEach(async () => {
  for (const name of [user, 'vera']) rmSync(folderOf(name), { recursive: true, force: true });
  for (const file of [falls, wanted]) rmSync(file, { force: true });
  writeFileSync(t3, ordinary);
  await sh('systemctl', 'daemon-reload');
  await sh('systemctl', 'stop', unit);
  await sh('systemctl', 'reset-failed');
  await sh('systemctl', 'start', unit);
  await answers();
});

describe('a restore after which the server does not stay up', () => {
  it('goes back, also where it had answered everything, and was deaf to being asked to stop', async () => {
    const before = live();
    expect(before).not.toBe(old());
    fallAfterHandshakes();
    await define(user, '[Service]', ...always, 'KillSignal=SIGURG', 'TimeoutStopSec=1s');
    const done = await restore();
    expect(done.exitCode, done.stdout + done.stderr).toBe(1);
    expect(done.stdout).toMatch(/t3-serve@otto\.service did not stay up: /);
    expect(done.stdout).toMatch(/operation rolled back/);
    await answers();
    expect(live()).toBe(before);
    expect(await show('ActiveState')).toBe('active');
    await expectNothingLeft();
  });

  it('goes back where it answers once, each time that it is started, until it is started no more', async () => {
    const before = live();
    writeShort();
    await define(user, ...limit(6), '[Service]', ...always, ...answersOnce);
    const done = await restore('--set', 'limits.startTimeout=20s');
    expect(done.exitCode, done.stdout + done.stderr).toBe(1);
    expect(done.stdout).toMatch(/did not stay up/);
    expect(done.stdout).toMatch(/operation rolled back/);
    expect(live()).toBe(before);
    await expectNothingLeft();
    // It does as its unit says: given up in the end, by systemd and not by us.
    await until('systemd to give it up', async () =>
      (await show('ActiveState')) === 'failed' ? true : undefined,
    );
  });

  it('goes back where what its unit does after its start fails', async () => {
    const before = live();
    await define(user, ...limit(3), '[Service]', ...always, 'ExecStartPost=/bin/false');
    const done = await restore();
    expect(done.exitCode, done.stdout + done.stderr).not.toBe(0);
    expect(live()).toBe(before);
    await expectNothingLeft();
  });

  it('stays where it did not stay up before either, which is said; undone, everything is as it was', async () => {
    const before = live();
    await sh('kill', '-KILL', await show('MainPID'));
    await until('systemd to start it again', async () =>
      (await show('NRestarts')) === '0' ? undefined : true,
    );
    await answers();
    fallAfterHandshakes();
    const done = await restore();
    expect(done.exitCode, done.stdout + done.stderr).toBe(4);
    expect(done.stdout).toMatch(/did not stay up: .*; it was broken before, too: what was restored stays/);
    await answers();
    expect(live()).toBe(old());
    await expectNothingLeft();
    rmSync(falls);
    const id = /undo (\d+)/.exec(done.stdout)?.[1] ?? '';
    const undone = await cockpit(['--yes', 'undo', id]);
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
    expect(live()).toBe(before);
    await expectNothingLeft();
  });
});

describe('a restart after which the server does not stay up', () => {
  it('has failed, and says so, with what the restart has changed', async () => {
    const before = live();
    fallAfterHandshakes();
    const done = await cockpit(['--yes', 'restart', user]);
    expect(done.exitCode, done.stdout + done.stderr).toBe(4);
    expect(done.stdout).toMatch(/did not stay up: .*; changed by the restart: neither version nor schema/);
    await answers();
    expect(live()).toBe(before);
    await expectNothingLeft();
  });

  it('has failed, and says so, where it never answers for long', async () => {
    writeShort();
    await define(user, ...limit(4), '[Service]', ...always, ...answersOnce);
    const done = await cockpit(['--yes', '--set', 'limits.startTimeout=20s', 'restart', user]);
    expect(done.exitCode, done.stdout + done.stderr).toBe(4);
    expect(done.stdout).toMatch(/did not stay up/);
    await expectNothingLeft();
  });
});

describe('a server that was started as often as its unit lets it be', () => {
  /** One that is enabled, so that systemd does not forget what it has counted, and that ends well when it is stopped. */
  async function startedOften(): Promise<void> {
    mkdirSync(path.dirname(wanted), { recursive: true });
    await sh('ln', '-s', '/etc/systemd/system/t3-serve@.service', wanted);
    await define(user, ...limit(2), '[Service]', 'SuccessExitStatus=130');
    await sh('systemctl', 'stop', unit);
    await sh('systemctl', 'reset-failed');
    for (const _ of [1, 2]) {
      await sh('systemctl', 'stop', unit);
      await sh('systemctl', 'start', unit);
      await answers();
    }
  }

  it('is started after a stop of ours all the same', async () => {
    await startedOften();
    const done = await cockpit(['--yes', 'restart', user]);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await show('ActiveState')).toBe('active');
  });

  it('is up again where what it was stopped for is refused', async () => {
    await startedOften();
    const holder = execa(
      'runuser',
      ['-u', user, '--', 'sh', '-c', `exec sleep infinity < ${databaseOf(user)}`],
      {
        reject: false,
      },
    );
    const held = () => sh('pgrep', '--exact', '--uid', user, 'sleep').catch(() => '');
    const pid = await until('it has it open', async () => (await held()).trim() || undefined);
    const done = await restore('--set', 'limits.visit=1s');
    await sh('kill', pid);
    await holder;
    expect(done.exitCode, done.stdout + done.stderr).toBe(3);
    expect(done.stdout).toMatch(/the database is open in process/);
    expect([await show('ActiveState'), await show('LoadState')]).toEqual(['active', 'loaded']);
    await answers();
  });
});

describe('a bump with which a server does not stay up', () => {
  const environment = '/etc/t3-serve/vera.env';
  const all = [...users.map(({ name }) => name), user];
  let source: Awaited<ReturnType<typeof startPackageSource>>;
  let before: Record<string, string>;
  let kept: string;
  const work = () => Object.fromEntries(all.map((name) => [name, dumpWork(databaseOf(name))]));
  beforeAll(async () => {
    source = await startPackageSource();
    [kept, before] = [readFileSync(environment, 'utf8'), work()];
  });
  afterEach(() => writeFileSync(environment, kept));
  afterAll(() => source.stop());

  async function fails(version: string, told: string): Promise<string> {
    appendFileSync(environment, `${told}\n`);
    const settings = ['gate.watch=100ms', 'bump.soak=2s', source.setting].flatMap((each) => ['--set', each]);
    const done = await cockpit([...settings, '--yes', 'bump', version]);
    expect(done.exitCode, done.stdout + done.stderr).toBe(1);
    for (const name of all) expect([name, await answers(name)]).toEqual([name, '0.0.24']);
    for (const name of all) expect(await show('LoadState', unitOf(name))).toBe('loaded');
    expect(work()).toEqual(before);
    expect((await cockpit(['unfreeze'])).exitCode).toBe(0);
    return done.stdout;
  }

  it('takes everybody back, with the schema as before', async () => {
    await define('vera', ...limit(6), '[Service]', ...always);
    // Whatever notices it first.
    expect(await fails('0.0.32', 'T3_STAND_IN_CRASH_MS=400')).toMatch(
      /operation rolled back: vera: .*(did not stay up|does not answer)/,
    );
  });

  it('does not say that everything is as it was where one does not stay up afterwards', async () => {
    // Not by the t3 of an earlier bump, which has none of this in it.
    rmSync('/usr/local/lib/t3-versions', { recursive: true, force: true });
    fallAfterHandshakes('/etc/t3-autoupdate.freeze', 'failed');
    expect(await fails('0.0.31', 'T3_STAND_IN_REFUSES=1')).toMatch(
      /operation failed: vera: .*; not as before: vera: t3-serve@vera\.service did not stay up/,
    );
  });
});
