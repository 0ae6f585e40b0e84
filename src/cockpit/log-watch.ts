import type { Host } from '../host/host.ts';
import type { LogRecord } from '../host/unit-journal/unit-journal.ts';
import { excerpt } from '../text/printable.ts';
import { logLimit } from './state.ts';

/** How far back a log is read when it is opened, milliseconds. */
const span = 24 * 3_600_000;

/** Records that come within so many milliseconds are told together: a server may write thousands a second. */
const blink = 200;

export interface LogListener {
  /** What was said so far. */
  read(user: string, records: readonly LogRecord[]): void;
  /** What was said since. */
  more(user: string, records: readonly LogRecord[]): void;
  /** It cannot be read. */
  problem(user: string, words: string): void;
}

/** The log of one user's unit, while somebody looks at it: the last day of it, then what comes. */
export class LogWatch {
  readonly #host: Host;
  readonly #listener: LogListener;
  #user: string | undefined;
  /** The reading of this log; what an earlier one still tells counts no more. */
  #reading = new AbortController();

  constructor(host: Host, listener: LogListener) {
    this.#host = host;
    this.#listener = listener;
  }

  /** Whose log is looked at now; nobody's: it is left alone. */
  show(user: string | undefined, unit: string | undefined): void {
    if (user === this.#user) return;
    this.#reading.abort();
    this.#user = user;
    this.#reading = new AbortController();
    if (user !== undefined && unit !== undefined) void this.#follow(user, unit, this.#reading.signal);
  }

  async #follow(user: string, unit: string, signal: AbortSignal): Promise<void> {
    const { unitJournal, clock } = this.#host;
    let waiting: LogRecord[] = [];
    let began = false;
    let tell: NodeJS.Timeout | undefined;
    /** Resolves when what waits has been told. */
    let told = Promise.resolve();
    const soon = () => {
      told = new Promise((resolve) => {
        tell = setTimeout(() => {
          tell = undefined;
          const records = waiting;
          waiting = [];
          if (began) this.#listener.more(user, records);
          else this.#listener.read(user, records);
          began = true;
          resolve();
        }, blink);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    };
    // A log without a line is told as well.
    soon();
    try {
      const options = { lines: logLimit, since: clock.now() - span, follow: true, signal };
      for await (const record of unitJournal.log(unit, options)) {
        if (signal.aborted) break;
        waiting.push(record);
        if (tell === undefined) soon();
        // More than is ever shown: read on when that was told.
        if (waiting.length >= logLimit) await told;
      }
    } catch (error) {
      if (signal.aborted) return;
      clearTimeout(tell);
      this.#listener.problem(user, excerpt(error instanceof Error ? error.message : String(error)));
    } finally {
      if (signal.aborted) clearTimeout(tell);
    }
  }
}
