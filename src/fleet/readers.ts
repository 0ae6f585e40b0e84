import type { Clock } from '../host/clock.ts';

/** However costly a user's database is to read, it is tried again after this. Milliseconds. */
const longestPause = 5 * 60_000;

/** So many changes in a row are looked at as they come, and one more after each refill (milliseconds). */
const eagerReads = 6;
const eagerRefill = 5000;

/** What changes within so long (milliseconds) after one that was looked at as it came belongs to it: a file, and its folder. */
const sameMoment = 250;

/**
 * Decides when a user's files may be read again, so that reading costs no more than a share of one core however many
 * users are busy, and a database that is crafted to be slow is read less often instead of keeping others waiting.
 */
export class ReadingBudget {
  readonly #eager = new Map<string, { left: number; at: number; granted: number }>();
  readonly #notBefore = new Map<string, number>();
  readonly #clock: Clock;
  readonly #share: number;

  constructor(clock: Clock, share: number) {
    this.#clock = clock;
    this.#share = share;
  }

  mayRead(user: string): boolean {
    return this.pause(user) === 0;
  }

  /** Milliseconds until this user's files may be read again. */
  pause(user: string): number {
    return Math.max(0, (this.#notBefore.get(user) ?? 0) - this.#clock.monotonic());
  }

  /** @param users How many users share the budget. */
  spent(user: string, milliseconds: number, users: number): void {
    if (milliseconds === 0) return;
    const pause = Math.min(longestPause, (milliseconds * Math.max(1, users)) / this.#share);
    this.#notBefore.set(user, this.#clock.monotonic() + pause);
  }

  /**
   * Something in this user's folders has changed, by whomever. Some changes in a row are looked at as they come; a storm
   * of them (a user may make one) is looked at once an `eagerRefill`, and otherwise when the budget allows it.
   */
  changed(user: string): void {
    const now = this.#clock.monotonic();
    const before = this.#eager.get(user) ?? { left: eagerReads, at: now, granted: -Infinity };
    if (now - before.granted < sameMoment) return this.forgive(user);
    const refilled = Math.floor((now - before.at) / eagerRefill);
    const left = Math.min(eagerReads, before.left + refilled);
    if (left > 0) this.forgive(user);
    this.#eager.set(user, {
      left: Math.max(0, left - 1),
      at: left === eagerReads ? now : before.at + refilled * eagerRefill,
      granted: left > 0 ? now : before.granted,
    });
  }

  forget(user: string): void {
    this.#notBefore.delete(user);
    this.#eager.delete(user);
  }

  /** Something was done to this user's files on purpose: look again at the next occasion. */
  forgive(user: string): void {
    this.#notBefore.delete(user);
  }
}
