import { unitLogFile } from '../host/units/supervisor.ts';
import path from 'node:path';

/** Where things lie in a sandbox: a host's layout (docs/host.md) under one folder. */
export interface Layout {
  root: string;
  config: string;
  /** The mark of a sandbox: `destroy` removes nothing without it. */
  mark: string;
  userMap: string;
  dispatchTable: string;
  serveFolder: string;
  unitTemplate: string;
  freeze: string;
  lastGood: string;
  deferrals: string;
  backups: string;
  binary: string;
  npm: string;
  versions: string;
  state: string;
  run: string;
  logs: string;
  /** The host's own updater: a copy of a file with the pin. */
  enforcer: string;
  /** Which of the host's own jobs there are (jobs/definitions.ts), and what is wrong with them (jobs/job.ts). */
  jobs: string;
  jobTroubles: string;
  /** What is wrong with the package source (packages/source.ts). */
  packageTroubles: string;
  environmentFile(user: string): string;
  home(user: string): string;
  unitLog(unit: string): string;
}

export function layoutOf(root: string): Layout {
  const at = (...parts: string[]) => path.join(root, ...parts);
  return {
    root,
    config: at('config.yaml'),
    mark: at('sandbox.json'),
    userMap: at('etc/ttyd-user-map'),
    dispatchTable: at('etc/t3-serve/dispatch.json'),
    serveFolder: at('etc/t3-serve'),
    unitTemplate: at('etc/systemd/system/t3-serve@.service'),
    freeze: at('etc/t3-autoupdate.freeze'),
    lastGood: at('var/lib/t3-autoupdate/last-good'),
    deferrals: at('var/lib/t3-autoupdate/deferred'),
    backups: at('var/backups/t3-state'),
    binary: at('usr/bin/t3'),
    npm: at('usr/bin/npm'),
    versions: at('usr/lib/t3'),
    state: at('var/lib/t3-cockpit'),
    run: at('run'),
    logs: at('var/log'),
    enforcer: at('usr/local/bin/t3-autoupdate'),
    jobs: at('etc/jobs.json'),
    jobTroubles: at('job-troubles.json'),
    packageTroubles: at('package-source.json'),
    environmentFile: (user) => at('etc/t3-serve', `${user}.env`),
    home: (user) => at('home', user),
    unitLog: (unit) => at(unitLogFile(unit)),
  };
}

/** The administrator of a sandbox: not a t3 user, owns the pin files. */
export const administrator = 'admin';

/** The npm package of t3. */
export const packageName = 't3';
