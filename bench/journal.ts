import { openJournal, openJournalReadOnly } from '../src/journal/journal.ts';
import { dataVersion, readEvents } from '../src/journal/events.ts';
import { recordOperation, Recorder } from '../src/journal/recorder.ts';
import { systemClock } from '../src/host/clock.ts';
import { series, single, timed, type Figure } from './figures.ts';

const events = 5000;
const steps = 200;

/** How fast a runner can tell what it does, while two cockpits read along; and what a step costs, which is durable. */
export async function journal(folder: string): Promise<Figure[]> {
  const durable = openJournal(folder);
  const quick = openJournal(folder, false);
  const cockpits = [openJournalReadOnly(folder), openJournalReadOnly(folder)];
  const planned = Array.from({ length: steps }, (_, index) => ({
    id: `vera/${index}`,
    user: 'vera',
    kind: 'snapshot',
    title: 'snapshot',
  }));
  const id = recordOperation(durable, systemClock, {
    kind: 'backup',
    request: {},
    plan: {},
    config: {},
    actor: { user: 'bench', uid: 0, surface: 'bench', pid: 1 },
    steps: planned,
    session: [],
  });
  const recorder = new Recorder(durable, quick, systemClock, id);
  const seen = cockpits.map(() => 0);
  const read: number[] = [];
  const follow = () => {
    for (const [index, cockpit] of cockpits.entries()) {
      const began = performance.now();
      dataVersion(cockpit);
      const found = readEvents(cockpit, id, seen[index] ?? 0);
      seen[index] = found.at(-1)?.id ?? seen[index] ?? 0;
      read.push(performance.now() - began);
    }
  };
  const told = await timed(() => {
    for (let index = 0; index < events; index += 1) {
      recorder.event('info', { type: 'output', text: `line ${index}`, stream: 'stdout' } as never);
      // Each cockpit looks ten times a second; here as often as a fast runner tells a hundred lines.
      if (index % 100 === 0) follow();
    }
    return Promise.resolve();
  });
  const durably: number[] = [];
  for (const step of planned) {
    const began = performance.now();
    recorder.stepStarted(step);
    recorder.stepEnded(step, { state: 'succeeded', result: {} });
    durably.push(performance.now() - began);
  }
  for (const db of [...cockpits, quick, durable]) db.close();
  return [
    single('events told, two cockpits reading along', 'per second', (events / told) * 1000),
    series('a look of a cockpit at a hundred new events', 'ms', read),
    series('a step begun and ended, each on the disk', 'ms', durably),
  ];
}
