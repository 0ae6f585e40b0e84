import semver from 'semver';
import { startsAs, type Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { parseVersion } from '../../t3/version.ts';
import { whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import type { Moves } from './moved-versions.ts';
import type { Request } from '../plan.ts';
import type { Version } from './rollback-user.ts';
import type { Migration } from '../../t3/state-database.ts';

/** Which version a rollback goes back to, and whose it is. */
export interface Target {
  /** What is installed for everybody, and what everybody goes back to. */
  installed: string;
  version: string;
  /** Why this one, in words. */
  because: string;
  /** Only some, by their own links: pins and what is installed stay. */
  some: boolean;
  /** Everybody has their own version, by the launcher. */
  own: boolean;
}

/**
 * What a rollback goes back to: what the last bump replaced, or the version that is asked for.
 *
 * @throws UsageProblem, Refused
 */
export function targetOf(
  fleet: Fleet,
  { to, users }: Extract<Request, { kind: 'rollback' }>,
  moves: Moves,
): Target {
  const installed = valueOf(fleet.installed);
  const launcher = valueOf(fleet.launcher);
  if (installed === undefined)
    throw new Refused(`it is not known what is installed: ${whyUnknown(fleet.installed, 'not looked at')}`);
  if (launcher === undefined)
    throw new Refused(
      `cannot tell whether users have versions of their own: ${whyUnknown(fleet.launcher, 'not looked at')}`,
    );
  if (launcher.kind === 'replaced')
    throw new Refused(
      'the launcher was here, and something else is in its place now: t3-cockpit launcher install puts it back',
    );
  const own = launcher.kind === 'whole';
  const some = own && users !== undefined;
  if (to !== undefined) {
    const version = parseVersion(to);
    if (version === undefined) throw new UsageProblem(`"${to}" is no version, like 0.0.24`);
    if (semver.gt(version, installed) && !some)
      throw new UsageProblem(
        `${version} is newer than ${installed}, which is installed: t3-cockpit bump ${version}`,
      );
    return { installed, version, because: 'as it was asked for', some, own };
  }
  return {
    installed,
    some,
    own,
    ...(some ? ownTarget(fleet, users, moves) : lastTarget(installed, moves)),
  };
}

type Found = Pick<Target, 'version' | 'because'>;

function lastTarget(installed: string, { last }: Moves): Found {
  if (last === undefined || last.to !== installed)
    throw new Refused(
      `nothing is known of a bump that has brought ${installed}: say which version to go back to, --to VERSION`,
    );
  return last.kind === 'rollback'
    ? { version: installed, because: `what operation ${last.operation} has gone back to` }
    : { version: last.from, because: `what operation ${last.operation} has replaced` };
}

/** Each of them has moved by their own link, and all from the same version. */
function ownTarget(fleet: Fleet, users: readonly string[], { own, last }: Moves): Found {
  const targets = users.map((user) => {
    const has = startsAs(fleet, user);
    const moved = own.get(user) ?? last;
    if (moved === undefined || moved.to !== has)
      throw new Refused(
        `nothing is known of a bump that has brought ${has ?? 'their version'} to ${user}: say which version to go back to, --to VERSION`,
      );
    return { user, ...moved };
  });
  const [first] = targets;
  if (first === undefined) throw new UsageProblem('nobody is named');
  const other = targets.find(({ from }) => from !== first.from);
  if (other !== undefined)
    throw new UsageProblem(
      `${first.user} would go back to ${first.from}, and ${other.user} to ${other.from}: one after the other, or --to VERSION`,
    );
  return { version: first.from, because: `what operation ${first.operation} has replaced` };
}

/** What is known of the version that is gone back to; also for the rollbacks that are owed (`planDrain`). */
export function versionOf(
  { installed, version }: Pick<Target, 'installed' | 'version'>,
  facts: { moves: Moves; schemaOf: (version: string) => Migration | undefined },
): Version {
  const { last } = facts.moves;
  return {
    version,
    schema: facts.schemaOf(version),
    before: installed === version ? (last?.to === version ? last.from : undefined) : installed,
  };
}
