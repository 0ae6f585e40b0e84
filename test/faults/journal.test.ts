import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { openJournal, openJournalReadOnly, JournalProblem, journalPath } from '../../src/journal/journal.ts';
import { listOperations } from '../../src/journal/operations.ts';
import { hasStrace } from '../power/trace.ts';
import { all } from '../sandbox/faults/sample.ts';

/** The first journal of a host, whose maker is killed at any of the calls that change something, or has no room. */

const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-journal-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const maker = path.join(folder, 'maker.ts');
const journal = path.resolve(import.meta.dirname, '../../src/journal/journal.ts');
writeFileSync(
  maker,
  `import { openJournal } from ${JSON.stringify(journal)};
  openJournal(process.argv[2]!).close();`,
);

/** More calls than it takes. */
const most = 90;
const calls = 'mkdir,pwrite64,ftruncate,fsync,fdatasync,link,unlink,chmod,fchmod';

describe.runIf(hasStrace)('a journal whose maker', () => {
  it.each([
    ['is killed at any call', 'signal=SIGKILL'],
    ['has no room left at any call', 'error=ENOSPC'],
    ['has a broken disk at any call', 'error=EIO'],
  ])('%s is there wholly, or not at all, and is made by the next one', async (what, how) => {
    let [rounds, atOnce] = [0, 0];
    // What is killed leaves the most behind; of the others npm test tries some.
    for (let call = 1; ; call += all ? 1 : how.startsWith('signal') ? 2 : 7) {
      const state = path.join(folder, `${how}-${call}`);
      const { exitCode } = await execa(
        'strace',
        [
          '--follow-forks',
          '--quiet=all',
          '--output=/dev/null',
          `--trace=${calls}`,
          `--inject=${calls}:${how}:when=${call}`,
          process.execPath,
          maker,
          state,
        ],
        { stdin: 'ignore', env: { UV_USE_IO_URING: '0' }, reject: false },
      );
      try {
        const found = openJournalReadOnly(state);
        expect(listOperations(found, 1)).toEqual([]);
        found.close();
        atOnce += 1;
      } catch (error) {
        expect((error as JournalProblem).kind).toBe('absent');
      }
      openJournal(state).close();
      // Nothing of what was begun is left beside it.
      expect(readdirSync(state)).toEqual([path.basename(journalPath(state))]);
      rounds += 1;
      // There are not so many calls; or what failed did not matter.
      if (exitCode === 0 && call > most) break;
    }
    process.stdout.write(`a journal whose maker ${what}: ${rounds} calls, ${atOnce} times it was there\n`);
    expect(atOnce).toBeGreaterThan(1);
    expect(atOnce).toBeLessThan(rounds);
  });
});
