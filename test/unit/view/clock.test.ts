import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { known, freshness } from '../../../src/fleet/observation.ts';
import { verificationReport } from '../../../src/fleet/verification.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import { probeResult } from '../../../src/t3/verdict.ts';
import { instanceCells } from '../../../src/view/instance.ts';
import { instanceProblems } from '../../../src/view/problems.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';

/** The wall clock jumps; the clock by which ages of observations are told does not. */

const { config } = loadConfig();
const day = 86_400_000;
const entry: CatalogEntry = {
  user: 'vera',
  origin: 'cockpit',
  folder: '/b',
  file: 'manual-0.0.24-20261123T110000Z-abcdef.sqlite',
  kind: 'manual',
  version: '0.0.24',
  takenAt: startMoment.wall - 3_600_000,
  bytes: 1,
  standing: 'verified',
  record: undefined,
};
const last = {
  ...probeResult('direct', 'ok', { latency: 5 }),
  at: startMoment.wall - 3_600_000,
  version: '0.0.24',
  operation: 1,
};
const vera = instanceOf('vera', {
  snapshots: known([entry], startMoment),
  probes: known([{ last, since: last.at, lastOk: last }], startMoment),
});
const seeingAt = (wall: number) => ({
  config,
  fleet: fleetOf(vera),
  wall,
  tick: startMoment.tick + 1000,
});

describe('a clock that jumps back by a day', () => {
  const seeing = seeingAt(startMoment.wall - day);
  const cells = instanceCells(vera, seeing);

  it('makes no old fact new, and no new one old', () => {
    for (const cell of Object.values(cells)) expect(cell.tone).not.toBe('stale');
    expect(freshness(vera.unit, startMoment.tick + 1000, config.cadence.units)).toBe('fresh');
    expect(freshness(vera.unit, startMoment.tick + day, config.cadence.units)).toBe('stale');
  });

  it('makes no backup of tomorrow one of today', () => {
    expect(cells.backup).toEqual({ text: 'in the future', tone: 'danger' });
    expect(instanceProblems(vera, seeing.wall)[0]).toMatch(
      /^snapshot .* is from the future, and does not count$/,
    );
    const checks = verificationReport(seeing.fleet, config, seeing);
    expect(checks.find(({ subject }) => subject === 'backup')).toMatchObject({ verdict: 'wrong' });
  });

  it('shows no negative ages', () => {
    for (const cell of Object.values(cells)) expect(cell.text).not.toMatch(/-\d/);
    expect(cells.activity.text).toBe('idle 0s');
  });
});

describe('a clock that jumps ahead by a day', () => {
  it('makes the backup late and the probe old, and no observation stale', () => {
    const cells = instanceCells(vera, seeingAt(startMoment.wall + 2 * day));
    expect(cells.backup.text).toBe('2d late');
    expect(cells.probe).toEqual({ text: '~ok 5ms 2d', tone: 'stale' });
    expect(cells.state.tone).toBe('ok');
  });
});
