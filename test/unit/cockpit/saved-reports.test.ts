import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveReport } from '../../../src/cockpit/saved-reports.ts';
import { FileProblem, systemFiles } from '../../../src/host/files.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-reports-'));
  folder = path.join(root, 'reports');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const there = () => readdirSync(folder).toSorted();
/** As if it had been saved so many hours ago. */
function aged(name: string, hours: number): void {
  const at = Date.now() / 1000 - hours * 3600;
  utimesSync(path.join(folder, name), at, at);
}

describe('a saved report', () => {
  it('is there for root alone, and again when it is saved again', async () => {
    const { file } = await saveReport(systemFiles, folder, 7, 'first\n', 3);
    await saveReport(systemFiles, folder, 7, 'second\n', 3);
    expect(readFileSync(file, 'utf8')).toBe('second\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(there()).toEqual(['operation-7.txt']);
  });

  it('has the oldest go where there are more than are kept, by when they were saved', async () => {
    for (const [id, hours] of [
      [1, 1],
      [2, 9],
      [3, 5],
    ] as const) {
      await saveReport(systemFiles, folder, id, 'x', 3);
      aged(`operation-${id}.txt`, hours);
    }
    await saveReport(systemFiles, folder, 4, 'x', 3);
    expect(there()).toEqual(['operation-1.txt', 'operation-3.txt', 'operation-4.txt']);
    // Of an old operation, and yet the newest.
    await saveReport(systemFiles, folder, 2, 'x', 1);
    expect(there()).toEqual(['operation-2.txt']);
  });

  it('touches nothing that is called otherwise, nor what is no file', async () => {
    await saveReport(systemFiles, folder, 1, 'x', 1);
    for (const name of ['notes.txt', 'operation-1.txt.bak', 'operation-x.txt'])
      writeFileSync(path.join(folder, name), 'mine');
    await saveReport(systemFiles, folder, 2, 'x', 1);
    expect(there()).toEqual(['notes.txt', 'operation-1.txt.bak', 'operation-2.txt', 'operation-x.txt']);
  });

  it('is written also where older ones cannot be removed, which is said', async () => {
    await saveReport(systemFiles, folder, 1, 'x', 1);
    const stubborn = {
      ...systemFiles,
      remove: (file: string) => Promise.reject(new FileProblem(file, 'EPERM', 'not permitted')),
    };
    const saved = await saveReport(stubborn, folder, 2, 'x', 1);
    expect(saved.unpruned).toBe(`${path.join(folder, 'operation-1.txt')}: not permitted`);
    expect(there()).toEqual(['operation-1.txt', 'operation-2.txt']);
  });
});
