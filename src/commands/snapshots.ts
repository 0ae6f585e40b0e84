import type { Fleet } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { openJournal } from '../journal/journal.ts';
import { setProtected } from '../journal/snapshots.ts';
import { NothingToDo, Refused, UsageProblem } from '../operations/errors.ts';
import { mayChange } from '../operations/guards/read-only.ts';
import type { CatalogEntry } from '../snapshots/catalog.ts';
import { observerFor, withHost, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';
import { entryJson, snapshotsTable } from './render/snapshots.ts';
import { carryOut } from './request.ts';

/** All snapshots have to be listed before any of them can be spoken of. */
const scope = { versions: false, readers: true };

/** `snapshots [USER…]`: the catalog, newest first. */
export function snapshots(context: CommandContext, users: readonly string[]): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const fleet = await look(context, opened);
    const missing = users.find((user) => !fleet.instances.some((instance) => instance.user === user));
    if (missing !== undefined) throw new UsageProblem(`no user ${missing} in the user map`);
    const chosen = fleet.instances.filter((instance) => users.length === 0 || users.includes(instance.user));
    const entries = chosen.flatMap((instance) => valueOf(instance.snapshots) ?? []);
    const unknown = chosen.flatMap(({ user, snapshots: seen }) =>
      seen.kind === 'unknown' ? [{ user, reason: seen.reason }] : [],
    );
    io.out(
      options.json ? jsonDocument({ snapshots: entries.map(entryJson), unknown }) : snapshotsTable(entries),
    );
    for (const { user, reason } of unknown) io.err(`t3-cockpit: ${user}: ${reason}\n`);
    if (opened.journalProblem !== undefined) io.err(`t3-cockpit: journal: ${opened.journalProblem}\n`);
    return unknown.length === 0
      ? exit.done
      : unknown.length === chosen.length
        ? exit.failed
        : exit.someFailed;
  });
}

export interface VerifySnapshotsFlags {
  snapshot: string[];
  /** False with `--no-trial`. */
  trial: boolean;
  detach: boolean;
}

/** `snapshots verify [USER…]`: read them wholly again, and try to restore each where it does no harm. */
export function verifySnapshots(
  context: CommandContext,
  users: readonly string[],
  { snapshot, trial, detach }: VerifySnapshotsFlags,
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(
      context,
      opened,
      {
        kind: 'verify-snapshots',
        trial,
        ...(users.length === 0 ? {} : { users: [...users] }),
        ...(snapshot.length === 0 ? {} : { files: snapshot }),
      },
      scope,
      detach,
    ),
  );
}

/** `snapshots prune [USER…]`: remove what nothing speaks for. What would go has to be looked at first. */
export function prune(
  context: CommandContext,
  users: readonly string[],
  { detach }: { detach: boolean },
): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const request = { kind: 'prune' as const, ...(users.length === 0 ? {} : { users: [...users] }) };
    if (!options.dryRun && !options.yes) {
      await carryOut({ io, options: { ...options, dryRun: true } }, opened, request, scope, false);
      throw new Refused('nothing was removed: look at the plan, and say --yes');
    }
    try {
      return await carryOut(context, opened, request, scope, detach);
    } catch (error) {
      if (!(error instanceof NothingToDo)) throw error;
      if (options.json) io.out(jsonDocument({ operation: null }));
      else io.out('nothing to remove\n');
      return exit.done;
    }
  });
}

/** `snapshots protect NAME` and `unprotect NAME`: no retention of ours removes a protected one. */
export function protect(context: CommandContext, name: string, keep: boolean): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const verdict = mayChange(opened.config);
    if (!verdict.holds) throw new Refused(verdict.reason);
    const entry = find(await look(context, opened), name);
    if (entry.origin === 'host')
      throw new Refused(
        `${name} was made by the host’s own script, which removes it by its own rule; take one that lasts: t3-cockpit backup ${entry.user}`,
      );
    if (entry.record === undefined)
      throw new Refused(
        `nobody vouches for ${name}; look at it first: t3-cockpit snapshots verify ${entry.user} --snapshot ${name}`,
      );
    const journal = openJournal(opened.config.paths.state);
    try {
      setProtected(journal, entry, keep);
    } finally {
      journal.close();
    }
    if (options.json) io.out(jsonDocument({ snapshot: `${entry.folder}/${entry.file}`, protected: keep }));
    else io.out(`${name}: ${keep ? 'protected' : 'no longer protected'}\n`);
    return exit.done;
  });
}

async function look({ io }: CommandContext, opened: Opened): Promise<Fleet> {
  const observer = observerFor(opened, io);
  const fleet = await observer.once(scope).finally(() => observer.stop());
  if (fleet.userMap.kind === 'unknown') throw new Error(`user map: ${fleet.userMap.reason}`);
  return fleet;
}

function find(fleet: Fleet, name: string): CatalogEntry {
  const entries = fleet.instances.flatMap((instance) => valueOf(instance.snapshots) ?? []);
  const found = entries.filter((entry) => entry.file === name || `${entry.folder}/${entry.file}` === name);
  const [only] = found;
  if (only === undefined)
    throw new UsageProblem(`there is no snapshot ${name}; t3-cockpit snapshots lists them`);
  if (found.length > 1)
    throw new UsageProblem(
      `${name} is the name of ${found.length} snapshots; say which: ${found.map((entry) => `${entry.folder}/${entry.file}`).join(', ')}`,
    );
  return only;
}
