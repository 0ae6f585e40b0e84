import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '../../t3/exchange.ts';
import { mint } from '../../t3/credential.ts';
import { minimalEnvironment } from '../../host/commands.ts';
import { sandboxUnitVariable } from '../../host/processes.ts';
import { answering, type Job } from './job.ts';

/** Mint, exchange, cookie, on a throwaway instance of the global t3. @returns why not */
export async function healthCheck(job: Job): Promise<string | undefined> {
  const { config, host } = job;
  const home = mkdtempSync(path.join(os.tmpdir(), 't3-health-'));
  const baseDir = path.join(home, '.t3');
  const port = await freePort();
  const mark = process.env[sandboxUnitVariable];
  const server = spawn(
    config.paths.binary,
    ['serve', '--host', config.gate.bind, '--port', String(port), '--base-dir', baseDir],
    {
      cwd: '/',
      stdio: 'ignore',
      env: {
        ...minimalEnvironment,
        HOME: home,
        ...(mark === undefined ? {} : { [sandboxUnitVariable]: mark }),
      },
    },
  );
  const gone = once(server, 'exit');
  try {
    const deadline = host.clock.monotonic() + config.limits.startTimeout;
    while ((await answering(job, port)) === undefined) {
      if (server.exitCode !== null) return `it ended with exit code ${server.exitCode}`;
      if (host.clock.monotonic() > deadline) return 'it does not answer';
      await delay(50);
    }
    const account = {
      name: os.userInfo().username,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      home,
    };
    const credential = await mint({
      host,
      binary: config.paths.binary,
      account,
      baseDir,
      timeout: config.limits.t3Timeout,
    });
    if ('problem' in credential) return credential.problem;
    const { result } = await exchange(
      { http: host.http, port, timeout: config.limits.httpTimeout, maxBody: config.limits.httpBody },
      config.dispatch.pairingPaths,
      credential.credential,
      () => undefined,
    );
    return result.verdict === 'ok' ? undefined : (result.reason ?? result.verdict);
  } finally {
    server.kill('SIGKILL');
    await gone;
    rmSync(home, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
