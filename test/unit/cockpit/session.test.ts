import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedHost } from '../../../bench/recorded-fleet.ts';
import type { Effects } from '../../../src/cockpit/effects.ts';
import { Session } from '../../../src/cockpit/session.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { valueOf } from '../../../src/fleet/observation.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { scratch } from '../../scratch.ts';

/** What makes a session draw, by a clock that only goes on when it is told to, on a host that answers at once. */

const second = 1000;

let session: Session;
/** The states that were drawn, as far as it matters here. */
let changes: number;
/** What the supervisor says otherwise of all units. */
let otherwise: Partial<UnitState>;
/** The supervisor says that a unit has changed. */
let tell: (unit: string | undefined) => void;

beforeEach(async () => {
  vi.useFakeTimers();
  const { config } = loadConfig({
    environment: {},
    set: [`paths.state=${scratch()}`, 'readOnly=true', 'probes.automatic=false'],
  });
  const recorded = recordedHost(3, config, 1);
  otherwise = {};
  const host = {
    ...recorded,
    clock: { now: () => Date.now(), monotonic: () => Date.now() },
    // Those of this machine are read from real files, in a time that this clock does not know.
    processes: { ...recorded.processes, lineage: () => Promise.resolve([]) },
    units: {
      ...recorded.units,
      watch(changed: typeof tell) {
        tell = changed;
        return { close: () => Promise.resolve() };
      },
      async show(names: readonly string[]) {
        const states = await recorded.units.show(names);
        return new Map([...states].map(([name, state]) => [name, { ...state, ...otherwise }]));
      },
    },
  };
  session = new Session({
    config,
    host,
    environment: {},
    size: { columns: 100, rows: 30 },
    effects: {} as Effects,
  });
  session.start();
  await vi.advanceTimersByTimeAsync(30 * second);
  changes = 0;
  session.store.subscribe(() => (changes += 1));
});
afterEach(() => {
  session.stop();
  vi.useRealTimers();
});

const first = () => session.store.get().fleet.instances[0];

describe('a session in which nothing happens', () => {
  it('changes with its clock alone, however often everything is measured', async () => {
    const before = first();
    await vi.advanceTimersByTimeAsync(20 * second);
    expect(changes).toBe(20);
    // And shows what was measured, with the time at which it was.
    const now = first();
    const age = (observation: { kind: string; at?: { tick: number } } | undefined) =>
      session.store.get().now.tick - (observation?.at?.tick ?? 0);
    expect(valueOf(now?.unit ?? { kind: 'pending' })?.memory).not.toBe(
      valueOf(before?.unit ?? { kind: 'pending' })?.memory,
    );
    expect(age(now?.unit)).toBeLessThanOrEqual(2 * second);
    expect(age(now?.liveness)).toBeLessThanOrEqual(5 * second);
    expect(age(now?.size)).toBeLessThanOrEqual(5 * second);
  });
});

describe('what is news', () => {
  it('does not wait for the clock', async () => {
    await vi.advanceTimersByTimeAsync(300);
    otherwise = { active: 'failed', sub: 'failed' };
    tell(first()?.unitName);
    // What is told in a tenth of a second is asked for once, and what is found in another one is shown together.
    await vi.advanceTimersByTimeAsync(250);
    expect(valueOf(first()?.unit ?? { kind: 'pending' })?.active).toBe('failed');
    expect(session.store.get().now.tick).toBeLessThan(Date.now() - 500);
  });
});
