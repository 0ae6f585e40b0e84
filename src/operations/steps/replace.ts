import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { FileIdentity } from '../../host/holders.ts';
import { isStopped } from '../../host/units/units.ts';
import { forgetProbes } from '../../journal/probes.ts';
import { forgetSnapshot, recordProblem, recordSnapshot } from '../../journal/snapshots.ts';
import type { Kept } from '../../snapshots/owner/protocol.ts';
import { beside, exchange, Keeper, keepLive, retreat } from '../../snapshots/replacement.ts';
import { discardSnapshot } from '../../snapshots/snapshotter.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ReplaceStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import { StepRefused, type StepContext, type StepDone, type StepKind } from './step.ts';
import { requireGone, requireNobody, unitOf } from './stop.ts';

/** What was there before, and where it is kept. */
export interface ReplaceResult {
  /** Null where there was no database. */
  kept: (Kept & { folder: string; file: string }) | null;
}

const memorySchema = z.object({
  /** Why what was there is not whole, if it is not. */
  damage: z.string().nullable(),
  /** Which file it is, to know it again; null where there was none. */
  old: z.object({ device: z.string(), inode: z.string() }).nullable(),
  kept: z.object({ whole: z.boolean(), bytes: z.number(), sha256: z.string() }).loose().nullable(),
});

/** Was what this replaced damaged? Then going back to it makes nothing better. */
export function replacedDamaged(result: unknown): boolean {
  return memorySchema.pick({ kept: true }).safeParse(result).data?.kept?.whole === false;
}

/** What an earlier runner, or this one, found and kept. */
function replacement(remembered: unknown): z.output<typeof memorySchema> | undefined {
  return memorySchema.safeParse(remembered).data;
}

/**
 * The database replaced by the file that was staged, while the keeper holds both closed (guarantee 3): the write-ahead
 * log folded in, what is there kept as a `prerestore` snapshot, and the new file under the old one's name by one
 * rename(2). The keeper stays until just before the start.
 */
export const replaceStep: StepKind<ReplaceStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it goes on: going back would take as long',
  mustFollow: true,
  disrupts: true,

  async run(context, step) {
    const { host } = context;
    const there = (await host.files.look(step.live)) !== undefined;
    const keeper = context.lane.keep(newKeeper(context));
    context.progress('fold', 0, 0);
    const held = there ? await hold(keeper, context, step, step.live, true) : { whole: true as const };
    const damage = held.whole ? null : held.problem;
    if (damage !== null)
      context.event('warning', {
        type: 'text',
        text: `the database is damaged (${damage}): it is kept as it is, with its write-ahead log`,
      });
    const old = await host.files.look(step.live);
    const found = { damage, old: old === undefined ? null : identityOf(old) };
    context.remember({ ...found, kept: null });
    const kept = there ? await keep(context, step, step.file, damage) : null;
    context.remember({ ...found, kept });
    const incoming = beside.incoming(step.base);
    await hold(keeper, context, step, incoming, false);
    keeper.requireHeld();
    await exchange(
      host,
      { live: step.live, home: step.home, incoming, outgoing: beside.outgoing(step.base) },
      unstoppable(context),
    );
    keeper.requireHeld();
    // A page visit that had opened the old file waits for its lock, and must not get it: it gives up after a while.
    if (old !== undefined) await requireGone(context, () => Promise.resolve([old]), context.lane.keepers);
    return done(context, step);
  },

  async recover(context, step) {
    if ((await retreat(context.host, live(step), unstoppable(context))) === 'old') {
      await context.lane.release();
      await forgetKept(context, step);
      return undefined;
    }
    const before = replacement(context.remembered());
    // A runner that died had taken it back already: without the incoming file it only looks as if the new one were live.
    if (before?.old != null && (await isLive(context, step, before.old))) {
      await context.lane.release();
      if (before.damage === null) await requireStillWhole(context, step);
      await context.lane.release();
      return undefined;
    }
    const problem = await holdAgain(context, step);
    if (problem === undefined) return done(context, step);
    if ((await context.host.files.look(beside.outgoing(step.base))) === undefined)
      return { result: null, failure: `${problem}; there was no database before` };
    await takeBack(context, step);
    return { result: null, failure: `${problem}: the old database has its name again` };
  },

  async undo(context, step) {
    const { host } = context;
    await context.lane.release();
    const outgoing = beside.outgoing(step.base);
    const before = replacement(context.remembered());
    if ((await host.files.look(outgoing)) === undefined) {
      // A runner that died has gone back already, and did not come to say so.
      if (before?.old != null && (await isLive(context, step, before.old))) {
        if (before.damage === null) await requireStillWhole(context, step);
        await context.lane.release();
        return forgetProbes(context.journal, step.user, context.operation);
      }
      if (before?.kept !== null)
        throw new Error(`${outgoing} is gone: the old database is in ${step.folder}/${step.file}`);
      context.event('warning', { type: 'text', text: 'there was no database before: the new one stays' });
      return;
    }
    await requireNobody(context, step);
    await takeBack(context, step);
    forgetProbes(context.journal, step.user, context.operation);
  },
};

/**
 * The new database, which has the live name, closed again until the start: the keeper died with its runner. Whoever has
 * the old one open yet is waited for before: it writes its log by the name, beside the new one. Where its server runs, as
 * after a reboot, which takes the mask away, it has been opened, and is not to be closed any more.
 *
 * @returns why it must not stay, undefined where it may: somebody does not let go of the old one, or it is damaged.
 */
