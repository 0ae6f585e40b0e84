import { describe, expect, it } from 'vitest';
import { isDown, isOff } from '../../../src/t3/off.ts';
import { runningUnit } from '../../fakes/fleet.ts';

describe('a server', () => {
  it.each([
    ['runs', {}, false, false],
    ['was never started', { active: 'inactive', sub: 'dead' }, true, false],
    ['was stopped', { active: 'failed', result: 'exit-code', exitStatus: 130 }, true, false],
    [
      'was stopped, and had crashed once',
      { active: 'failed', result: 'exit-code', exitStatus: 130, restarts: 1 },
      true,
      false,
    ],
    ['has ended by itself', { active: 'failed', result: 'exit-code', exitStatus: 1 }, false, true],
    // 130 is an exit code of its own, and a signal has no number 130.
    ['was killed', { active: 'failed', result: 'signal', exitStatus: 9 }, false, true],
    [
      'crashes',
      { active: 'activating', sub: 'auto-restart', result: 'exit-code', exitStatus: 130 },
      false,
      true,
    ],
    ['is being started', { active: 'activating', sub: 'start' }, false, false],
    ['is being stopped', { active: 'deactivating', sub: 'stop-sigterm' }, false, false],
  ])('that %s', (_what, state, off, down) => {
    const unit = { ...runningUnit, ...state };
    expect([isOff(unit), isDown(unit)]).toEqual([off, down]);
  });
});
