import type { Fleet, Instance } from '../fleet/fleet.ts';
import type { Observation } from '../fleet/observation.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { recordChange, readLatest, type Change } from '../journal/history.ts';
import { isBusy, JournalProblem, openJournal } from '../journal/journal.ts';
import { newestUsable } from '../snapshots/catalog.ts';
import { schemaLevel } from '../t3/state-database.ts';
import { excerpt } from '../text/printable.ts';
import { unitCell } from '../view/unit.ts';

/** So many changes are written at once: with a thousand users the first look has thousands, and frames wait for it. */
const mostAtOnce = 200;

/** How long a frame may wait for somebody else who writes, milliseconds; what could not be written is seen again. */
const patience = 50;

/** How long it is left alone after it could not be written, milliseconds. */
const retryInterval = 60_000;

/** What is not known is one value, whatever the reason: a number of seconds in it would make every look a change. */
const unknown = 'unknown';
const sameness = (value: string): string => (value.startsWith(unknown) ? unknown : value);

/**
 * Writes down what changes while somebody watches, so that "since when" can be said tomorrow: the state of each unit, the
 * running version, the schema, the newest verified backup, and the host's installed version. Only changes are written,
 * by a connection that does no fsync.
 */
export class HistoryWriter {
  readonly #state: string;
  readonly #problem: (words: string | undefined) => void;
  readonly #known = new Map<string, string>();
  #journal: Sqlite | undefined;
  #told: string | undefined;
  /** By the wall clock; not before this. */
  #notBefore = Number.NEGATIVE_INFINITY;

  /** @param problem Told why nothing can be written; undefined when it can again. */
  constructor(stateFolder: string, problem: (words: string | undefined) => void) {
    this.#state = stateFolder;
    this.#problem = problem;
  }

  /** What a fleet shows that was not so before. @param wall Now, milliseconds since 1970. @returns whether anything was written */
  see(fleet: Fleet, wall: number): boolean {
    // A clock that was set back is no reason to wait for ever.
    if (wall < this.#notBefore && wall > this.#notBefore - retryInterval) return false;
    const facts = factsOf(fleet, wall);
    if (facts.length === 0) return false;
    try {
      this.#journal ??= this.#open();
      const journal = this.#journal;
      const changes = facts
        .filter(({ user, fact, value }) => this.#known.get(`${fact} ${user}`) !== sameness(value))
        .slice(0, mostAtOnce);
      if (changes.length === 0) return false;
      // At once: one that begins by reading fails when somebody else has written since, however long it would wait.
      journal
        .transaction(() => {
          for (const change of changes) recordChange(journal, change);
        })
        .immediate();
      this.#remember(changes);
      this.#tell(undefined);
      return true;
    } catch (error) {
      // Somebody else writes just now: the next look finds the same changes.
      if (isBusy(error)) return false;
      if (error instanceof JournalProblem && error.kind === 'busy') return false;
      this.close();
      this.#notBefore = wall + retryInterval;
      // Who may not write the journal is told so already, by the reader of it.
      if (error instanceof JournalProblem && error.kind === 'denied') return false;
      this.#tell(excerpt(error instanceof Error ? error.message : String(error)));
      return false;
    }
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#told) return;
    this.#told = problem;
    this.#problem(problem);
  }

  #remember(changes: readonly Change[]): void {
    for (const { user, fact, value } of changes) this.#known.set(`${fact} ${user}`, sameness(value));
  }

  close(): void {
    this.#journal?.close();
    this.#journal = undefined;
  }

  #open(): Sqlite {
    const journal = openJournal(this.#state, false, patience);
    this.#remember(readLatest(journal));
    return journal;
  }
}

function factsOf(fleet: Fleet, wall: number): Change[] {
  return [
    ...told('', 'installed', fleet.installed, (version) => version, wall),
    ...fleet.instances.flatMap((instance) => [
      ...told(instance.user, 'unit', instance.unit, (unit) => unitCell(unit).text, wall),
      ...runningFact(instance, wall),
      ...told(
        instance.user,
        'schema',
        instance.state,
        ({ migrations }) => `${schemaLevel(migrations)?.id} ${schemaLevel(migrations)?.name}`,
        wall,
      ),
      ...told(
        instance.user,
        'backup',
        instance.snapshots,
        (entries) => newestUsable(entries, wall).verified?.file ?? 'none verified',
        wall,
      ),
    ]),
  ];
}

/** A server that is stopped answers nothing: that is the unit's change, not one of its version. */
function runningFact(instance: Instance, wall: number): Change[] {
  const unit = instance.unit.kind === 'known' ? instance.unit.value.active : undefined;
  if (unit !== 'active') return [];
  return told(instance.user, 'running', instance.liveness, ({ version }) => version, wall);
}

function told<Value>(
  user: string,
  fact: string,
  observation: Observation<Value>,
  say: (value: Value) => string,
  wall: number,
): Change[] {
  switch (observation.kind) {
    case 'pending':
      return [];
    case 'known':
      return [{ user, fact, at: wall, value: say(observation.value) }];
    case 'unknown':
      return [{ user, fact, at: wall, value: `${unknown}: ${excerpt(observation.reason, 120)}` }];
  }
}
