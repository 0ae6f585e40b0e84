import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { openJournal, openJournalReadOnly, JournalProblem, journalPath } from '../../src/journal/journal.ts';
import { listOperations } from '../../src/journal/operations.ts';
import { hasStrace } from '../power/trace.ts';

/** The first journal of a host, whose maker is killed at any of the calls that change something. */

const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-journal-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const maker = path.join(folder, 'maker.ts');
const journal = path.resolve(import.meta.dirname, '../../src/journal/journal.ts');
writeFileSync(
  maker,
  `import { openJournal } from ${JSON.stringify(journal)};
  openJournal(process.argv[2]!).close();`,
);

const calls = 'mkdir,pwrite64,ftruncate,fsync,fdatasync,link,unlink,chmod,fchmod';
let rounds = 0;
let atOnce = 0;

describe.runIf(hasStrace)('a journal whose maker is killed', () => {
  it('at any call is there wholly, or not at all, and is made by the next one', async () => {
    for (let call = 1; ; call += 1) {
      const state = path.join(folder, `state-${call}`);
      const { exitCode } = await execa(
        'strace',
        [
          '--follow-forks',
          '--quiet=all',
          '--output=/dev/null',
          `--trace=${calls}`,
          `--inject=${calls}:signal=SIGKILL:when=${call}`,
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
      // It was not killed any more: there are not so many calls.
      if (exitCode === 0) break;
    }
    process.stdout.write(`a journal whose maker is killed: ${rounds} calls, ${atOnce} times it was there\n`);
    expect(rounds).toBeGreaterThan(10);
    expect(atOnce).toBeGreaterThan(1);
    expect(atOnce).toBeLessThan(rounds);
  });
});
