import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { loadConfig } from '../src/config/load.ts';
import { openHost } from '../src/host/host.ts';
import { takeSnapshot } from '../src/snapshots/snapshotter.ts';
import { createStateDatabase } from '../src/sandbox/stand-in/state.ts';
import { bytesText } from '../src/view/format.ts';
import { median, ratios, series, single, timed, type Figure } from './figures.ts';

/** How large a database is, and how often each way is taken. */
const cases = [
  { size: 10 * 1024 ** 2, rounds: 7 },
  { size: 1024 ** 3, rounds: 3 },
];

/**
 * One user's verified snapshot, small and large, against what it cannot do without: `sqlite3 SRC "VACUUM INTO …"`, and one
 * read of the copy for the checksum and the check; and against ways that verify nothing.
 */
export async function snapshot(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { size, rounds } of cases)
    figures.push(...(await ofSize(path.join(folder, String(size)), size, rounds)));
  return figures;
}

async function ofSize(folder: string, size: number, rounds: number): Promise<Figure[]> {
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
  /** One way of copying, on the disk when it is over; from a disk that has nothing else to do. */
  const way = async (work: () => Promise<unknown>, keep = false) => {
    await execa('sync');
    const took = await timed(async () => {
      await work();
      await execa('sync', [copy]);
    });
    if (!keep) rmSync(copy);
    return took;
  };
  const taken: Record<'vacuum' | 'read' | 'backup' | 'cp' | 'ours', number[]> = {
    vacuum: [],
    read: [],
    backup: [],
    cp: [],
    ours: [],
  };
  for (let round = 0; round < rounds; round += 1) {
    taken.cp.push(await way(() => Promise.resolve(copyFileSync(source, copy))));
    taken.backup.push(await way(() => execa('sqlite3', [source, `.backup '${copy}'`])));
    taken.vacuum.push(await way(() => execa('sqlite3', [source, `VACUUM INTO '${copy}'`]), true));
    // One read serves both: they run at the same time, as the snapshotter has it.
    taken.read.push(
      await timed(() =>
        Promise.all([execa('sha256sum', [copy]), execa('sqlite3', [copy, 'PRAGMA integrity_check'])]),
      ),
    );
    rmSync(copy);
    await execa('sync');
    taken.ours.push(
      await timed(() =>
        takeSnapshot(
          host,
          {
            source,
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
      ),
    );
    rmSync(path.join(backups, 'cockpit'), { recursive: true });
  }
  await host.close();
  const bytes = statSync(source).size;
  const text = bytesText(bytes);
  const line = (what: string, values: readonly number[]) => series(`${text}: ${what}`, 'ms', values);
  const against = (what: string, theirs: readonly number[], most?: number) =>
    ratios(`${text}: a verified snapshot, against ${what}`, taken.ours, theirs, most);
  const whole = taken.vacuum.map((vacuum, round) => vacuum + (taken.read[round] ?? 0));
  return [
    line('cp, verifies nothing and misses the write-ahead log', taken.cp),
    line('sqlite3 .backup', taken.backup),
    line('sqlite3 "VACUUM INTO"', taken.vacuum),
    line('the same, sha256sum beside integrity_check', whole),
    line('a verified snapshot', taken.ours),
    single(`${text}: a verified snapshot`, 'bytes a second', (bytes / median(taken.ours)) * 1000),
    against('cp', taken.cp),
    against('.backup', taken.backup),
    against('VACUUM INTO alone', taken.vacuum),
    against('VACUUM INTO and one read', whole, 1.25),
  ];
}
