import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { holdBySchema } from '../../../src/operations/steps/stop.ts';
import type { StepContext } from '../../../src/operations/steps/step.ts';
import { FakeCommands } from '../../fakes/commands.ts';
import { fakeHost } from '../../fakes/host.ts';

/** What a server is started as after a way back, by the schema that its database has then. */

const unit = 't3-serve@otto.service';
const [older, newer] = ['/opt/t3/0.0.24/bin/t3', '/opt/t3/0.0.27/bin/t3'];
const step = {
  unit,
  live: '/home/otto/.t3/userdata/state.sqlite',
  home: '/home/otto',
  unlessSchema: { id: 30, name: 'Before', program: newer },
};

/** @param schema That of the database; undefined where it cannot be read. @returns what it is held on then */
async function heldOn(before: string | undefined, schema: number | undefined) {
  let held = before;
  const told: unknown[] = [];
  const answer =
    schema === undefined
      ? { problem: 'out of memory' }
      : {
          facts: {
            migrations: [{ id: schema, name: schema === 30 ? 'Before' : 'After' }],
            migratedAt: null,
            inFlight: 0,
            inFlightMoved: null,
            lastActivity: null,
          },
        };
  const host = fakeHost({
    commands: new FakeCommands().expect(/reader/, { stdout: JSON.stringify({ answers: [answer], cpu: 1 }) }),
    units: {
      ...fakeHost().units,
      show: () => Promise.resolve(new Map([[unit, { name: unit, heldOn: held } as UnitState]])),
      override(_name, program) {
        held = program ?? undefined;
        return Promise.resolve();
      },
    },
  });
  const account = { name: 'otto', uid: 1000, gid: 1000, home: '/home/otto' };
  const context = {
    host,
    account,
    config: loadConfig().config,
    event: (...all: unknown[]) => told.push(all),
  };
  await holdBySchema(context as unknown as StepContext, step);
  return { held, told: told.length };
}

describe('a server after a way back', () => {
  it('whose database could not be put back is held on what has migrated it', async () => {
    expect(await heldOn(undefined, 32)).toEqual({ held: newer, told: 0 });
    expect(await heldOn(older, 32)).toEqual({ held: newer, told: 0 });
  });

  it('whose database could is let go, should a runner have held it and died: it would be migrated once more', async () => {
    expect(await heldOn(newer, 30)).toEqual({ held: undefined, told: 0 });
  });

  it('that is held on what knows its database stays so', async () => {
    expect(await heldOn(older, 30)).toEqual({ held: older, told: 0 });
    expect(await heldOn(undefined, 30)).toEqual({ held: undefined, told: 0 });
  });

  it.each([undefined, newer, older])(
    'of whose database nobody can tell is left as it is, and that is said: %s',
    async (before) => {
      expect(await heldOn(before, undefined)).toEqual({ held: before, told: 1 });
    },
  );
});
