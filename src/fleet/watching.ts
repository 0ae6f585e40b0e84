import path from 'node:path';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import type { UnitWatch } from '../host/units/units.ts';
import type { Watch } from '../host/watch.ts';
import { placesOf } from '../t3/launcher.ts';
import type { Fleet } from './fleet.ts';
import { valueOf } from './observation.ts';

/** What to look at again when something at a path has changed. */
export type Topic =
  { about: 'roster' } | { about: 'versions' } | { about: 'deferrals' } | { about: 'backups'; user: string };

/**
 * The paths on which what the host's scripts, its admins and its users do is to be seen at once: a file of the host's own
 * each, and two folders a user. State databases are not among them: a busy one changes ten times a second.
 */
export function watchedPaths(fleet: Fleet, config: Config): Map<string, Topic> {
  const { paths, snapshots } = config;
  const topics = new Map<string, Topic>([
    [paths.userMap, { about: 'roster' }],
    [paths.dispatchTable, { about: 'roster' }],
    [paths.binary, { about: 'versions' }],
    [placesOf(config).users, { about: 'versions' }],
    [placesOf(config).everybody, { about: 'versions' }],
    [paths.freeze, { about: 'versions' }],
    [paths.lastGood, { about: 'versions' }],
  ]);
  for (const { file } of valueOf(fleet.pins)?.readings ?? []) topics.set(file, { about: 'versions' });
  for (const { user } of fleet.instances) {
    const backups = expand(paths.backups, { user });
    topics.set(expand(paths.environmentFile, { user }), { about: 'roster' });
    topics.set(expand(paths.deferral, { user }), { about: 'deferrals' });
    topics.set(backups, { about: 'backups', user });
    topics.set(path.join(backups, snapshots.folder), { about: 'backups', user });
  }
  return topics;
}

/** A supervisor says several things about one stop or start; units are looked at once for all of them. Milliseconds. */
const burst = 100;

/** What is told without being asked for, of a host: changed files, and changed units. */
export class FleetWatch {
  readonly #config: Config;
  readonly #files: Watch;
  readonly #units: UnitWatch;
  #topics = new Map<string, Topic>();
  #due: NodeJS.Timeout | undefined;

  /**
   * @param concerns Is this the name of one of our units? The supervisor tells of all there are.
   * @param told Once for all units of a moment, and once a path.
   */
  constructor(
    host: Host,
    config: Config,
    concerns: (unit: string) => boolean,
    told: { file: (topic: Topic) => void; units: () => void },
  ) {
    this.#config = config;
    this.#files = host.watch((file) => {
      const topic = this.#topics.get(file);
      if (topic !== undefined) told.file(topic);
    });
    this.#units = host.units.watch((name) => {
      if (this.#due !== undefined || (name !== undefined && !concerns(name))) return;
      this.#due = setTimeout(() => {
        this.#due = undefined;
        told.units();
      }, burst);
    });
  }

  /** Is every change of a unit told, as far as that can be said? */
  get tellsOfUnits(): boolean {
    return this.#units.tellsAll?.() === true;
  }

  /** Watch what this fleet has. */
  set(fleet: Fleet): void {
    this.#topics = watchedPaths(fleet, this.#config);
    this.#files.set([...this.#topics.keys()]);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#due);
    await Promise.all([this.#files.close(), this.#units.close()]);
  }
}
