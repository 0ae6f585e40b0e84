import type { Fleet } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { openJournal } from '../journal/journal.ts';
import { forgetSnapshot, setProtected } from '../journal/snapshots.ts';
import { isCalled, noSuchSnapshot } from '../operations/plans/choice.ts';
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
      const { leftOut } = error;
      if (options.json) io.out(jsonDocument({ operation: null, leftOut }));
      else io.out('nothing to remove\n');
      const unseen = leftOut.filter(({ harmless }) => !harmless);
      for (const { user, reason } of unseen) io.err(`t3-cockpit: left out: ${user}: ${reason}\n`);
      // Whose folder could not be looked at has not been pruned either.
      if (unseen.length === 0) return exit.done;
      return unseen.length === leftOut.length ? exit.failed : exit.someFailed;
    }
  });
}

/** `snapshots protect NAME` and `unprotect NAME`: no retention of ours removes a protected one. */
export function protect(context: CommandContext, name: string, keep: boolean): Promise<ExitCode> {
  return inJournal(context, name, (entry) => {
    if (entry.origin === 'host')
      throw new Refused(
        `${name} was made by the host’s own script, which removes it by its own rule; take one that lasts: t3-cockpit backup ${entry.user}`,
      );
    if (entry.record === undefined)
      throw new Refused(
        `nobody vouches for ${name}; look at it first: t3-cockpit snapshots verify ${entry.user} --snapshot ${name}`,
      );
    return {
      fact: { protected: keep },
      words: keep ? 'protected' : 'no longer protected',
      write(journal) {
        if (!setProtected(journal, entry, keep)) throw new Error(`${name} is not in the journal any more`);
      },
    };
  });
}

/** `snapshots forget NAME`: one that is gone, and is known to be, is no longer missed. Removes nothing. */
export function forget(context: CommandContext, name: string): Promise<ExitCode> {
  return inJournal(context, name, (entry) => {
    if (entry.standing !== 'missing')
      throw new Refused(`${name} is there; only one that is missing can be forgotten`);
    return {
      fact: { forgotten: true },
      words: 'no longer missed',
      write: (journal) => forgetSnapshot(journal, entry),
    };
  });
}

/** What is to be changed in the journal, as a fact and in words. */
interface Change {
  fact: object;
  words: string;
  write(journal: Sqlite): void;
}

/** Change what the journal says of one snapshot; nothing else is touched. */
function inJournal(
  context: CommandContext,
  name: string,
  change: (entry: CatalogEntry) => Change,
): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const verdict = mayChange(opened.config);
    if (!verdict.holds) throw new Refused(verdict.reason);
    const entry = find(await look(context, opened), name);
    const { fact, words, write } = change(entry);
    const document = { snapshot: `${entry.folder}/${entry.file}`, ...fact };
    if (options.dryRun) {
      io.out(options.json ? jsonDocument({ plan: document }) : `${name}: would be ${words}\n`);
      return exit.done;
    }
    const journal = openJournal(opened.config.paths.state);
    try {
      write(journal);
    } finally {
      journal.close();
    }
    io.out(options.json ? jsonDocument(document) : `${name}: ${words}\n`);
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
  const unseen = fleet.instances.filter((each) => each.snapshots.kind === 'unknown').map(({ user }) => user);
  const found = entries.filter((entry) => isCalled(entry, name));
  const [only] = found;
  if (only === undefined) throw noSuchSnapshot(name, entries, unseen);
  if (found.length > 1)
    throw new UsageProblem(
      `${name} is the name of ${found.length} snapshots; say which: ${found.map((entry) => `${entry.folder}/${entry.file}`).join(', ')}`,
    );
  return only;
}
