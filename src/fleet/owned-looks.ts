import pLimit from 'p-limit';
import { moment, reasonOf, type Collecting } from './collect/context.ts';
import { observeOwned, type Remembered } from './collect/owned.ts';
import type { Instance } from './fleet.ts';
import type { JournalFacts } from './journal-facts.ts';
import { known, unknown, valueOf, type Observation } from './observation.ts';
import { ReadingBudget } from './readers.ts';
import { oneAtATime } from './turns.ts';

/** Measure one instance within a limit, or wait for the same measurement of it that is under way. */
export type Measure = (
  key: string,
  user: string,
  limit: ReturnType<typeof pLimit> | undefined,
  look: (instance: Instance) => Promise<Partial<Instance>>,
) => Promise<void>;

/** The looks into users' own folders: what is remembered of each, and when they may be read. */
export class OwnedLooks {
  readonly #collecting: Collecting;
  readonly #journal: JournalFacts;
  readonly #measure: Measure;
  readonly #users: () => number;
  readonly #budget: ReadingBudget;
  readonly #readers: ReturnType<typeof pLimit>;
  readonly #remembered = new Map<string, Remembered>();
  readonly #looks = new Map<string, () => Promise<void>>();
  /** Whose files have changed and could not be read yet, for the budget. */
  readonly #unread = new Set<string>();
  /** Who is to be read at the next look, whatever the budget says. */
  readonly #owed = new Set<string>();
  /** Whose backup folder is to be looked at as well, whenever it was last. */
  readonly #wanted = new Set<string>();
  readonly #later = new Map<string, NodeJS.Timeout>();

  /** @param users How many share the budget. */
  constructor(collecting: Collecting, journal: JournalFacts, measure: Measure, users: () => number) {
    const { limits } = collecting.config;
    this.#collecting = collecting;
    this.#journal = journal;
    this.#measure = measure;
    this.#users = users;
    this.#budget = new ReadingBudget(collecting.host.clock, limits.readerShare);
    this.#readers = pLimit(limits.parallelReaders);
  }

  /** Look at all of a user's files. What is asked for while that goes on is done once more after it. */
  look(user: string, mayRead = true): Promise<void> {
    this.#wanted.add(user);
    return this.#due(user, mayRead);
  }

  /** Look at those of a user's files whose time has come. */
  turn(user: string): Promise<void> {
    return this.#due(user, true);
  }

  #due(user: string, mayRead: boolean): Promise<void> {
    const key = `${user} ${mayRead}`;
    const look = this.#looks.get(key) ?? oneAtATime(() => this.#look(user, mayRead));
    this.#looks.set(key, look);
    return look();
  }

  /** Something in this user's folders has changed, by whomever: look as soon as the budget allows. */
  async changed(user: string): Promise<void> {
    this.#budget.changed(user);
    await this.look(user);
    if (!this.#unread.has(user) || this.#later.has(user)) return;
    const look = () => {
      this.#later.delete(user);
      void this.look(user);
    };
    this.#later.set(user, setTimeout(look, this.#budget.pause(user)).unref());
  }

  /** Something was done to this user's files on purpose: look now. */
  refresh(user: string): Promise<void> {
    // Not only forgiven: a look that is under way would spend the budget again, and the news would wait for it.
    this.#owed.add(user);
    return this.look(user);
  }

  /** Users come and go with the user map: keep nothing of one who went. */
  forget(user: string): void {
    this.#remembered.delete(user);
    this.#budget.forget(user);
    this.#unread.delete(user);
    this.#owed.delete(user);
    this.#wanted.delete(user);
    clearTimeout(this.#later.get(user));
    this.#later.delete(user);
    for (const mayRead of [true, false]) this.#looks.delete(`${user} ${mayRead}`);
  }

  stop(): void {
    for (const timer of this.#later.values()) clearTimeout(timer);
  }

  /** From outside at once, by a reader when there is a place for it: a size is shown before anything has been read. */
  async #look(user: string, mayRead: boolean): Promise<void> {
    const look = (read: boolean) => async (instance: Instance) => {
      const remembered = this.#remembered.get(user) ?? { state: {}, folder: {} };
      this.#remembered.set(user, remembered);
      if (this.#wanted.delete(user)) delete remembered.folder.seen;
      const records = this.#ask(() => this.#journal.snapshots(user));
      const {
        cost,
        due: changed,
        ...facts
      } = await observeOwned(this.#collecting, instance, remembered, valueOf(records) ?? [], read);
      this.#budget.spent(user, cost, this.#users());
      due = changed;
      return {
        ...facts,
        // Which of the files found are good is for the journal to say.
        ...(records.kind === 'unknown' ? { snapshots: unknown(records.reason, records.at) } : {}),
        probes: this.#ask(() => this.#journal.probes(user)),
      };
    };
    let due = false;
    await this.#measure(`look ${user}`, user, undefined, look(false));
    this.#unread.delete(user);
    if (!due || !mayRead) return;
    if (valueOf(this.#ask(() => this.#journal.closed(user, this.#collecting.host.clock.now()))) === true)
      this.#unread.add(user);
    else if (this.#owed.delete(user) || this.#budget.mayRead(user))
      await this.#measure(`read ${user}`, user, this.#readers, look(true));
    else this.#unread.add(user);
  }

  /** A journal that cannot be read is one more thing that is not known; everything else still is. */
  #ask<Value>(question: () => Value): Observation<Value> {
    const at = moment(this.#collecting);
    try {
      return known(question(), at);
    } catch (error) {
      return unknown(`journal: ${reasonOf(error)}`, at);
    }
  }
}
