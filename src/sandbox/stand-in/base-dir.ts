import { mkdirSync } from 'node:fs';
import path from 'node:path';

/** The folders and files of one instance (docs/t3-contract.md, Process). */
export interface BaseDir {
  /** The state directory: the one whose path goes into a loopback cookie's name. */
  userdata: string;
  secrets: string;
  database: string;
  runtime: string;
  environmentId: string;
  /** Folders that a real one makes and the stand-in leaves empty. */
  others: readonly string[];
}

export function baseDirAt(folder: string): BaseDir {
  const root = path.resolve(folder);
  const userdata = path.join(root, 'userdata');
  return {
    userdata,
    secrets: path.join(userdata, 'secrets'),
    database: path.join(userdata, 'state.sqlite'),
    runtime: path.join(userdata, 'server-runtime.json'),
    environmentId: path.join(userdata, 'environment-id'),
    others: [
      path.join(userdata, 'logs'),
      path.join(userdata, 'attachments'),
      path.join(root, 'caches'),
      path.join(root, 'worktrees'),
    ],
  };
}

/** Make what is missing: a base directory that does not exist is not an error for t3. */
export function makeFolders(base: BaseDir): void {
  for (const folder of [base.userdata, ...base.others]) mkdirSync(folder, { recursive: true, mode: 0o755 });
  mkdirSync(base.secrets, { recursive: true, mode: 0o700 });
}
