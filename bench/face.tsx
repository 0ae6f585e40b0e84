import { render } from 'ink';
import { App } from '../components/app.tsx';
import { Controller } from '../src/cockpit/controller.ts';
import type { Effects } from '../src/cockpit/effects.ts';
import { lookFor } from '../src/cockpit/look.ts';
import { initialState } from '../src/cockpit/state.ts';
import { Store } from '../src/cockpit/store.ts';
import { loadConfig } from '../src/config/load.ts';
import { emptyJournal } from '../src/fleet/journal-facts.ts';
import type { Fleet, Instance } from '../src/fleet/fleet.ts';
import { known, type Observation } from '../src/fleet/observation.ts';
import { FleetObserver } from '../src/fleet/observer.ts';
import { recordedHost } from './recorded-fleet.ts';

/**
 * A program for the bench: the cockpit's face on a fleet that was recorded (a simulation), of which every row changes each
 * second. What it costs is what drawing costs: nothing is measured.
 */

const [count = '1000'] = process.argv.slice(2);
const { config } = loadConfig({ environment: {} });
const host = recordedHost(Number(count), config, 0);
const observer = new FleetObserver({ host, config, journal: emptyJournal, environment: {} });
const seen = await new Promise<Fleet>((resolve) => {
  observer.subscribe((fleet) => {
    if (
      fleet.instances.length > 0 &&
      fleet.instances.every(
        ({ unit, liveness, state, snapshots }) =>
          unit.kind === 'known' &&
          liveness.kind === 'known' &&
          state.kind === 'known' &&
          snapshots.kind === 'known',
      )
    )
      resolve(fleet);
  });
  observer.start();
});
observer.stop();

const now = () => ({ wall: host.clock.now(), tick: host.clock.monotonic() });
const { columns, rows } = process.stdout;
const store = new Store(initialState(config, { columns, rows }, now(), lookFor(config, process.env)));

/** As a second later: everybody has written something, and answered in another time. */
function later(instance: Instance, round: number): Instance {
  const at = now();
  const { unit, size, state, snapshots, probes } = instance;
  const seenAgain = <Value,>(fact: Observation<Value>): Observation<Value> =>
    fact.kind === 'known' ? known(fact.value, at) : fact;
  return {
    ...instance,
    unit: seenAgain(unit),
    snapshots: seenAgain(snapshots),
    probes: seenAgain(probes),
    liveness: known({ version: '0.0.24', latency: 2 + (round % 7) }, at),
    size: size.kind === 'known' ? known({ ...size.value, wal: size.value.wal + round * 4096 }, at) : size,
    state:
      state.kind === 'known'
        ? known({ ...state.value, lastActivity: at.wall - (round % 50) * 1000 }, at)
        : state,
  };
}

let round = 0;
store.dispatch({ type: 'fleet', fleet: seen });
setInterval(() => {
  round += 1;
  store.dispatch({ type: 'tick', ...now() });
  store.dispatch({
    type: 'fleet',
    fleet: { ...seen, instances: seen.instances.map((instance) => later(instance, round)) },
  });
}, 1000);

const ink = render(<App store={store} controller={new Controller(store, {} as Effects)} />, {
  alternateScreen: true,
  incrementalRendering: true,
  maxFps: 60,
  exitOnCtrlC: false,
  interactive: true,
  patchConsole: false,
});
await ink.waitUntilExit();
process.exit(0);
