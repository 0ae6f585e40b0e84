import { describe, expect, it } from 'vitest';
import { dueForProbe } from '../../../src/cockpit/probe-clock.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { config, probed, stopped, wall } from '../../fakes/cockpit.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';

describe('whose handshake is due', () => {
  const day = config.probes.every * 4;
  it('is the one that was probed longest ago, of those that run', () => {
    const never = instanceOf('never');
    const old = instanceOf('old', { probes: known([probed('ok', 7)], startMoment) });
    const fresh = instanceOf('fresh', { probes: known([probed('ok', 1)], startMoment) });
    const off = instanceOf('off', { unit: known(stopped, startMoment) });
    expect(dueForProbe(fleetOf(fresh, off), config, wall)).toBeUndefined();
    expect(dueForProbe(fleetOf(fresh, old, off), config, wall)).toBe('old');
    expect(dueForProbe(fleetOf(fresh, old, never, off), config, wall)).toBe('never');
    expect(dueForProbe(fleetOf(fresh), config, wall + day)).toBe('fresh');
    expect(
      dueForProbe(fleetOf(instanceOf('x', { probes: unknown('journal', startMoment) })), config, wall + day),
    ).toBeUndefined();
  });
});
