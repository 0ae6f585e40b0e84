import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { loadConfig } from '../src/config/load.ts';
import { openHost } from '../src/host/host.ts';
import { takeSnapshot } from '../src/snapshots/snapshotter.ts';
import { createStateDatabase } from '../src/sandbox/stand-in/state.ts';
import { bytesText } from '../src/view/format.ts';
import { median, milliseconds, ratioOf, timed, type Figure } from './figures.ts';

const rounds = 3;
const size = 1024 ** 3;

/**
 * One user's verified snapshot of a gigabyte, against what it cannot do without: `sqlite3 SRC "VACUUM INTO …"`, and one
 * read of the copy for the checksum and the check.
 */
export async function snapshot(folder: string): Promise<Figure[]> {
  const source = createStateDatabase(path.join(folder, 'home/.t3'), '0.0.24', {
    seed: 1,
    now: Date.now(),
    bytes: size,
  });
  const backups = path.join(folder, 'backups');
  mkdirSync(backups, { mode: 0o700 });
  const { config } = loadConfig({ environment: {} });
  const host = openHost(config);
  const account = {
    name: 'bench',
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    home: path.join(folder, 'home'),
  };
  const copy = path.join(folder, 'copy.sqlite');
  const vacuums: [number, number][] = [];
  const wholes: [number, number][] = [];
  for (let round = 0; round < rounds; round += 1) {
    await execa('sync');
    const vacuum = await timed(() => execa('sqlite3', [source, `VACUUM INTO '${copy}'`]));
    const durable = await timed(() => execa('sync', [copy]));
    // One read serves both: they run at the same time, as the snapshotter has it.
    const read = await timed(() =>
      Promise.all([execa('sha256sum', [copy]), execa('sqlite3', [copy, 'PRAGMA integrity_check'])]),
    );
    rmSync(copy);
    await execa('sync');
    const ours = await timed(() =>
      takeSnapshot(
        host,
        {
          source: source,
          home: account.home,
          backups,
          folder: path.join(backups, 'cockpit'),
          name: `manual-0.0.24-20261123T000000Z-00000${round}.sqlite`,
          manifest: { user: 'bench', kind: 'manual', takenAt: new Date().toISOString(), version: '0.0.24' },
          alias: null,
          patience: 5000,
        },
        { account, timeout: 600_000, memory: config.limits.readerMemory },
      ),
    );
    vacuums.push([ours, vacuum]);
    wholes.push([ours, vacuum + durable + read]);
    rmSync(path.join(backups, 'cockpit'), { recursive: true });
  }
  await host.close();
  return [
    { what: 'database', value: bytesText(statSync(source).size) },
    { what: 'sqlite3 "VACUUM INTO"', value: milliseconds(median(vacuums.map(([, theirs]) => theirs))) },
    {
      what: 'the same, fsync, sha256sum beside integrity_check',
      value: milliseconds(median(wholes.map(([, theirs]) => theirs))),
    },
    { what: 'a verified snapshot', value: milliseconds(median(vacuums.map(([ours]) => ours))) },
    { what: 'against VACUUM INTO alone', value: ratioOf(vacuums) },
    { what: 'against VACUUM INTO, fsync and one read for checksum and check', value: ratioOf(wholes) },
  ];
}