async function holdAgain(context: StepContext, step: ReplaceStep): Promise<string | undefined> {
  const old = await context.host.files.look(beside.outgoing(step.base));
  try {
    if (old !== undefined) await requireGone(context, () => Promise.resolve([old]), context.lane.keepers);
  } catch (error) {
    if (!(error instanceof StepRefused)) throw error;
    return error.message;
  }
  await context.lane.release();
  if (await runs(context, step)) return undefined;
  const held = await hold(context.lane.keep(newKeeper(context)), context, step, step.live, true);
  return held.whole ? undefined : `the new database is damaged (${held.problem})`;
}

async function runs(context: StepContext, { unit }: ReplaceStep): Promise<boolean> {
  return unit !== undefined && !isStopped(await unitOf(context, unit));
}

/**
 * The old database gets its name back, while nobody can open either. Not the new one: a page visit that has it open in
 * that moment writes its write-ahead log by the name, beside the old file, and SQLite, which neither folds nor removes
 * the log of a database that was moved, replays it there. Nor the old one, as in `run`.
 *
 * @throws when one of them is open to others, and when the keeper died meanwhile and the old one is not whole.
 */
async function takeBack(context: StepContext, step: ReplaceStep): Promise<void> {
  const { host, lane } = context;
  const outgoing = beside.outgoing(step.base);
  const before = replacement(context.remembered());
  await lane.release();
  const keeper = lane.keep(newKeeper(context));
  const given = await host.files.look(step.live);
  if (given !== undefined) {
    const held = await hold(keeper, context, step, step.live, true);
    // It was given to the server: what came to be in it is not thrown away.
    if (context.began(`${step.user}/start`))
      await keep(context, step, step.givenUp, held.whole ? null : held.problem);
  }
  if (before?.damage === null) await hold(keeper, context, step, outgoing, false);
  keeper.requireHeld();
  await exchange(
    host,
    { live: step.live, home: step.home, incoming: outgoing, outgoing: null },
    unstoppable(context),
  );
  // One that waits for the new one's lock must not get it: it would write by the name.
  if (given !== undefined) await requireGone(context, () => Promise.resolve([given]), lane.keepers);
  if (before?.damage === null && !keeper.holds) await requireStillWhole(context, step);
  await lane.release();
}

/** Nobody knows who has had it open since the keeper died. @throws when it is damaged, and its server does not run on it */
async function requireStillWhole(context: StepContext, step: ReplaceStep): Promise<void> {
  if (await runs(context, step)) return;
  const held = await hold(context.lane.keep(newKeeper(context)), context, step, step.live, true);
  if (!held.whole)
    throw new Error(
      `${step.live} was damaged while it got its name back (${held.problem}); what it was is in ${step.folder}/${step.file}`,
    );
}

const identityOf = ({ device, inode }: FileIdentity) => ({ device: String(device), inode: String(inode) });

/** Has this very file the live name? */
async function isLive(
  { host }: StepContext,
  { live: path }: ReplaceStep,
  old: { device: string; inode: string },
): Promise<boolean> {
  const now = await host.files.look(path);
  return now !== undefined && isDeepStrictEqual(identityOf(now), old);
}

export function newKeeper({ host, account, config }: StepContext): Keeper {
  return new Keeper(host, account, config.snapshots.timeout, config.limits.readerMemory);
}

function hold(keeper: Keeper, { config }: StepContext, step: ReplaceStep, path: string, fold: boolean) {
  return keeper.hold({ path, home: step.home, fold, patience: config.limits.commandTimeout });
}

function live({ live: path, home, base }: ReplaceStep) {
  return { live: path, home, base };
}

/** Copy what is there into the backup folder, and have the journal know it at once. */
async function keep(
  context: StepContext,
  step: ReplaceStep,
  file: string,
  damage: string | null,
): Promise<Kept> {
  const { host, account, journal, operation } = context;
  await host.files.ensureFolderFor(step.backups, account);
  const takenAt = host.clock.now();
  const kept = await keepLive(
    host,
    {
      live: step.live,
      home: step.home,
      backups: step.backups,
      folder: step.folder,
      name: file,
      whole: damage === null,
      manifest: {
        user: step.user,
        kind: 'prerestore',
        takenAt: new Date(takenAt).toISOString(),
        version: step.version,
      },
    },
    {
      ...unstoppable(context),
      onProgress: ({ phase, done: bytes, total }) => context.progress(`keep: ${phase}`, bytes, total),
    },
  );
  const record = {
    user: step.user,
    kind: 'prerestore' as const,
    folder: step.folder,
    file,
    takenAt: step.takenAt,
    version: step.version ?? undefined,
    verifiedAt: host.clock.now(),
    operation,
  };
  journal.transaction(() => {
    // A runner that died may have written it down already.
    forgetSnapshot(journal, record);
    if (kept.whole) recordSnapshot(journal, { ...record, ...kept });
    else recordProblem(journal, record, `kept as it was found: ${damage ?? 'damaged'}`);
  })();
  return kept;
}

/** Nothing was replaced after all: what was kept of it is one snapshot too many. */
async function forgetKept(context: StepContext, step: ReplaceStep): Promise<void> {
  if ((await context.host.files.look(step.backups)) === undefined) return;
  forgetSnapshot(context.journal, step);
  await discardSnapshot(
    context.host,
    { backups: step.backups, folder: step.folder, name: step.file, alias: null, evenPublished: true },
    unstoppable(context),
  );
}

function done(context: StepContext, step: ReplaceStep): StepDone {
  const kept = replacement(context.remembered())?.kept ?? null;
  const result: ReplaceResult = {
    kept: kept === null ? null : { ...(kept as unknown as Kept), folder: step.folder, file: step.file },
  };
  return { result };
}
