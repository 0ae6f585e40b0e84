import { expect, it } from 'vitest';
import { Lane } from '../../../src/operations/steps/step.ts';
import type { Keeper } from '../../../src/snapshots/replacement.ts';

it('a lane lets go of every keeper that it was given: one that was forgotten would keep its runner, and the host', async () => {
  const released: number[] = [];
  const keeper = (pid: number) =>
    ({
      pid,
      release() {
        released.push(pid);
        return Promise.resolve();
      },
    }) as unknown as Keeper;
  const lane = new Lane();
  lane.keep(keeper(1));
  lane.keep(keeper(2));
  expect(lane.keepers).toEqual([1, 2]);
  await lane.release();
  expect(released).toEqual([1, 2]);
  expect(lane.keepers).toEqual([]);
  await lane.release();
  expect(released).toEqual([1, 2]);
});
