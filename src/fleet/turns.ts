import type { Clock } from '../host/clock.ts';

/** Looks that are taken again and again, each on its own cadence, until `stop`. */
export class Turns {
  readonly #clock: Clock;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Take a look, and again a cadence after the last one began, or when that one has ended, whichever is later.
   *
   * @param cadence Milliseconds; asked when a look has ended where it is not always the same.
   * @param late The first look was taken already.
   */
  every(cadence: number | (() => number), look: () => Promise<unknown>, late = false): void {
    const interval = typeof cadence === 'number' ? () => cadence : cadence;
    const turn = () => {
      const began = this.#clock.monotonic();
      void look().finally(() => schedule(Math.max(0, interval() - (this.#clock.monotonic() - began))));
    };
    const schedule = (delay: number) => {
      if (this.#stopped) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        turn();
      }, delay);
      this.#timers.add(timer);
    };
    if (late) schedule(interval());
    else if (!this.#stopped) turn();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** One look at a time; what is asked for while it goes on is done once more after it, so that no news is missed. */
export function oneAtATime(look: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = look().finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (running === undefined) return start();
    again ??= running.then(() => {
      again = undefined;
      return start();
    });
    return again;
  };
}
