import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silence } from '../../../src/fleet/silence.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('waiting for silence', () => {
  it('goes on as long as something is heard, and ends when nothing is', async () => {
    const listeners = new Set<() => void>();
    let over = false;
    const waiting = silence((heard) => {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    }, 30_000).then(() => (over = true));
    for (let heard = 0; heard < 5; heard += 1) {
      await vi.advanceTimersByTimeAsync(29_000);
      for (const listener of listeners) listener();
    }
    await vi.advanceTimersByTimeAsync(29_999);
    expect([over, listeners.size]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect([over, listeners.size]).toEqual([true, 0]);
  });
});
