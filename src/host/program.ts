import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The processes that this program consists of; each is a bundle entry of its own (bin/<name>.ts, dist/<name>.js). */
export type Entry =
  | 'cockpit'
  | 'command'
  | 'runner'
  | 'aftercare'
  | 'reader'
  | 'snapshotter'
  | 'keeper'
  | 'gate'
  | 'editor'
  | 'supervisor'
  | 'stand-in-t3'
  | 'stand-in-dispatch'
  | 'stand-in-job'
  | 'stand-in-package-source';

const here = path.dirname(fileURLToPath(import.meta.url));
const bundle = path.basename(here) === 'dist' ? here : path.resolve(here, '../../dist');

/**
 * The argv that starts one of the program's own processes. By absolute path and by the Node that runs now: a host's
 * `env node` may be another version (or none, under sudo's secure_path), and better-sqlite3 crashes on an old one.
 */
export function entryCommand(entry: Entry, ...args: string[]): [string, ...string[]] {
  return [process.execPath, path.join(bundle, `${entry}.js`), ...args];
}

/** The argv that an admin would type to call this program: its door, which checks the Node version first. */
export function doorCommand(...args: string[]): [string, ...string[]] {
  return [process.execPath, path.join(bundle, '../bin/t3-cockpit.js'), ...args];
}
