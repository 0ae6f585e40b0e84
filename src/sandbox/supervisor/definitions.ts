import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { entryCommand } from '../../host/program.ts';
import { overridesFolder } from '../../host/units/supervisor.ts';
import { hostJobs, readJobs } from '../jobs/definitions.ts';
import type { Layout } from '../layout.ts';
import type { Mark } from '../mark.ts';
import { controlGroup } from './control-group.ts';
import type { UnitDefinition } from './unit.ts';

/** The template's name on both sides of the user: `t3-serve@{user}.service`. */
const unitPattern = /^t3-serve@([A-Za-z_][\w.-]*)\.service$/;

/** The unit of the stand-in dispatch. */
export const dispatchUnit = 't3-dispatch.service';

/** The unit of the stand-in package source. */
export const packageSourceUnit = 't3-package-source.service';

/** What a unit of a sandbox runs, read anew: an environment file makes an instance of the template. */
export function definitionOf(layout: Layout, mark: Mark, name: string): UnitDefinition | undefined {
  const common = {
    name,
    startup: 'enabled',
    controlGroup: controlGroup(mark.id, name),
    log: layout.unitLog(name),
  };
  if (name === dispatchUnit && mark.dispatch !== undefined) {
    return {
      ...common,
      argv: entryCommand('stand-in-dispatch', layout.root, String(mark.dispatch)),
      environment: {},
    };
  }
  if (name === packageSourceUnit && mark.packages !== undefined) {
    return {
      ...common,
      argv: entryCommand('stand-in-package-source', layout.root, String(mark.packages)),
      environment: {},
    };
  }
  const job = /^(.*)\.service$/.exec(name)?.[1] ?? '';
  if (readJobs(layout).has(job))
    return {
      ...common,
      oneshot: true,
      startup: 'static',
      argv: hostJobs[job]?.argv(layout) ?? ['false'],
      environment: {},
    };
  const user = unitPattern.exec(name)?.[1];
  if (user === undefined) return undefined;
  const file = layout.environmentFile(user);
  if (!existsSync(file)) return undefined;
  const environment = parseEnv(readFileSync(file, 'utf8')) as Record<string, string>;
  const home = layout.home(user);
  return {
    ...common,
    // `systemctl disable`: meant to be off.
    startup: environment['T3_SANDBOX_DISABLED'] === '1' ? 'disabled' : 'enabled',
    argv: [
      programOf(layout, name),
      'serve',
      '--host',
      '127.0.0.1',
      '--port',
      environment['T3_PORT'] ?? '',
      '--base-dir',
      `${home}/.t3`,
    ],
    environment: { ...environment, HOME: home, USER: user },
  };
}

/** The global binary, unless the unit is held on another one (`Units.override`). */
function programOf(layout: Layout, name: string): string {
  const file = `${layout.root}/${overridesFolder}/${name}`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : layout.binary;
}
