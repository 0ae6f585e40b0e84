import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemProcesses } from '../../src/host/processes.ts';
import { until } from '../sandbox/sandbox.ts';
import { addGuests, asUser, portOf } from './guests.ts';
import { buildMachine, cockpit, holdSnapshotter, json, node, sh, snapshotsOf, unitOf } from './machine.ts';

/**
 * What users may run on the same machine against the others and against the program: a server in the place of somebody
 * else's, processes that are called like others, and hands on what runs as them.
 */

let removeGuests: () => Promise<void>;
const started: { kill(signal: 'SIGKILL'): unknown }[] = [];
beforeAll(async () => {
  await buildMachine();
  removeGuests = await addGuests(['alice', 'mallory'], 30 * 1024 * 1024);
  await sh('systemctl', 'start', unitOf('alice'), unitOf('mallory'));
  for (const user of ['alice', 'mallory']) await answers(user);
  expect((await cockpit(['backup', 'alice', 'mallory'])).exitCode).toBe(0);
});
afterEach(async () => {
  for (const each of started.splice(0)) each.kill('SIGKILL');
  await sh('pkill', '--signal', 'KILL', '--uid', 'mallory', '--full', 'of-mallory').catch(() => undefined);
});
afterAll(() => removeGuests());

const limits = ['limits.startTimeout=20s', 'limits.visit=3s', 'snapshots.timeout=15s'].flatMap((each) => [
  '--set',
  each,
]);
const answers = (user: string) =>
  until(`${user}'s server`, () =>
    fetch(`http://127.0.0.1:${portOf(user)}/.well-known/t3/environment`).catch(() => undefined),
  );
const show = async (unit: string, property: string) =>
  (await sh('systemctl', 'show', '--value', `--property=${property}`, unit)).trim();

/** A script of mallory's that goes on until the test ends. */
function mallory(script: string): void {
  const file = '/tmp/of-mallory.cjs';
  writeFileSync(file, script);
  chmodSync(file, 0o644);
  started.push(execa({ reject: false, stdin: 'ignore' })('runuser', ['-u', 'mallory', '--', node, file]));
}

describe('a server of mallory’s on alice’s port, as soon as hers is down', () => {
  const stolen = '/home/mallory/stolen';
  const impostor = () => `
    const { createServer } = require('node:http');
    const { appendFileSync } = require('node:fs');
    const cookie = Buffer.from('{"sid":"stolen"}').toString('base64url');
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part)).on('end', () => {
        appendFileSync('${stolen}', request.method + ' ' + request.url + ' ' + body + (request.headers.cookie ?? '') + '\\n');
        if (request.url.includes('environment')) return response.end('{"serverVersion":"0.0.24"}');
        if (request.method === 'POST')
          return response.setHeader('set-cookie', 't3_session=' + cookie + '.x').end('{}');
        response.end('{"authenticated":true,"auth":{"sessionCookieName":"t3_session"}}');
      });
    });
    server.on('error', () => setTimeout(listen, 1));
    const listen = () => server.listen(${portOf('alice')}, '0.0.0.0');
    listen();`;
  const took = () => (existsSync(stolen) ? readFileSync(stolen, 'utf8') : '');
  const isThere = () => until('the impostor', () => (took().includes('environment') ? true : undefined));

  it('is not taken for hers, and is handed nothing', async () => {
    mallory(impostor());
    await sh('systemctl', 'stop', unitOf('alice'));
    await answers('alice');
    await isThere();
    // It crashes again and again: its port is not free any more.
    await sh('systemctl', 'start', unitOf('alice'));
    const uid = (await sh('id', '-u', 'mallory')).trim();
    const status = (await cockpit(['status', 'alice'])).stdout;
    if (status.includes('running'))
      expect(status).toContain(`is in the hands of another user (uid ${uid}), not of alice`);
    const probed = await cockpit(['probe', 'alice']);
    expect(probed.exitCode).toBe(1);
    expect(probed.stdout).toContain(`is in the hands of another user (uid ${uid}), not of alice`);
    expect(took()).not.toMatch(/POST|credential|cookie/i);
    expect((await cockpit(['doctor'])).stdout).toMatch(/alice: listens .*does not belong to t3-serve@alice/s);
  });

  it('fails a restart that it has come in the middle of, which does not count it as alice’s', async () => {
    await sh('systemctl', 'stop', unitOf('alice'));
    await sh('systemctl', 'reset-failed');
    await sh('systemctl', 'start', unitOf('alice'));
    await answers('alice');
    mallory(impostor());
    const done = await cockpit([...limits, '--yes', 'restart', 'alice']);
    expect(done.exitCode, done.stdout).toBe(4);
    expect(done.stdout).toMatch(/in the hands of another user|was started, and does not answer/);
    expect(took()).not.toMatch(/POST|credential|cookie/i);
    for (const each of started.splice(0)) each.kill('SIGKILL');
    await sh('pkill', '--signal', 'KILL', '--uid', 'mallory', '--full', 'of-mallory');
    await until('the port', async () =>
      (await fetch(`http://127.0.0.1:${portOf('alice')}/`).catch(() => undefined)) === undefined
        ? true
        : undefined,
    );
    await sh('systemctl', 'reset-failed');
    await sh('systemctl', 'restart', unitOf('alice'));
    await answers('alice');
    const probed = await json<{ users: { probes: { route: string; verdict: string }[] }[] }>([
      'probe',
      'alice',
    ]);
    expect(probed.users[0]?.probes).toContainEqual(
      expect.objectContaining({ route: 'direct', verdict: 'ok' }),
    );
  });
});

