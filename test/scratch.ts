import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder for one test file's throwaway files. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-test-'));
  made.push(folder);
  return folder;
}
