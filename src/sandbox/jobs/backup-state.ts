import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expand } from '../../config/expand.ts';
import { failureText } from '../../host/commands.ts';
import { entryCommand } from '../../host/program.ts';
import { localStamp, serversOf, type Job, type Server } from './job.ts';

/** How many the host keeps, of whatever kind: a pre-bump one goes with the others (docs/host.md, traps). */
const kept = 6;

/** The host's nightly backup: `VACUUM INTO` as the owner, and of what is there then the newest six by mtime. */
export async function backupState(job: Job): Promise<number> {
  let failed = 0;
  for (const server of serversOf(job)) {
    if (!(await backUp(job, server, `state-${localStamp(job.host.clock.now())}.sqlite`))) failed += 1;
    removeOld(job, server);
  }
  return failed === 0 ? 0 : 1;
}

/** One user's database into their backup folder. @returns whether it is there now */
export async function backUp(job: Job, { user }: Server, name: string): Promise<boolean> {
  const { host, config, say } = job;
  const account = (await host.accounts.byName([user])).get(user);
  if (account === undefined) return false;
  const source = expand(config.paths.stateDatabase, { user, home: account.home });
  const folder = expand(config.paths.backups, { user });
  await host.files.ensureFolderFor(folder, account);
  const result = await host.commands.run(
    entryCommand('stand-in-job', 'vacuum', source, path.join(folder, name)),
    { as: account, timeout: config.snapshots.timeout },
  );
  const failure = failureText(result);
  say(
    failure === undefined ? `${user}: ${name}` : `${user}: backup failed: ${result.stderr.trim() || failure}`,
  );
  return failure === undefined;
}

/** `ls -t state-*.sqlite | tail -n +7 | xargs rm` */
function removeOld({ config }: Job, { user }: Server): void {
  const folder = expand(config.paths.backups, { user });
  if (!existsSync(folder)) return;
  const files = readdirSync(folder)
    .filter((name) => /^state-.*\.sqlite$/.test(name))
    .map((name) => path.join(folder, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const file of files.slice(kept)) rmSync(file);
}

/** As the owner: a copy of one moment of a database. */
export function vacuum(source: string, target: string): void {
  const db = new Database(source, { fileMustExist: true });
  try {
    db.prepare('VACUUM INTO ?').run(target);
  } finally {
    db.close();
  }
}
