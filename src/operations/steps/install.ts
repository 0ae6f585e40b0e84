import path from 'node:path';
import semver from 'semver';
import * as z from 'zod';
import { dispatchGuard } from '../guards/dispatch.ts';
import { freezeGuard } from '../guards/freeze.ts';
import { fails, holds, type Guard } from '../guards/guard.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { launcherGuard } from '../guards/launcher.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { InstallStep } from '../plan.ts';
import { bitsOf } from './download.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

const memorySchema = z.object({
  /** Where the global binary led to, as the link says it; null where it was a file of its own. */
  link: z.string().nullable(),
});

/** An older version is never installed by mistake: databases do not migrate back (docs/host.md, traps). */
const downgradeGuard: Guard<InstallStep> = {
  name: 'downgrade',
  check: (_, { from, to, allowDowngrade, back }) =>
    Promise.resolve(
      back === true || allowDowngrade || semver.gte(to, from)
        ? holds
        : fails(
            `${to} is older than ${from}, and databases do not migrate back: --allow-downgrade, if that is what you want`,
          ),
    ),
};

/**
 * The global binary led to the prefix of another version, by one rename(2): what was judged is what is installed. The
 * version that it was stays at hand under its own number, for the servers that still run it.
 */
export const installStep: StepKind<InstallStep> = {
  guards: [
    readOnlyGuard,
    freezeGuard,
    jobsGuard,
    launcherGuard((step: InstallStep, global) => step.binary !== global),
    downgradeGuard,
    dispatchGuard,
  ],
  whenStopped: 'the global binary is led back',
  disrupts: true,

  async run(context, step) {
    const { host } = context;
    await requireJudged(context, step);
    const now = await context.binaries.installed();
    if ('problem' in now) throw new StepRefused(`what is installed cannot be told: ${now.problem}`);
    if (now.version !== step.from)
      throw new StepRefused(
        `${now.version} is installed, not ${step.from}: somebody has changed it meanwhile`,
      );
    const link = (await host.trees.leadsTo(step.binary)) ?? null;
    context.remember({ link });
    await keepAtHand(context, step, link);
    if (link === null) await host.trees.second(step.binary, step.aside);
    await host.trees.point(step.binary, step.target);
    const after = await context.binaries.installed();
    if (!('version' in after) || after.version !== step.to)
      throw new Error(
        `${step.binary} was led to ${step.target}, and is ${'version' in after ? after.version : after.problem}`,
      );
    return { result: { from: step.from, to: step.to } };
  },

  async recover(context, step) {
    if ((await context.host.trees.leadsTo(step.binary)) === step.target) {
      const now = await context.binaries.installed();
      if ('version' in now && now.version === step.to) return { result: { from: step.from, to: step.to } };
    }
    await leadBack(context, step);
    return undefined;
  },

  undo: leadBack,
  undoWhenLost: () => true,
};

/** These very bits, and no others; of a version that was here before, that it is still it. */
async function requireJudged(context: StepContext, step: InstallStep): Promise<void> {
  if (step.integrity === null) {
    const found = await context.binaries.of(step.to);
    if ('problem' in found)
      throw new StepRefused(`${found.problem}; t3-cockpit preflight ${step.to} fetches it`);
    return;
  }
  const prefix = path.dirname(path.dirname(step.target));
  const bits = await bitsOf(context, prefix);
  if (bits === undefined || bits.integrity !== step.integrity || !bits.unchanged)
    throw new StepRefused(
      `${prefix} does not hold what was judged: fetch and judge it anew (preflight ${step.to})`,
    );
}

/** Servers go on running the version that they were started with, and only its own t3 may touch their databases. */
async function keepAtHand(context: StepContext, step: InstallStep, link: string | null): Promise<void> {
  const { trees, files } = context.host;
  if ((await files.look(step.keep)) !== undefined) return;
  await trees.make(path.dirname(step.keep));
  if (link === null) await trees.copy(step.binary, step.keep);
  else await trees.point(step.keep, path.resolve(path.dirname(step.binary), link));
}

async function leadBack(context: StepContext, step: InstallStep): Promise<void> {
  const memory = memorySchema.safeParse(context.remembered()).data;
  // It died before it did anything.
  if (memory === undefined) return;
  const { trees, files } = context.host;
  if (memory.link !== null) await trees.point(step.binary, memory.link);
  else if ((await files.look(step.aside)) !== undefined) await trees.move(step.aside, step.binary);
  const now = await context.binaries.installed();
  if (!('version' in now) || now.version !== step.from)
    throw new Error(`${step.binary} was led back, and is ${'version' in now ? now.version : now.problem}`);
}