describe('a process of mallory’s in the runner’s own unit', () => {
  it('that ignores SIGTERM does not keep the host from the next operation', async () => {
    const { operation } = await json<{ operation: { id: number } }>(['backup', '--detach', 'mallory']);
    const held = await holdSnapshotter('mallory');
    // As if it had been made of the snapshotter, which is a process of hers.
    const script = 'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000);';
    mallory(script);
    const stranger = await until('it', async () => {
      const found = await sh('pgrep', '--uid', 'mallory', '--full', 'of-mallory.cjs').catch(() => '');
      return found === '' ? undefined : Number(found.split('\n').at(-1));
    });
    const group = await systemProcesses.controlGroup(held);
    await sh(
      'sh',
      '-c',
      `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w "$d$1/cgroup.procs" ] && echo $2 > "$d$1/cgroup.procs"; done; true`,
      'sh',
      group ?? '',
      String(stranger),
    );
    expect(await systemProcesses.controlGroup(stranger)).toBe(group);
    process.kill(held, 'SIGCONT');
    expect((await cockpit(['operations', String(operation.id), '--follow'])).exitCode).toBe(0);
    const began = performance.now();
    expect((await cockpit(['backup', 'vera'])).exitCode).toBe(0);
    expect(performance.now() - began).toBeLessThan(90_000);
    expect(await systemProcesses.facts(stranger)).toBeUndefined();
  });
});

describe('hands of mallory’s on what runs as mallory', () => {
  it.each(['STOP', 'KILL'])(
    '(SIG%s, again and again) fail what is done for mallory alone',
    async (signal) => {
      mallory(`
      const { readdirSync, readFileSync } = require('node:fs');
      // It rests a millisecond each time: without that it takes a core from everybody, which is not what is tried.
      setInterval(() => {
        for (const pid of readdirSync('/proc'))
          try {
            if (/(snapshotter|reader|keeper)\\.js/.test(readFileSync('/proc/' + pid + '/cmdline', 'utf8')))
              process.kill(Number(pid), 'SIG${signal}');
          } catch {}
      }, 1);`);
      const result = await json<{ users: { user: string; outcome: string; reason: string }[] }>([
        ...limits,
        '--set',
        'limits.readerTimeout=8s',
        'backup',
      ]);
      const of = (user: string) => result.users.find((each) => each.user === user);
      expect(of('mallory')).toMatchObject({
        outcome: 'failed',
        reason: expect.stringMatching(/not finished within|snapshotter failed|killed/),
      });
      for (const user of ['alice', 'vera', 'emo']) expect(of(user)?.outcome).toBe('succeeded');
      const restarted = await cockpit([
        ...limits,
        '--set',
        'limits.readerTimeout=8s',
        '--yes',
        'restart',
        'mallory',
      ]);
      expect(restarted.exitCode).not.toBe(0);
      expect(await show(unitOf('mallory'), 'ActiveState')).toBe('active');
      expect(await show(unitOf('mallory'), 'LoadState')).toBe('loaded');
    },
  );
});

describe('names that mallory gives to processes', () => {
  it('like those of agents and of ours make nobody busy, and nothing ours', async () => {
    const names = ['claude', 'codex', 'tmux', 'sshd', 't3-cockpit', 'node'];
    for (const name of names)
      await asUser('mallory', `cp /bin/sleep ~/${name}; setsid ~/${name} infinity > /dev/null 2>&1 &`);
    try {
      for (const user of ['alice', 'mallory']) {
        const done = await cockpit(['--yes', 'restart', user]);
        expect(done.exitCode, done.stdout + done.stderr).toBe(0);
      }
    } finally {
      await sh('pkill', '--signal', 'KILL', '--uid', 'mallory', '--full', 'infinity');
    }
  });

  it('with escape sequences are said, where they have to be, without', async () => {
    const live = '/home/mallory/.t3/userdata/state.sqlite';
    const holder = execa({ reject: false })('runuser', [
      '-u',
      'mallory',
      '--',
      'sh',
      '-c',
      `printf '\\033[2J\\007x' > /proc/$$/comm; exec 3< ${live}; while :; do sleep 1; done`,
    ]);
    try {
      await until('it has it open', async () =>
        (await sh('fuser', live).catch(() => sh('true'))).length > 0 ||
        (await sh('pgrep', '--uid', 'mallory', 'sleep').catch(() => '')) !== ''
          ? true
          : undefined,
      );
      const snapshot = (await sh('ls', snapshotsOf('mallory')))
        .split('\n')
        .find((name) => name.endsWith('.sqlite'));
      const refused = await cockpit([...limits, '--yes', 'restore', 'mallory', '--snapshot', snapshot ?? '']);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stdout + refused.stderr).toMatch(/the database is open in process \d+ \(/);
      // oxlint-disable-next-line no-control-regex
      expect(refused.stdout + refused.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    } finally {
      await sh('pkill', '--signal', 'KILL', '--uid', 'mallory', '--full', 'while :');
      await holder;
    }
  });
});
