import { describe, expect, it } from 'vitest';
import type { Commands } from '../../../src/host/commands.ts';
import { followChanges } from '../../../src/host/units/changes.ts';

/** Followers that say and end what they are told to. */
function followers() {
  const started: { argv: readonly string[]; say: (line: string) => void; end: () => void }[] = [];
  const commands = {
    follow(argv: readonly string[], say: (line: string) => void) {
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      started.push({ argv, say, end });
      return { ended, stop: end };
    },
  } as unknown as Commands;
  return { started, commands };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('changes of units', () => {
  it('are told by the bus, with the name of the unit', async () => {
    const { started, commands } = followers();
    const told: (string | undefined)[] = [];
    const watch = followChanges(commands, (name) => told.push(name));
    const [bus] = started;
    expect(bus?.argv[0]).toBe('busctl');
    const path = '/org/freedesktop/systemd1/unit/t3_2dserve_40anna_2eelena_2eservice';
    bus?.say(JSON.stringify({ type: 'signal', path, member: 'PropertiesChanged' }));
    bus?.say(
      JSON.stringify({ type: 'signal', path: '/org/freedesktop/systemd1', member: 'UnitFilesChanged' }),
    );
    bus?.say(JSON.stringify({ type: 'signal', path: '/elsewhere', member: 'NameAcquired' }));
    bus?.say('Monitoring bus message stream.');
    bus?.say('null');
    expect(told).toEqual(['t3-serve@anna.elena.service', undefined]);
    await watch.close();
  });

  it('are told by the journal where nobody may listen to the bus; both ended, everything is looked at', async () => {
    const { started, commands } = followers();
    const told: (string | undefined)[] = [];
    const watch = followChanges(commands, (name) => told.push(name));
    started[0]?.end();
    await turn();
    expect(started[1]?.argv[0]).toBe('journalctl');
    started[1]?.say(JSON.stringify({ UNIT: 't3-serve@bob.service' }));
    started[1]?.say(JSON.stringify({ MESSAGE: 'of no unit' }));
    expect(told).toEqual([undefined, 't3-serve@bob.service']);
    started[1]?.end();
    await turn();
    expect(told).toEqual([undefined, 't3-serve@bob.service', undefined]);
    // Not at once: that would be a storm of processes on a host that has neither.
    expect(started).toHaveLength(2);
    await watch.close();
  });

  it('are all told only once the bus has told of one, and while it goes on', async () => {
    const { started, commands } = followers();
    const watch = followChanges(commands, () => undefined);
    expect(watch.tellsAll?.()).toBe(false);
    started[0]?.say(JSON.stringify({ path: '/elsewhere', member: 'NameAcquired' }));
    expect(watch.tellsAll?.()).toBe(false);
    const path = '/org/freedesktop/systemd1/unit/cron_2eservice';
    started[0]?.say(JSON.stringify({ type: 'signal', path, member: 'PropertiesChanged' }));
    expect(watch.tellsAll?.()).toBe(true);
    started[0]?.end();
    await turn();
    expect(watch.tellsAll?.()).toBe(false);
    // The journal never tells that a unit was masked.
    started[1]?.say(JSON.stringify({ UNIT: 't3-serve@bob.service' }));
    expect(watch.tellsAll?.()).toBe(false);
    await watch.close();
  });
});
