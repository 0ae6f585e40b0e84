import type { Fleet, Instance } from '../fleet/fleet.ts';
import type { Observation } from '../fleet/observation.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { recordChange, readLatest } from '../journal/history.ts';
import { JournalProblem, openJournal } from '../journal/journal.ts';
import { newestUsable } from '../snapshots/catalog.ts';
import { schemaLevel } from '../t3/state-database.ts';
import { unitCell } from '../view/instance.ts';

/** So many changes are written at once: with a thousand users the first look has thousands, and frames wait for it. */
const mostAtOnce = 200;

interface Found {
  user: string;
  fact: string;
  at: number;
  value: string;
}

/**
 * Writes down what changes while somebody watches, so that "since when" can be said tomorrow: the state of each unit, the
 * running version, the schema, the newest verified backup, and the host's installed version. Only changes are written,
 * by a connection that does no fsync.
 */
export class HistoryWriter {
  readonly #state: string;
  readonly #problem: (words: string) => void;
  readonly #known = new Map<string, string>();
  #journal: Sqlite | undefined;
  #unwritable = false;

  /** @param problem Told why nothing can be written; once. */
  constructor(stateFolder: string, problem: (words: string) => void) {
    this.#state = stateFolder;
    this.#problem = problem;
  }

  /** What a fleet shows that was not so before. */
  see(fleet: Fleet, wall: number): void {
    if (this.#unwritable) return;
    const changes = factsOf(fleet, wall)
      .filter(({ user, fact, value }) => this.#known.get(`${fact} ${user}`) !== value)
      .slice(0, mostAtOnce);
    if (changes.length === 0) return;
    try {
      this.#journal ??= this.#open();
      const journal = this.#journal;
      journal.transaction(() => {
        for (const change of changes) recordChange(journal, change);
      })();
      for (const { user, fact, value } of changes) this.#known.set(`${fact} ${user}`, value);
    } catch (error) {
      this.close();
      // Somebody else writes just now: the next look finds the same changes.
      if ((error as { code?: string }).code === 'SQLITE_BUSY') return;
      this.#unwritable = true;
      // Who may not write the journal is told so already, by the reader of it.
      if (error instanceof JournalProblem && error.kind === 'denied') return;
      this.#problem(`history: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  close(): void {
    this.#journal?.close();
    this.#journal = undefined;
  }

  #open(): Sqlite {
    const journal = openJournal(this.#state, false);
    // No frame waits for a runner that writes; what could not be written is seen again at the next look.
    journal.pragma('busy_timeout = 50');
    for (const { user, fact, value } of readLatest(journal)) this.#known.set(`${fact} ${user}`, value);
    return journal;
  }
}

function factsOf(fleet: Fleet, wall: number): Found[] {
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
function runningFact(instance: Instance, wall: number): Found[] {
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
): Found[] {
  switch (observation.kind) {
    case 'pending':
      return [];
    case 'known':
      return [{ user, fact, at: wall, value: say(observation.value) }];
    case 'unknown':
      // Without the reason: a number of seconds in it would make every look a change.
      return [{ user, fact, at: wall, value: 'unknown' }];
  }
}
