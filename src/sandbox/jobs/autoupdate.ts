import path from 'node:path';
import { mkdirSync } from 'node:fs';
import { expand } from '../../config/expand.ts';
import { failureText } from '../../host/commands.ts';
import { backUp } from './backup-state.ts';
import { healthCheck } from './health-check.ts';
import {
  answering,
  frozen,
  installedVersion,
  localStamp,
  restart,
  serversOf,
  standing,
  type Job,
  type Troubles,
} from './job.ts';

/**
 * The host's updater, the enforcer of its pin, with the traps of docs/host.md left in: a failed backup only warns, it
 * knows of no session that it would cut off and of no quiet time, and it takes back the binary alone, never a database.
 *
 * @param pin The version; empty for nightly.
 * @returns the exit code.
 */
export async function autoupdate(job: Job, pin: string): Promise<number> {
  const { host, config, say } = job;
  const frost = await frozen(job);
  if (frost !== undefined) {
    say(`frozen (${frost}): no version is changed`);
    return 0;
  }
  const from = await installedVersion(job);
  const wanted = pin === '' ? 'nightly' : pin;
  if (from !== wanted) {
    for (const server of serversOf(job))
      if (!(await backUp(job, server, `state-prebump-${from}-${localStamp(host.clock.now())}.sqlite`)))
        say(`WARNING: no pre-bump backup of ${server.user}`);
    await hangs(job, 'before install');
    say(`installing t3@${wanted} (was ${from})`);
    const problem = await install(job, wanted);
    if (problem !== undefined) {
      say(`INSTALL FAILED: ${problem}`);
      return 1;
    }
    const sick = job.troubles.sick ? 'no cookie t3_session on 127.0.0.1' : await healthCheck(job);
    if (sick !== undefined) return rollBack(job, from, `HEALTH-CHECK FAILED for t3@${wanted}: ${sick}`);
    say(`installed ${await installedVersion(job)}`);
    await hangs(job, 'after install');
  }
  const to = await installedVersion(job);
  mkdirSync(path.dirname(config.paths.lastGood), { recursive: true });
  await host.files.write(config.paths.lastGood, `${to}\n`);
  for (const server of serversOf(job)) {
    const { user, unit, port } = server;
    const now = await standing(job, server);
    if (now === 'stopped' || (await answering(job, port)) === to) continue;
    if (now === 'has an agent') {
      say(`deferring ${unit} (an agent is running)`);
      await host.files.write(expand(config.paths.deferral, { user }), `${to}\n`);
      continue;
    }
    const runs = await restart(job, server);
    say(runs === undefined ? `FAILED to restart ${unit}` : `restarted ${unit} -> ${runs}`);
    await hangs(job, 'after the first restart');
  }
  return 0;
}

async function rollBack(job: Job, from: string, why: string): Promise<number> {
  job.say(`${why}; rolling back to ${from}`);
  const problem = job.troubles.cannotGoBack ? 'npm has no network' : await install(job, from);
  job.say(problem === undefined ? `rolled back to ${from}` : `ROLLBACK FAILED: ${problem}`);
  return 1;
}

/** `npm install --global`. @returns why not */
async function install({ host, config }: Job, version: string): Promise<string | undefined> {
  const prefix = path.dirname(path.dirname(config.paths.binary));
  const source = config.packageSource === undefined ? [] : [`--registry=${config.packageSource}`];
  const result = await host.commands.run(
    [
      config.paths.npm,
      'install',
      '--global',
      `--prefix=${prefix}`,
      `${config.package}@${version}`,
      ...source,
      `--cache=${path.join(prefix, '.npm-cache')}`,
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--prefer-online',
      '--fetch-retries=0',
      '--loglevel=error',
    ],
    { timeout: config.limits.installTimeout, family: true },
  );
  const failure = failureText(result);
  if (failure === undefined) return undefined;
  const lines = result.stderr.split('\n').map((line) => line.replace(/^npm error /, '').trim());
  return lines.find((line) => line !== '' && !line.startsWith('code ')) ?? failure;
}

async function hangs({ troubles }: Job, where: NonNullable<Troubles['hang']>): Promise<void> {
  if (troubles.hang !== where) return;
  // A timer, or Node would see that nothing is left to wait for.
  await new Promise(() => setInterval(() => undefined, 60_000));
}
