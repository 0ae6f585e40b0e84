import { readFileSync } from 'node:fs';

/** Time, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970; may jump when the administrator sets the clock. For display and for names. */
  now(): number;
  /** Milliseconds of CLOCK_MONOTONIC; never jumps, means nothing after a reboot. For ages and timeouts. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000_000n),
};

/** Which boot this is (`/proc/sys/kernel/random/boot_id`, random(4)): process ids of another boot mean nothing. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
