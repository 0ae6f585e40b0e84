import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { loadConfig } from '../src/config/load.ts';
import { supervisorUnits } from '../src/host/units/supervisor.ts';
import { openJournalReadOnly } from '../src/journal/journal.ts';
import { listOperations, readSteps } from '../src/journal/operations.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { median, milliseconds, ratioOf, spread, timed, type Figure } from './figures.ts';

const rounds = 3;
const door = path.resolve(import.meta.dirname, '../bin/t3-cockpit.js');
const unit = 't3-serve@alice.service';

/**
 * How long a server is away while its database is replaced, from the stop until the handshake works: against a bare copy
 * of the file and a start of the server, which prove nothing. With a stand-in server, which starts faster than a real one.
 */
export async function downtime(folder: string): Promise<Figure[]> {
  const { root, config: file } = await createSandbox(path.join(folder, 'sandbox'), {
    users: 2,
    version: '0.0.24',
    large: 100 * 1024 ** 2,
  });
  const run = (...args: string[]) => execa(process.execPath, [door, '--config', file, '--yes', ...args]);
  const { config } = loadConfig({ file });
  const supervisor = supervisorUnits(root, 30_000);
  const live = path.join(root, 'home/alice/.t3/userdata/state.sqlite');
  const port = /T3_PORT=(\d+)/.exec(readFileSync(path.join(root, 'etc/t3-serve/alice.env'), 'utf8'))?.[1];
  const answers = async () => {
    for (;;) {
      try {
        if ((await fetch(`http://127.0.0.1:${port}/.well-known/t3/environment`)).ok) return;
      } catch {
        // Not yet.
      }
      await delay(5);
    }
  };
  try {
    await run('backup', 'alice');
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await run('restore', 'alice', '--snapshot', 'latest');
      ours.push(awayIn(config.paths.state));
      bare.push(
        await timed(async () => {
          await supervisor.act('stop', unit, 30_000);
          cpSync(live, `${live}.copy`);
          await supervisor.act('start', unit, 30_000);
          await answers();
        }),
      );
    }
    return [
      {
        what: 'bare copy of the file, and a start',
        value: `${milliseconds(median(bare))} (${spread(bare)})`,
      },
      {
        what: 'a restore, from the stop to the handshake',
        value: `${milliseconds(median(ours))} (${spread(ours)})`,
      },
      {
        what: 'against that',
        value: ratioOf(ours.map((each, round) => [each, bare[round] ?? Number.NaN] as const)),
      },
    ];
  } finally {
    await supervisor.close();
    await destroySandbox(root);
  }
}

/** Of the newest operation: from the beginning of the stop to the end of the proof. */
function awayIn(state: string): number {
  const journal = openJournalReadOnly(state);
  try {
    const id = listOperations(journal, 1)[0]?.id ?? 0;
    const steps = readSteps(journal, id);
    const began = steps.find(({ kind }) => kind === 'stop')?.startedAt;
    const ended = steps.find(({ kind }) => kind === 'prove')?.endedAt;
    if (began === undefined || ended === undefined)
      throw new Error(`operation ${id} has not restored anything`);
    return ended - began;
  } finally {
    journal.close();
  }
}
