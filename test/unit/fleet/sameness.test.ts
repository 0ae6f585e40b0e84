import { describe, expect, it } from 'vitest';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { saysTheSame } from '../../../src/fleet/sameness.ts';
import { runningUnit, startMoment } from '../../fakes/fleet.ts';

const later = { wall: startMoment.wall + 5000, tick: startMoment.tick + 5000 };

describe('a fact that was measured again', () => {
  it('says the same where only a quantity has changed, or when that was', () => {
    const unit = runningUnit;
    const before = known(unit, startMoment);
    expect(saysTheSame(before, known({ ...unit }, later))).toBe(true);
    expect(saysTheSame(before, known({ ...unit, memory: 1, tasks: 2, since: 3 }, later))).toBe(true);
    expect(
      saysTheSame(
        known({ version: '0.0.24', latency: 3 }, startMoment),
        known({ version: '0.0.24', latency: 7 }, later),
      ),
    ).toBe(true);
  });

  it('does not, where anything else has', () => {
    const unit = runningUnit;
    const before = known(unit, startMoment);
    expect(saysTheSame(before, known({ ...unit, active: 'failed' }, startMoment))).toBe(false);
    expect(saysTheSame(before, known({ ...unit, mainPid: 1 }, startMoment))).toBe(false);
    expect(saysTheSame(before, known({ ...unit, heldOn: '/usr/bin/t3' }, startMoment))).toBe(false);
    expect(saysTheSame(known({ ...unit, kills: 1 }, startMoment), before)).toBe(false);
    expect(saysTheSame(before, unknown('no answer', startMoment, before))).toBe(false);
    expect(saysTheSame(unknown('no answer', startMoment), unknown('no port', startMoment))).toBe(false);
    expect(saysTheSame({ kind: 'pending' }, before)).toBe(false);
    expect(saysTheSame(before, undefined)).toBe(false);
  });

  it('is compared in all its parts', () => {
    const chosen = (...entries: [string, string][]) => ({ kind: 'whole', chosen: new Map(entries) });
    expect(saysTheSame(chosen(['ada', '1']), chosen(['ada', '1']))).toBe(true);
    expect(saysTheSame(chosen(['ada', '1']), chosen(['ada', '2']))).toBe(false);
    expect(saysTheSame(chosen(['ada', '1']), chosen())).toBe(false);
    expect(saysTheSame([{ file: 'a' }], [{ file: 'a' }])).toBe(true);
    expect(saysTheSame([{ file: 'a' }], [{ file: 'a' }, { file: 'b' }])).toBe(false);
    expect(saysTheSame(known(undefined, startMoment), known(undefined, later))).toBe(true);
    expect(saysTheSame(1n, 2n)).toBe(false);
  });
});
