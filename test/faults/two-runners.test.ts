import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import { systemClock } from '../../src/host/clock.ts';
import { openJournal, openJournalReadOnly } from '../../src/journal/journal.ts';
import { readEvents } from '../../src/journal/events.ts';
import { readOperation, readOperationDocuments } from '../../src/journal/operations.ts';
import { recordOperation } from '../../src/journal/recorder.ts';
import { runOperation } from '../../src/operations/run/runner.ts';
import { configOf, hostOf, placesIn, planOf } from '../power/operation.ts';
import { prepare } from '../power/recording.ts';
import { scratch } from '../scratch.ts';

/** One operation that is given to two runners in the same moment: it is done once, by one of them, and has its outcome. */

it('two runners of one operation do it once', async () => {
  const root = path.join(scratch(), 'host');
  mkdirSync(root);
  await prepare('snapshot', root);
  const { state } = placesIn(root);
  const config = configOf(root);
  const journal = openJournal(state);
  const plan = planOf('snapshot', root, journal);
  const id = recordOperation(journal, systemClock, {
    kind: plan.kind,
    request: {},
    plan,
    config,
    actor: { user: 'root', uid: 0, surface: 'test', pid: 1 },
    steps: plan.lanes.flatMap(({ steps }) => steps),
    session: [],
  });
  journal.close();
  const open = (found: Config) => hostOf(root, found);
  const run = () => runOperation([state, String(id)], open);
  const both = await Promise.allSettled([run(), run()]);
  const failed = both.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  expect(failed).toEqual([expect.stringContaining(`operation ${id} was taken up before`)]);

  const now = openJournalReadOnly(state);
  expect(readOperation(now, id)).toMatchObject({ state: 'ended', outcome: 'succeeded' });
  const begun = readEvents(now, id, 0).filter(
    ({ payload }) => payload.type === 'operation' && payload.state === 'running',
  );
  expect(begun).toHaveLength(1);
  expect(readOperationDocuments(now, id)?.plan).toEqual(plan);
  now.close();
});
