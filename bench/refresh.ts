import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { glyphsFor } from '../src/cockpit/glyphs.ts';
import { initialState } from '../src/cockpit/state.ts';
import { Store } from '../src/cockpit/store.ts';
import { screenModel } from '../src/cockpit/view-models/screen.ts';
import { loadConfig } from '../src/config/load.ts';
import { emptyJournal } from '../src/fleet/journal-facts.ts';
import { FleetObserver } from '../src/fleet/observer.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { cpuOf, memoryOf } from './process-figures.ts';
import { single, timed, type Figure } from './figures.ts';

/** How long each fleet is watched, milliseconds: several turns of every cadence but the slowest. */
const spell = 20_000;

/**
 * What watching costs: the program's own part, by a fleet that was recorded (a simulation), and all of it, with real
 * processes and real readers.
 */
export async function refresh(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  let least: number | undefined;
  for (const users of [10, 100, 1000]) {
    const share = await watchRecorded(users);
    least ??= share;
    const what = `simulation, ${users} recorded users, a tenth of them busy`;
    figures.push(single(what, 'core', share));
    if (share !== least) figures.push(single(`${what}, against 10`, 'x', share / least));
  }
  figures.push(...(await watchReal(folder, 20)));
  return figures;
}

/** The share of a core that observing and laying out a recorded fleet takes, once everything was seen. */
async function watchRecorded(users: number): Promise<number> {
  const { config } = loadConfig();
  const { recordedHost } = await import('./recorded-fleet.ts');
  const host = recordedHost(users, config, 0.1);
  const observer = new FleetObserver({ host, config, journal: emptyJournal, environment: {} });
  const store = new Store(
    initialState(config, { columns: 120, rows: 40 }, { wall: Date.now(), tick: performance.now() }),
  );
  const glyphs = glyphsFor(config, { LANG: 'C.UTF-8' });
  observer.subscribe((fleet) => store.dispatch({ type: 'fleet', fleet }));
  // A frame a change, at most sixty a second, as Ink draws them.
  let drawn = 0;
  store.subscribe(() => {
    if (performance.now() - drawn < 16) return;
    drawn = performance.now();
    screenModel(store.get(), glyphs);
  });
  observer.start();
  await delay(3000);
  const before = process.cpuUsage();
  const took = await timed(() => delay(spell));
  const { user, system } = process.cpuUsage(before);
  observer.stop();
  return (user + system) / 1000 / took;
}

/** The built cockpit on real processes: itself, and the readers that it starts. */
async function watchReal(folder: string, users: number): Promise<Figure[]> {
  const { root, config } = await createSandbox(path.join(folder, 'sandbox'), { users, version: '0.0.24' });
  const terminal = new Terminal(['--config', config, '--set', 'probes.automatic=false'], {
    columns: 120,
    rows: 40,
  });
  try {
    await terminal.until('the fleet', (text) => /alice +running/.test(text) && !/ … /.test(text));
    await delay(5000);
    const before = cpuOf(terminal.pid);
    const took = await timed(() => delay(spell));
    const after = cpuOf(terminal.pid);
    const share = (after.own + after.children - before.own - before.children) / took;
    return [
      single(`${users} stand-in servers, one of them busy: cockpit and readers`, 'core', share),
      single(`${users} stand-in servers: the cockpit in memory`, 'bytes', memoryOf(terminal.pid)),
    ];
  } finally {
    terminal.press('q');
    await terminal.ended();
    terminal.dispose();
    await destroySandbox(root);
  }
}
