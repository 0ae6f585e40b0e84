import { cpSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { loadConfig } from '../src/config/load.ts';
import { supervisorUnits } from '../src/host/units/supervisor.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { ratios, series, timed, type Figure } from './figures.ts';
import { answers, awayOf, newestOperation, unitOf } from './servers.ts';

const rounds = 5;
const door = path.resolve(import.meta.dirname, '../bin/t3-cockpit.js');

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
  try {
    await run('backup', 'alice');
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await run('restore', 'alice', '--snapshot', 'latest');
      ours.push(...awayOf(newestOperation(config.paths.state).steps));
      bare.push(
        await timed(async () => {
          await supervisor.act('stop', unitOf('alice'), 30_000);
          cpSync(live, `${live}.copy`);
          await supervisor.act('start', unitOf('alice'), 30_000);
          await answers(root, 'alice');
        }),
      );
    }
    return [
      series('100 MB: bare stop, copy of the file, start until it answers', 'ms', bare),
      series('100 MB: a restore, from the stop until the handshake works', 'ms', ours),
      ratios('100 MB: a restore, against that', ours, bare),
    ];
  } finally {
    await supervisor.close();
    await destroySandbox(root);
  }
}
