import path from 'node:path';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { placesOf } from '../../t3/launcher.ts';
import { prefixOf, type Candidate } from '../../t3/packages.ts';
import { whyUnknown } from './choice.ts';
import { Refused } from '../errors.ts';
import type { Naming } from './lane.ts';
import { chooseOf } from './launcher.ts';
import type { Plan, Request, Step } from '../plan.ts';

type BumpRequest = Extract<Request, { kind: 'bump' }>;

interface Switch {
  from: string;
  candidate: Candidate;
  administrator: string;
  /** Theirs, below which the pin files lie. */
  home: string;
  /** In place of our own install: the host's script does it. */
  enforce?: Step;
}

/** The part of a bump that moves the host: its pins, then its global binary. @throws Refused */
export function switchLane(
  fleet: Fleet,
  config: Config,
  request: BumpRequest,
  naming: Naming,
  about: Switch,
): Plan['lanes'][number] {
  return {
    user: null,
    phase: 'switch',
    steps: [
      // The host's own updater heeds that, and would not move when it is to be let loose.
      ...(request.users === undefined && about.enforce === undefined
        ? [meanwhileFrozen(config, `bump to ${about.candidate.version}`)]
        : []),
      ...staying(fleet, config, about),
      ...(request.users === undefined
        ? [
            ...pinSteps(fleet, config, request, { ...about, to: about.candidate.version }),
            about.enforce ?? installStep(fleet, config, request, naming, about),
          ]
        : []),
    ],
  };
}

/** Nobody else moves versions while this operation does, not even after a reboot; null: that is over. */
export function meanwhileFrozen({ paths }: Config, reason: string | null): Step {
  const [id, title] =
    reason === null
      ? ['thaw', 'let versions move again']
      : ['freeze', 'freeze versions until this is over, for the host’s own scripts'];
  return { kind: 'freeze', id, title, user: null, file: paths.freeze, reason, meanwhile: true };
}

/** With the launcher: everybody is given their own version, before anything is moved that is for all who have none. */
export function staying(fleet: Fleet, config: Config, { from }: { from: string }): Step[] {
  const launcher = valueOf(fleet.launcher);
  if (launcher?.kind !== 'whole') return [];
  return fleet.instances
    .filter(({ user }) => !launcher.chosen.has(user))
    .map(({ user }) => chooseOf(config, { user, from, to: from, back: true }, `stay/${user}`));
}

interface Pinning {
  to: string;
  administrator: string;
  home: string;
  back?: true;
}

/** The pin moved in every file that has one, from what it says. @throws Refused */
export function pinSteps(
  { pins }: Fleet,
  config: Config,
  { whateverPinned }: { whateverPinned: boolean },
  { to, administrator, home, back }: Pinning,
): Step[] {
  if (config.pins.length === 0) return [];
  const found = valueOf(pins);
  if (found === undefined)
    throw new Refused(`the pin files cannot be read: ${whyUnknown(pins, 'not looked at')}`);
  for (const { file, problem } of found.readings)
    if (problem !== undefined) throw new Refused(`${file}: ${problem}`);
  if (found.agreed === undefined && !whateverPinned) {
    const said = found.readings.map(
      ({ file, pin }) => `${pin?.kind === 'version' ? pin.version : 'nightly'} in ${file}`,
    );
    throw new Refused(
      `the pin files disagree: ${said.join(', ')}; to move each of them all the same: --whatever-pinned`,
    );
  }
  return found.readings.map(({ file, pin, copy }, index): Step => {
    const configured = config.pins.find((each) => expand(each.file, { home }) === file);
    return {
      kind: 'pin',
      id: `pin/${index}`,
      title: copy ? 'move the pin in the copy that the host runs' : 'move the pin',
      user: copy ? null : administrator,
      file,
      base: copy ? '/' : home,
      variable: configured?.variable ?? 'T3_PIN',
      from: pin?.kind === 'version' ? pin.version : '',
      to,
      ...(back === undefined ? {} : { back }),
    };
  });
}

function installStep(
  { launcher }: Fleet,
  config: Config,
  { allowDowngrade }: BumpRequest,
  { tail }: Naming,
  { from, candidate }: Switch,
): Step {
  const { versionBinary } = config.paths;
  const binary = valueOf(launcher)?.kind === 'whole' ? placesOf(config).everybody : config.paths.binary;
  return {
    kind: 'install',
    id: 'install',
    title: `install ${candidate.version} for everybody`,
    user: null,
    from,
    to: candidate.version,
    binary,
    target: path.join(prefixOf(config, candidate.version), 'bin/t3'),
    keep: expand(versionBinary, { version: from }),
    aside: `${binary}.t3-cockpit-${tail}`,
    integrity: candidate.integrity,
    allowDowngrade,
  };
}
