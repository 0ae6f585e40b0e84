import type { Effects } from '../../src/cockpit/effects.ts';

/** Everything that a cockpit asks of others; what a test does not care about is not to be had. */
export function fakeEffects(differences: Partial<Effects> = {}): Effects {
  const no = () => Promise.resolve({ problem: 'no' });
  return {
    backup: no,
    probe: no,
    verify: no,
    readSnapshots: no,
    preview: () => Promise.resolve({ refused: 'no' }),
    carryOut: no,
    compare: (user) => Promise.resolve({ user, live: undefined, problem: 'no' }),
    versions: no,
    doctor: no,
    recover: no,
    saveReport: no,
    suspend: () => undefined,
    stop: () => Promise.resolve(''),
    redraw: () => undefined,
    ...differences,
  };
}
