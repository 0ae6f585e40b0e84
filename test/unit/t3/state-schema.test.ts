import { describe, expect, it } from 'vitest';
import { isoTime } from '../../../src/commands/render/json.ts';
import { stateFactsSchema } from '../../../src/t3/state-schema.ts';

/** What a reader says that its owner has a hand in. */

const facts = {
  migrations: [{ id: 30, name: 'M' }],
  migratedAt: null,
  inFlight: 0,
  inFlightMoved: null,
  lastActivity: null,
};

describe('a time that a reader tells', () => {
  it.each(['migratedAt', 'inFlightMoved', 'lastActivity'])('as %s can always be shown', (field) => {
    for (const wild of [1e300, -1e300, 8.64e15 + 1])
      expect(stateFactsSchema.safeParse({ ...facts, [field]: wild }).success).toBe(false);
    for (const far of [8.64e15, -8.64e15, 0]) {
      expect(stateFactsSchema.safeParse({ ...facts, [field]: far }).success).toBe(true);
      expect(() => isoTime(far)).not.toThrow();
    }
  });
});
