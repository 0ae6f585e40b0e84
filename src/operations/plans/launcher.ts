import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { choiceOf } from '../../t3/launcher.ts';
import { whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import type { ChooseStep, Plan, Request } from '../plan.ts';

/**
 * Plan to have the launcher in the place of the global t3, or to take it away. Everybody goes on with the version that
 * runs: what changes is who decides it from then on.
 *
 * @throws UsageProblem, Refused
 */
export function planLauncher(
  fleet: Fleet,
  config: Config,
  { on }: Extract<Request, { kind: 'launcher' }>,
): Plan {
  const installed = valueOf(fleet.installed);
  const launcher = valueOf(fleet.launcher);
  if (installed === undefined)
    throw new Refused(`it is not known what is installed: ${whyUnknown(fleet.installed, 'not looked at')}`);
  if (launcher === undefined)
    throw new Refused(
      `it is not known whether the launcher is there: ${whyUnknown(fleet.launcher, 'not looked at')}`,
    );
  if ((launcher.kind === 'whole') === on || (launcher.kind === 'none' && !on))
    throw new UsageProblem(on ? 'the launcher is in place' : 'there is no launcher');
  const programOf = (version: string) => expand(config.paths.versionBinary, { version });
  const runs = fleet.instances.flatMap(({ user, liveness, unit }) => {
    const version = valueOf(liveness)?.version;
    if (version !== undefined) return [{ user, version }];
    if (valueOf(unit)?.mainPid === undefined && valueOf(unit) !== undefined) return [];
    throw new Refused(`it is not known what ${user} runs: ${whyUnknown(liveness, 'not looked at')}`);
  });
  const others = runs.filter(({ version }) => version !== installed);
  if (!on && others.length > 0)
    throw new Refused(
      `without the launcher all are started as ${installed}, and ${others.map(({ user, version }) => `${user} runs ${version}`).join(', ')}: move them first`,
    );
  return {
    kind: 'launcher',
    lanes: [
      {
        user: null,
        steps: [
          {
            kind: 'launcher',
            id: 'launcher',
            title: on ? 'put the launcher in the place of the global t3' : 'take the launcher away',
            user: null,
            target: programOf(installed),
            chosen: on
              ? runs.map(({ user, version }) => ({
                  link: choiceOf(config, user),
                  target: programOf(version),
                }))
              : null,
          },
        ],
      },
    ],
    leftOut: [],
    parallel: 1,
    notes: on
      ? [
          `${config.paths.binary} becomes a small program that starts the version of whoever calls it`,
          ...runs.map(({ user, version }) => `${user} goes on with ${version}`),
          launcher.kind === 'replaced'
            ? `everybody else has again what the launcher gave them; ${installed}, which has taken its place, stays out of use`
            : `everybody else has ${installed}`,
        ]
      : [`${config.paths.binary} leads to ${installed} again, for everybody`],
  };
}

/** One user's version. */
export function chooseOf(
  config: Config,
  { user, from, to, back = false }: { user: string; from: string; to: string; back?: boolean },
  id: string,
): ChooseStep {
  return {
    kind: 'choose',
    id,
    title: from === to ? `${user} stays on ${to}` : `${user}’s version is ${to}`,
    user: null,
    whose: user,
    link: choiceOf(config, user),
    target: expand(config.paths.versionBinary, { version: to }),
    from,
    to,
    back,
  };
}
