import path from 'node:path';
import { overridesFolder } from '../../src/host/units/supervisor.ts';
import type { Step } from '../../src/operations/plan.ts';
import type { Change } from './recorded.ts';

/** What the steps of a plan are about, by the names on the file system: said by the plan alone. */

/** @param except What lies in a folder of its own there. */
export const within = (name: string, folder: string, except?: string): boolean =>
  (name === folder || name.startsWith(`${folder}/`)) && (except === undefined || !within(name, except));

/** Is this what a step is about? By the paths that its plan names, and what comes and goes beside them. */
export function explains(step: Step, { path: name }: Change): boolean {
  const beside = (file: string) =>
    name === file ||
    (path.dirname(name) === path.dirname(file) && path.basename(name).includes(path.basename(file)));
  switch (step.kind) {
    case 'download':
      return within(name, step.prefix) || within(name, step.partial);
    case 'gate':
      return (
        within(name, step.scratch) || within(path.dirname(step.scratch), name) || sideOf(step.database, name)
      );
    case 'snapshot':
      return ofSnapshot(step, name) || sideOf(step.source, name);
    case 'pin':
    case 'install':
      return beside(step.kind === 'pin' ? step.file : step.binary);
    case 'stop':
      return ofInstance(step.live, name) || ofMarker(step.deferral?.file ?? null, name);
    case 'cold-copy':
      return ofSnapshot(step, name) || ofInstance(step.live, name);
    case 'hold':
      return ofOverride(step.unit, name);
    case 'start':
      return ofInstance(step.live, name) || ofOverride(step.unit, name);
    case 'check':
      return ofInstance(step.live, name);
    case 'stage':
      return name.startsWith(step.base) || sideOf(path.join(step.folder, step.file), name);
    case 'replace':
      return (
        name.startsWith(step.live) ||
        [step.file, step.givenUp].some((file) => ofSnapshot({ ...step, file }, name))
      );
    case 'verify-snapshot':
      return step.scratch !== null && within(name, step.scratch);
    case 'remove-snapshot':
      return ofSnapshot(step, name);
    case 'freeze':
      return beside(step.file);
    case 'settle':
      return name.startsWith(step.base) || ofMarker(step.deferral, name);
    case 'mark':
      return ofMarker(step.lastGood, name);
    default:
      return false;
  }
}

/** What SQLite has beside a database. */
const sideOf = (file: string | null, name: string) =>
  file !== null && ['-wal', '-shm', '-journal'].some((side) => name === file + side);

/** A server's own files, and its database's; by the way down to them in a base directory. */
const ofInstance = (live: string, name: string) => within(name, path.dirname(path.dirname(live)));

/** What the sandbox's supervisor is told that a unit is to start. */
const ofOverride = (unit: string, name: string) =>
  name.endsWith(`/${overridesFolder}`) ||
  (path.dirname(name).endsWith(`/${overridesFolder}`) && path.basename(name).includes(unit));

/** A marker, its partial, and the folder that is made for it. */
const ofMarker = (file: string | null, name: string) =>
  file !== null && (name.startsWith(file) || within(path.dirname(file), name));

function ofSnapshot(
  {
    backups,
    folder,
    file,
    alias = null,
  }: { backups: string; folder: string; file: string; alias?: string | null },
  name: string,
): boolean {
  const stem = path.join(folder, file.replace(/\.sqlite$/, ''));
  return (
    name.startsWith(stem) ||
    name === folder ||
    name === backups ||
    (alias !== null && name === path.join(backups, alias))
  );
}

/** The names that a step leaves for good when it has succeeded. */
export function leaves(step: Step): string[] {
  switch (step.kind) {
    case 'download':
      return [step.prefix];
    case 'snapshot':
    case 'cold-copy':
      return [
        path.join(step.folder, step.file),
        path.join(step.folder, step.file.replace(/\.sqlite$/, '.json')),
        ...(step.alias === null ? [] : [path.join(step.backups, step.alias)]),
      ];
    case 'pin':
      return [step.file];
    case 'install':
      return [step.binary];
    case 'mark':
      return step.lastGood === null ? [] : [step.lastGood];
    case 'freeze':
      return [step.file];
    case 'replace':
    case 'remove-snapshot':
      return [path.join(step.folder, step.file)];
    default:
      return [];
  }
}
