import { loadConfig } from '../../config/load.ts';
import { openHost } from '../../host/host.ts';
import { sandboxUnitVariable } from '../../host/processes.ts';
import { autoupdate } from './autoupdate.ts';
import { backupState } from './backup-state.ts';
import { migrateIdle, watchdog } from './deferred.ts';
import { readTroubles, type Job } from './job.ts';

const jobs: Readonly<Record<string, (job: Job) => Promise<number>>> = {
  't3-autoupdate': (job) => autoupdate(job, process.env['T3_PIN'] ?? ''),
  't3-backup-state': backupState,
  't3-migrate-idle': migrateIdle,
  't3-watchdog': watchdog,
};

/** One of the host's own jobs, a simulation of its script. @returns its exit code */
export async function runJob(name: string, configFile: string): Promise<number> {
  const run = jobs[name];
  if (run === undefined) throw new Error(`no job ${name}`);
  const { config } = loadConfig({ file: configFile, environment: {} });
  const mark = process.env[sandboxUnitVariable];
  // What it starts belongs to its unit.
  const host = openHost(config, undefined, mark === undefined ? {} : { [sandboxUnitVariable]: mark });
  try {
    return await run({
      host,
      config,
      troubles: readTroubles(config),
      say: (line) => void process.stdout.write(`${line}\n`),
    });
  } finally {
    await host.close();
  }
}
