import { describe, expect, it } from 'vitest';
import { ReadingBudget } from '../../../src/fleet/readers.ts';
import { FakeClock } from '../../fakes/host.ts';

describe('the reading budget', () => {
  const spend = () => {
    const clock = new FakeClock();
    return { clock, budget: new ReadingBudget(clock, 0.1) };
  };

  it('is a share of one core among all users', () => {
    const { clock, budget } = spend();
    expect(budget.mayRead('bob')).toBe(true);
    budget.spent('bob', 100, 3);
    expect(budget.pause('bob')).toBe(3000);
    clock.advance(2999);
    expect(budget.mayRead('bob')).toBe(false);
    expect(budget.mayRead('vera')).toBe(true);
    clock.advance(1);
    expect(budget.mayRead('bob')).toBe(true);
    budget.spent('bob', 3_600_000, 3);
    expect(budget.pause('bob')).toBe(300_000);
  });

  it('lets some changes in a row be read as they come, and then few', () => {
    const { clock, budget } = spend();
    /** A change every tenth of a second, each read at once where that is allowed. */
    const storm = (seconds: number) => {
      let read = 0;
      for (let tick = 0; tick < seconds * 10; tick += 1) {
        budget.changed('bob');
        if (budget.mayRead('bob')) {
          read += 1;
          budget.spent('bob', 200, 100);
        }
        clock.advance(100);
      }
      return read;
    };
    // Six, and the two tenths after each of them.
    expect(storm(4)).toBe(18);
    expect(storm(60)).toBeLessThanOrEqual(13 * 3);
    clock.advance(60_000);
    expect(storm(2)).toBeGreaterThan(6);
  });

  it('forgets who has gone', () => {
    const { budget } = spend();
    budget.spent('bob', 1000, 3);
    budget.forget('bob');
    expect(budget.mayRead('bob')).toBe(true);
  });
});
