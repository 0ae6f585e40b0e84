import { z } from 'zod';
import { forgetSnapshot, recordProblem, recordSnapshot } from '../../journal/snapshots.ts';
import type { Kept } from '../../snapshots/owner/protocol.ts';
import { beside, exchange, Keeper, keepLive, retreat } from '../../snapshots/replacement.ts';
import { discardSnapshot, removeSnapshot } from '../../snapshots/snapshotter.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ReplaceStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';
import { requireNobody } from './stop.ts';

/** What was there before, and where it is kept. */
export interface ReplaceResult {
  /** Null where there was no database. */
  kept: (Kept & { folder: string; file: string }) | null;
}

const memorySchema = z.object({
  /** Why what was there is not whole, if it is not. */
  damage: z.string().nullable(),
  kept: z.object({ whole: z.boolean(), bytes: z.number(), sha256: z.string() }).loose().nullable(),
});

/** What an earlier runner, or this one, found and kept. */
export function replacement(remembered: unknown): z.output<typeof memorySchema> | undefined {
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
    context.remember({ damage, kept: null });
    const kept = there ? await keep(context, step, step.file, damage) : null;
    context.remember({ damage, kept });
    const incoming = beside.incoming(step.base);
    await hold(keeper, context, step, incoming, false);
    await requireOnlyKeeper(context, step, keeper);
    keeper.requireHeld();
    await exchange(
      host,
      { live: step.live, home: step.home, incoming, outgoing: beside.outgoing(step.base) },
      unstoppable(context),
    );
    keeper.requireHeld();
    return done(context, step);
  },

  async recover(context, step) {
    if ((await retreat(context.host, live(step), unstoppable(context))) === 'new') return done(context, step);
    await context.lane.release();
    await forgetKept(context, step);
    return undefined;
  },

  async undo(context, step) {
    const { host } = context;
    await context.lane.release();
    const outgoing = beside.outgoing(step.base);
    if ((await host.files.look(outgoing)) === undefined) {
      if (replacement(context.remembered())?.kept === null)
        context.event('warning', { type: 'text', text: 'there was no database before: the new one stays' });
      return;
    }
    await requireNobody(context, step.live);
    const keeper = context.lane.keep(newKeeper(context));
    // It was given to the server: what came to be in it is not thrown away.
    if (context.began(`${step.user}/start`)) {
      const held = await hold(keeper, context, step, step.live, true);
      await keep(context, step, step.givenUp, held.whole ? null : held.problem);
    }
    if (replacement(context.remembered())?.damage === null)
      await hold(keeper, context, step, outgoing, false);
    keeper.requireHeld();
    await exchange(
      host,
      { live: step.live, home: step.home, incoming: outgoing, outgoing: null },
      unstoppable(context),
    );
    await context.lane.release();
  },
};

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
    if (kept.whole) recordSnapshot(journal, { ...record, ...kept });
    else recordProblem(journal, record, `kept as it was found: ${damage ?? 'damaged'}`);
  })();
  return kept;
}

/** Nobody but the keeper has it open: nobody started a server, or opened it in a way that SQLite's locks do not stop. */
async function requireOnlyKeeper({ host }: StepContext, step: ReplaceStep, keeper: Keeper): Promise<void> {
  const files = (
    await Promise.all([step.live, `${step.live}-wal`].map((path) => host.files.look(path)))
  ).filter((file) => file !== undefined);
  const holders = (await host.holders(files)).filter(({ pid }) => pid !== keeper.pid);
  const [first] = holders;
  if (first !== undefined) throw new Error(`process ${first.pid} (${first.name}) has ${step.live} open`);
}

/** Nothing was replaced after all: what was kept of it is one snapshot too many. */
async function forgetKept(context: StepContext, step: ReplaceStep): Promise<void> {
  const place = { backups: step.backups, folder: step.folder, name: step.file };
  const kept = replacement(context.remembered())?.kept ?? null;
  if (kept === null) {
    const published = await discardSnapshot(context.host, { ...place, alias: null }, unstoppable(context));
    if (published)
      context.event('warning', {
        type: 'text',
        text: `${step.folder}/${step.file} is left, and is as good as any`,
      });
    return;
  }
  if (!kept.whole) return;
  const { bytes, sha256 } = kept;
  await removeSnapshot(context.host, { ...place, expected: { bytes, sha256 } }, unstoppable(context));
  forgetSnapshot(context.journal, { folder: step.folder, file: step.file });
}

function done(context: StepContext, step: ReplaceStep): StepDone {
  const kept = replacement(context.remembered())?.kept ?? null;
  const result: ReplaceResult = {
    kept: kept === null ? null : { ...(kept as unknown as Kept), folder: step.folder, file: step.file },
  };
  return { result };
}
