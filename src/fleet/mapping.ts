import type { Instance } from './fleet.ts';
import { valueOf } from './observation.ts';

/**
 * What is wrong with how the dispatch finds this user: a name that it does not know, or leads elsewhere, or to another
 * port than the unit's own environment says. Verification once passed for a user who had no mapping (docs/host.md).
 */
export function mappingProblems(instance: Instance): string[] {
  const port = valueOf(instance.port);
  return (valueOf(instance.mapping) ?? []).flatMap(({ name, leadsTo }): string[] => {
    if (leadsTo === undefined) return [`${name} is not in the dispatch table`];
    if (leadsTo.user !== instance.user) return [`the dispatch leads ${name} to ${leadsTo.user}`];
    return port === undefined || leadsTo.port === port
      ? []
      : [`the dispatch leads ${name} to port ${leadsTo.port}, its unit listens on ${port}`];
  });
}
