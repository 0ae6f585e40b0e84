import path from 'node:path';
import { execa } from 'execa';
import { loadConfig } from '../src/config/load.ts';
import { supervisorUnits } from '../src/host/units/supervisor.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { ratios, series, single, timed, type Figure } from './figures.ts';
import { answers, awayOf, newestOperation, unitOf } from './servers.ts';

const door = path.resolve(import.meta.dirname, '../bin/t3-cockpit.js');

/** What is waited for on purpose: it is no cost. The gate watches a server under trial, each user is watched after the move. */
const waits = ['gate.watch=100ms', 'bump.soak=100ms'];

/** Whose servers run and are idle: the others are not away, or owed. */
const ran = ['alice', 'dave', 'erin', 'frank'];

/**
 * A bump of everybody and the way back: how long each user's server is away, against a bare stop and start, and how long
 * all of it takes. With stand-in servers, which start faster than real ones.
 */
export async function bump(folder: string): Promise<Figure[]> {
  const { root, config: file } = await createSandbox(path.join(folder, 'sandbox'), {
    users: 6,
    version: '0.0.24',
  });
  const { config } = loadConfig({ file });
  const supervisor = supervisorUnits(root, 30_000);
  const run = (...args: string[]) =>
    execa(process.execPath, [
      door,
      '--config',
      file,
      ...waits.flatMap((setting) => ['--set', setting]),
      '--yes',
      ...args,
    ]);
  try {
    const bare: number[] = [];
    for (const user of ran)
      bare.push(
        await timed(async () => {
          await supervisor.act('stop', unitOf(user), 30_000);
          await supervisor.act('start', unitOf(user), 30_000);
          await answers(root, user);
        }),
      );
    await run('bump', '0.0.27');
    const there = newestOperation(config.paths.state);
    await run('rollback');
    const back = newestOperation(config.paths.state);
    const [away, returning] = [awayOf(there.steps, ran), awayOf(back.steps, ran)];
    return [
      series('bare stop, and start until it answers', 'ms', bare),
      series('a bump: each user away, from the stop until the handshake works', 'ms', away),
      ratios('a bump: each user away, against that', away, bare),
      single(`a bump of ${away.length} users as a whole, with the gate, without soaks`, 'ms', there.took),
      series('a rollback: each user away', 'ms', returning),
      single(`a rollback of ${returning.length} users as a whole`, 'ms', back.took),
    ];
  } finally {
    await supervisor.close();
    await destroySandbox(root);
  }
}
