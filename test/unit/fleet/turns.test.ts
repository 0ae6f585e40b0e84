import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../../src/fleet/turns.ts';

describe('a look that is taken again and again', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('keeps to the cadence that holds when it has ended', async () => {
    const turns = new Turns({ now: () => Date.now(), monotonic: () => Date.now() });
    let cadence = 2000;
    let looks = 0;
    turns.every(
      () => cadence,
      () => Promise.resolve((looks += 1)),
    );
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(4000);
    expect(looks).toBe(3);
    cadence = 4000;
    await vi.advanceTimersByTimeAsync(2000);
    expect(looks).toBe(4);
    await vi.advanceTimersByTimeAsync(3999);
    expect(looks).toBe(4);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(5);
    turns.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(looks).toBe(5);
  });
});
