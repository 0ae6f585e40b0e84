import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mock } from 'node:test';
import os from 'node:os';
import path from 'node:path';
import { render } from 'ink';
import { App } from '../components/app.tsx';
import type { Effects } from '../src/cockpit/effects.ts';
import { Session } from '../src/cockpit/session.ts';
import { loadConfig } from '../src/config/load.ts';
import { openJournal } from '../src/journal/journal.ts';
import { Recorder, recordOperation, recordOutcome, recordPlace } from '../src/journal/recorder.ts';
import { recordedHost } from './recorded-fleet.ts';

/**
 * A program for the bench: twelve hours of watching, by a clock of its own. Everything but the machine is real: the
 * observer on its cadences, the journal with operations that begin, say things and end, the history, the store, and Ink on
 * this terminal. Samples of memory and handles, one an hour, are written to a file.
 */

const [file = '', hours = '12'] = process.argv.slice(2);
const state = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-hours-'));
const { config } = loadConfig({ environment: {}, set: [`paths.state=${state}`, 'probes.automatic=false'] });

/** How much of the time is done at once, milliseconds. */
const stride = 500;
const second = 1000;
const hour = 3600 * second;

mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.UTC(2026, 10, 23, 8) });
let elapsed = 0;
const recorded = recordedHost(5, config, 1);
const host = {
  ...recorded,
  runners: { ...recorded.runners, lives: () => Promise.resolve(true) },
  clock: { now: () => Date.now(), monotonic: () => elapsed },
};
const durable = openJournal(state);
const quick = openJournal(state, false);
const session = new Session({
  config,
  host,
  environment: process.env,
  size: { columns: process.stdout.columns, rows: process.stdout.rows },
  effects: {} as Effects,
});
const ink = render(<App store={session.store} controller={session.controller} />, {
  alternateScreen: true,
  incrementalRendering: true,
  exitOnCtrlC: false,
  interactive: true,
  patchConsole: false,
});
session.start();

/** An operation of ten minutes, every half hour: it says something every second, and its bytes go on. */
const steps = Array.from({ length: 5 }, (_, index) => ({
  id: `user${index}/snapshot`,
  user: `user${index}`,
  kind: 'snapshot',
  title: 'snapshot of the state database',
}));
let recorder: Recorder | undefined;
function work(): void {
  const at = Math.floor(elapsed / second) % 1800;
  if (at === 60) {
    const id = recordOperation(durable, host.clock, {
      kind: 'backup',
      request: {},
      plan: {},
      config: {},
      actor: { user: 'root', uid: 0, surface: 'command', pid: 1 },
      steps,
      session: [],
    });
    recordPlace(durable, id, { kind: 'group', group: 1, cookie: '', boot: '' });
    recorder = new Recorder(durable, quick, host.clock, id);
    recorder.started();
    for (const step of steps) recorder.stepStarted(step);
  }
  if (recorder === undefined) return;
  const step = steps[at % steps.length];
  if (step !== undefined) recorder.progress(step, 'copy', at * 1_000_000, 2_000_000_000);
  recorder.event('info', { type: 'output', text: `line ${at} of what somebody’s program has to say` }, step);
  if (at !== 660) return;
  recordOutcome(durable, host.clock, recorder.operation, 'succeeded', undefined);
  recorder = undefined;
}

const samples: {
  hour: number;
  heap: number;
  resident: number;
  files: number;
  resources: number;
  operations: number;
}[] = [];
function sample(): void {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  samples.push({
    hour: Math.round(elapsed / hour),
    heap: heapUsed,
    resident: rss,
    files: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
    operations: session.store.get().operation?.operation.id ?? 0,
  });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const keys = ['o', 'escape', 'j', 'enter', 'escape', '!', 'escape', 'O', 'escape', 'k', 'S', 'tab'];
while (elapsed < Number(hours) * hour) {
  elapsed += stride;
  mock.timers.tick(stride);
  await turn();
  if (elapsed % second !== 0) continue;
  work();
  // Somebody looks around once a minute.
  if (elapsed % (60 * second) === 0)
    session.controller.press([keys[(elapsed / (60 * second)) % keys.length] ?? 'j']);
  if (elapsed % hour === 0 || elapsed === hour / 2) sample();
}
session.stop();
mock.timers.reset();
ink.unmount();
durable.close();
quick.close();
writeFileSync(file, JSON.stringify(samples));
rmSync(state, { recursive: true });
process.exit(0);
