import { launcherText, placesOf, readLauncher } from '../../t3/launcher.ts';
import { freezeGuard } from '../guards/freeze.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { LauncherStep } from '../plan.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

/**
 * The launcher put in the place of the global t3, its links first: whoever calls t3 meanwhile gets what they got before.
 * Taken away in the other order. Each of it can be done again.
 */
export const launcherStep: StepKind<LauncherStep> = {
  guards: [readOnlyGuard, freezeGuard, jobsGuard],
  whenStopped: 'it is finished',

  async run(context, step) {
    await apply(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    await apply(context, step);
    return { result: {} };
  },
};

async function apply({ host, config }: StepContext, { chosen, target }: LauncherStep): Promise<void> {
  const { trees, files } = host;
  const { users, everybody } = placesOf(config);
  if (chosen === null) {
    // What somebody else has put into its place stays.
    if ((await readLauncher(host, config)).kind === 'whole') await trees.point(config.paths.binary, target);
    await trees.remove(config.paths.chosen);
    return;
  }
  for (const program of [target, ...chosen.map((each) => each.target)])
    if ((await files.lookThrough(program)) === undefined)
      throw new StepRefused(
        `${program} is not there: each version that is in use needs a prefix of its own (t3-cockpit doctor says how)`,
      );
  await trees.make(users);
  for (const { link, target: own } of chosen) await trees.point(link, own);
  // Put back after somebody has overwritten it, it gives everybody what it gave them before.
  if ((await trees.leadsTo(everybody)) === undefined) await trees.point(everybody, target);
  await files.write(config.paths.binary, launcherText(config), 0o755);
  const after = await readLauncher(host, config);
  if (after.kind !== 'whole') throw new Error(`${config.paths.binary} was written, and is not the launcher`);
}
