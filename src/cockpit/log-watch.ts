import type { Host } from '../host/host.ts';
import type { JournalFollower, UnitRecord } from '../host/unit-journal/unit-journal.ts';
import { excerpt } from '../text/printable.ts';
import { logLimit } from './state.ts';

/** How far back a log is read when it is opened, milliseconds. */
const span = 24 * 3_600_000;

/** Lines that come within so many milliseconds are told together: a server may write thousands a second. */
const blink = 200;

export interface LogListener {
  /** What was said so far. */
  read(user: string, records: readonly UnitRecord[]): void;
  /** What was said since. */
  more(user: string, records: readonly UnitRecord[]): void;
  /** It cannot be read. */
  problem(user: string, words: string): void;
}

/** The log of one user's unit, while somebody looks at it: the last day of it, then what comes. */
export class LogWatch {
  readonly #host: Host;
  readonly #listener: LogListener;
  #user: string | undefined;
  #follower: JournalFollower | undefined;
  /** Which opening of a log it is: what an earlier one still tells counts no more. */
  #opening = 0;
  #waiting: UnitRecord[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Host, listener: LogListener) {
    this.#host = host;
    this.#listener = listener;
  }

  /** Whose log is looked at now; nobody's: it is left alone. */
  show(user: string | undefined, unit: string | undefined): void {
    if (user === this.#user) return;
    this.#stop();
    this.#user = user;
    if (user !== undefined && unit !== undefined) void this.#start(user, unit);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.#opening += 1;
    // How it ends is of no interest: nobody looks at it any more.
    this.#follower?.finish().catch(() => undefined);
    this.#follower = undefined;
  }

  async #start(user: string, unit: string): Promise<void> {
    const { unitJournal, clock } = this.#host;
    const opening = this.#opening;
    const counts = () => this.#opening === opening;
    const now = clock.now();
    let records: UnitRecord[];
    try {
      records = await unitJournal.read([unit], { since: now - span }, logLimit);
    } catch (error) {
      if (counts())
        this.#listener.problem(user, excerpt(error instanceof Error ? error.message : String(error)));
      return;
    }
    if (!counts()) return;
    this.#listener.read(user, records);
    const since = (records.at(-1)?.at ?? now) + 1;
    this.#follower = unitJournal.follow(unit, since, (record) => {
      if (!counts()) return;
      this.#waiting.push(record);
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#listener.more(user, this.#waiting.splice(0));
      }, blink);
    });
  }
}
