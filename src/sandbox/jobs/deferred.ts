import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expand } from '../../config/expand.ts';
import { isStopped } from '../../host/units/units.ts';
import { answering, frozen, restart, serversOf, standing, type Job } from './job.ts';

/** The host's `t3-migrate-idle`: restarts those to whom a restart is owed, once no agent of theirs runs. */
export async function migrateIdle(job: Job): Promise<number> {
  const { config, say } = job;
  const frost = await frozen(job);
  if (frost !== undefined) {
    say(`frozen (${frost}): nobody is restarted`);
    return 0;
  }
  for (const server of serversOf(job)) {
    const file = expand(config.paths.deferral, { user: server.user });
    if (!existsSync(path.dirname(file)) || !readdirSync(path.dirname(file)).includes(server.user)) continue;
    if ((await standing(job, server)) === 'has an agent') {
      say(`deferring ${server.unit} (an agent is running)`);
      continue;
    }
    const runs = await restart(job, server);
    if (runs === undefined) {
      say(`FAILED to restart ${server.unit}`);
      return 1;
    }
    rmSync(file);
    say(`restarted ${server.unit} -> ${runs}`);
  }
  return 0;
}

/** How often a server is asked before it counts as dead, and how long to wait between, milliseconds. */
const probes = { count: 3, pause: 300 };

/**
 * The host's `t3-watchdog`: a server that runs and does not answer three times is restarted; when that does not help,
 * versions are frozen. The host's own goes on to restore a database and to reinstall: that part is not simulated.
 */
export async function watchdog(job: Job): Promise<number> {
  const { host, config, say } = job;
  for (const server of serversOf(job)) {
    const state = (await host.units.show([server.unit])).get(server.unit);
    if (state === undefined || isStopped(state)) continue;
    if (await answersAtAll(job, server.port)) continue;
    say(`${server.unit} failed ${probes.count} probes`);
    const runs = await restart(job, server);
    if (runs !== undefined) {
      say(`restarted ${server.unit} -> ${runs}`);
      continue;
    }
    await host.files.write(config.paths.freeze, `watchdog: ${server.unit} does not come back\n`);
    say(`FAILED to restart ${server.unit}: versions are frozen`);
    return 1;
  }
  return 0;
}

async function answersAtAll(job: Job, port: number): Promise<boolean> {
  for (let probe = 0; probe < probes.count; probe += 1) {
    if (probe > 0) await delay(probes.pause);
    if ((await answering(job, port)) !== undefined) return true;
  }
  return false;
}
