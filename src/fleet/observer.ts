import pLimit from 'p-limit';
import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import type { Collecting } from './collect/context.ts';
import { observeLiveness } from './collect/liveness.ts';
import { observeDeferral, observeFreeze, observeLastGood } from './collect/host-state.ts';
import { readRoster } from './collect/roster.ts';
import { judgeHosting, observeJobs, observeSession, observeUnits } from './collect/units.ts';
import { observePins, type RememberedPins } from './collect/pins.ts';
import { observeInstalled, observeLauncher, type RememberedBinary } from './collect/versions.ts';
import type { Fleet, Instance } from './fleet.ts';
import type { JournalFacts } from './journal-facts.ts';
import { nothingSeen, unseenInstance } from './unseen.ts';
import { jobUnits } from './jobs.ts';
import { known, unknown, valueOf } from './observation.ts';
import { OwnedLooks, type Measure } from './owned-looks.ts';
import { saysTheSame } from './sameness.ts';
import { oneAtATime, Turns } from './turns.ts';
import { FleetWatch, type Topic } from './watching.ts';

export interface ObserverOptions {
  host: Host;
  config: Config;
  /** What the journal knows; cheap, asked at every look. */
  journal: JournalFacts;
  /** The environment that this program was started in: its tmux, and who called sudo. */
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * So many times its cadence, units are asked about where every change of them is told anyhow. Each question costs ten
 * milliseconds of a core, and systemd as many again. Less than three: then they would count as stale.
 */
const patience = 2;

/** @param news Whether it says anything else than before: not only that it was looked at again, nor a quantity alone. */
export type FleetListener = (fleet: Fleet, news: boolean) => void;

type HostFacts = Omit<Fleet, 'instances'>;

/**
 * Keeps one immutable Fleet value up to date: `once` for a single look, `start` for looking at every fact on its own
 * cadence. Each instance is measured by itself, so one that never answers delays only its own cells.
 */
export class FleetObserver {
  readonly #collecting: Collecting;
  readonly #options: ObserverOptions;
  readonly #requests: ReturnType<typeof pLimit>;
  readonly #binary: RememberedBinary = {};
  readonly #pinFiles: RememberedPins = {};
  readonly #busy = new Map<string, Promise<void>>();
  readonly #owned: OwnedLooks;
  readonly #listeners = new Set<FleetListener>();
  readonly #turns: Turns;
  readonly #observeUnits = oneAtATime(() => this.#lookAtUnits());
  readonly #observeVersions = oneAtATime(() => this.#lookAtVersions());
  readonly #observeRoster = oneAtATime(() => this.#lookAtRoster());
  readonly #observeDeferrals = oneAtATime(() => this.#lookAtDeferrals());
  readonly #instances = new Map<string, Instance>();
  #facts: HostFacts = nothingSeen;
  /** The value last given out; undefined as soon as anything has changed since. */
  #fleet: Fleet | undefined;
  #watch: FleetWatch | undefined;
  #announced = false;
  #news = false;
  #stopped = false;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#collecting = { host: options.host, config: options.config };
    this.#turns = new Turns(options.host.clock);
    this.#requests = pLimit(options.config.limits.parallelRequests);
    this.#owned = new OwnedLooks(
      this.#collecting,
      options.journal,
      (...measurement) => this.#alone(...measurement),
      () => this.#instances.size,
    );
  }

  get fleet(): Fleet {
    return (this.#fleet ??= { ...this.#facts, instances: [...this.#instances.values()] });
  }

  /** Hear of every new Fleet value; several changes of one moment are told once. @returns the end of it */
  subscribe(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Look at everything once. Resolves when each fact is known, or known to be unknown; all of them are bounded in time.
   *
   * @param scope What to spare: `versions` runs t3 (1.75 CPU seconds), `readers` starts a process a user.
   */
  async once(
    scope: { versions: boolean; readers: boolean } = { versions: true, readers: true },
  ): Promise<Fleet> {
    const versions = scope.versions ? this.#observeVersions() : Promise.resolve();
    await this.#observeRoster();
    await this.#observeUnits();
    await Promise.all([
      versions,
      ...this.#eachInstance((user) => this.#observeAlive(user)),
      ...this.#eachInstance((user) => this.#owned.look(user, scope.readers)),
    ]);
    return this.fleet;
  }

  /** Look at every fact on its own cadence until `stop`. */
  start(): void {
    const { cadence } = this.#options.config;
    void this.#observeRoster().then(() => {
      this.#turns.every(cadence.accounts, () => this.#observeRoster(), true);
      this.#turns.every(
        () => cadence.units * (this.#watch?.tellsOfUnits === true ? patience : 1),
        () => this.#observeUnits(),
      );
      this.#turns.every(cadence.liveness, () =>
        Promise.all(this.#eachInstance((user) => this.#observeAlive(user))),
      );
      this.#turns.every(Math.min(cadence.state, cadence.snapshots), () =>
        Promise.all(this.#eachInstance((user) => this.#owned.turn(user))),
      );
    });
    this.#turns.every(cadence.installed, () => this.#observeVersions());
    // What the host's own scripts and supervisor do is seen at once, not at the next turn.
    this.#watch = new FleetWatch(
      this.#options.host,
      this.#options.config,
      (unit) => this.#unitNames().includes(unit),
      { file: (topic) => this.#follow(topic), units: () => void this.#observeUnits() },
    );
  }

  #follow(topic: Topic): void {
    switch (topic.about) {
      case 'roster':
        return void this.#observeRoster().then(() => this.#observeUnits());
      case 'versions':
        return void this.#observeVersions();
      case 'deferrals':
        return void this.#observeDeferrals();
      case 'backups':
        return void this.#owned.changed(topic.user);
    }
  }

  stop(): void {
    this.#stopped = true;
    void this.#watch?.stop();
    this.#turns.stop();
    this.#owned.stop();
    this.#listeners.clear();
  }

  /** Something has just changed for this user: look now instead of at the next turn. */
  async refresh(user: string): Promise<void> {
    await Promise.all([this.#owned.refresh(user), this.#observeAlive(user)]);
  }

  async #lookAtRoster(): Promise<void> {
    const { userMap, dispatchTable, entries } = await readRoster(this.#collecting);
    if (userMap.kind === 'known') {
      const before = new Map(this.#instances);
      this.#instances.clear();
      for (const entry of entries) {
        this.#instances.set(entry.user, { ...unseenInstance, ...before.get(entry.user), ...entry });
        this.#news ||= !saysTheSame(before.get(entry.user), this.#instances.get(entry.user));
      }
      for (const user of before.keys()) {
        if (this.#instances.has(user)) continue;
        this.#owned.forget(user);
        this.#news = true;
      }
      this.#know({ userMap: known(userMap.value.problems, userMap.at), dispatchTable });
    } else if (userMap.kind === 'unknown') {
      // A user map that cannot be read does not mean that everybody is gone.
      this.#know({ userMap: unknown(userMap.reason, userMap.at) });
    }
    await this.#observeDeferrals();
    this.#watch?.set(this.fleet);
  }

  async #lookAtDeferrals(): Promise<void> {
    await Promise.all(
      [...this.#instances.keys()].map(async (user) => {
        const deferral = await observeDeferral(this.#collecting, user);
        this.#lay(user, { deferral });
      }),
    );
    this.#changed();
  }

  /** The units of everybody's servers and of the host's own jobs. */
  #unitNames(): string[] {
    const jobs = this.#options.config.jobs.flatMap((job) => Object.values(jobUnits(job)));
    return [...[...this.#instances.values()].map((instance) => instance.unitName), ...jobs];
  }

  async #lookAtUnits(): Promise<void> {
    const names = this.#unitNames();
    const [units, session] = await Promise.all([
      observeUnits(this.#collecting, names),
      observeSession(this.#collecting, this.#options.environment),
    ]);
    const asked = new Set(names);
    for (const [user, instance] of this.#instances) {
      // The user map may have grown while the supervisor was asked.
      if (!asked.has(instance.unitName)) continue;
      const unit = units(instance.unitName);
      this.#lay(user, { unit, hosting: judgeHosting(unit, session) });
      // Another server, or none any more: what the last one answered is past.
      const [before, now] = [valueOf(instance.unit), valueOf(unit)];
      const another =
        before === undefined ? instance.liveness.kind === 'pending' : before.mainPid !== now?.mainPid;
      if (another) void this.#observeAlive(user);
    }
    this.#know({ jobs: observeJobs(this.#collecting, units) });
  }

  async #lookAtVersions(): Promise<void> {
    await Promise.all([
      observeInstalled(this.#collecting, this.#facts.installed, this.#binary).then((installed) =>
        this.#know({ installed }),
      ),
      observePins(this.#collecting, this.#options.environment, this.#pinFiles).then((pins) =>
        this.#know({ pins }),
      ),
      observeLauncher(this.#collecting).then((launcher) => this.#know({ launcher })),
      observeFreeze(this.#collecting).then((freeze) => this.#know({ freeze })),
      observeLastGood(this.#collecting).then((lastGood) => this.#know({ lastGood })),
    ]);
    this.#watch?.set(this.fleet);
  }

  #observeAlive(user: string): Promise<void> {
    return this.#alone(`alive ${user}`, user, this.#requests, async (instance) => {
      const liveness = await observeLiveness(this.#collecting, instance);
      return { liveness };
    });
  }

  #eachInstance(look: (user: string) => Promise<void>): Promise<void>[] {
    return [...this.#instances.keys()].map(look);
  }

  /** Measure one instance. Whoever asks for the same measurement while it is under way waits for that one. */
  #alone(...[key, user, limit, look]: Parameters<Measure>): Promise<void> {
    const running = this.#busy.get(key);
    if (running !== undefined) return running;
    const measure = async () => {
      const instance = this.#instances.get(user);
      if (instance === undefined || this.#stopped) return;
      const facts = await look(instance);
      // Other facts of it may have been measured meanwhile: lay only these over what is known now. And it may be gone.
      this.#lay(user, facts);
      this.#changed();
    };
    const measuring = (limit === undefined ? measure() : limit(measure)).finally(() =>
      this.#busy.delete(key),
    );
    this.#busy.set(key, measuring);
    return measuring;
  }

  /** Lay what was measured over what is known of somebody; of one who is gone, nothing is. */
  #lay(user: string, facts: Partial<Instance>): void {
    const before = this.#instances.get(user);
    if (before === undefined) return;
    const now = { ...before, ...facts };
    this.#news ||= !saysTheSame(before, now);
    this.#instances.set(user, now);
  }

  #know(facts: Partial<HostFacts>): void {
    const before = this.#facts;
    this.#facts = { ...before, ...facts };
    this.#news ||= !saysTheSame(before, this.#facts);
    this.#changed();
  }

  #changed(): void {
    this.#fleet = undefined;
    if (this.#announced || this.#stopped) return;
    this.#announced = true;
    setImmediate(() => {
      const news = this.#news;
      this.#announced = this.#news = false;
      for (const listener of this.#listeners) listener(this.fleet, news);
    });
  }
}
