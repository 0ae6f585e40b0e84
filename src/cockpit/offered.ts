import semver from 'semver';
import { startsAs, type Fleet } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Mode } from './state.ts';

/** The versions to choose from, newest first; none while the package source has not answered. */
export function offeredIn({ choice }: Extract<Mode, { kind: 'versions' }>): string[] {
  return choice === undefined || 'problem' in choice ? [] : choice.versions;
}

/** Why a version cannot be brought to everybody from here, as far as can be seen. The guards are elsewhere. */
export function whyNotOffered(version: string, fleet: Fleet): string | undefined {
  const installed = valueOf(fleet.installed);
  if (installed === undefined) return 'what is installed is not known';
  if (version === installed)
    return fleet.instances.some(({ user }) => startsAs(fleet, user) !== version)
      ? 'installed; who has another one gets it by drain'
      : 'installed';
  return semver.lt(version, installed) ? 'older: only with --allow-downgrade, by command' : undefined;
}
