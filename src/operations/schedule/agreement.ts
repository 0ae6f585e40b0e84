import * as z from 'zod';
import type { Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { pinText } from '../../fleet/pins.ts';
import type { Candidate, NoCandidate } from '../../t3/packages.ts';
import { Refused } from '../errors.ts';

/** What a host was when somebody agreed to something that is done later: if it is another by then, it is not done. */
const agreementSchema = z.object({
  /** Of a bump. */
  versions: z
    .object({
      installed: z.string(),
      pinned: z.string(),
      to: z.string(),
      /** The checksum of the package. */
      integrity: z.string(),
      launcher: z.string(),
    })
    .nullable(),
  users: z.array(z.string()),
});
export type Agreement = z.output<typeof agreementSchema>;

export const parseAgreement = (agreed: unknown): Agreement | undefined =>
  agreementSchema.safeParse(agreed).data;

/**
 * What is agreed to with this host as it is.
 *
 * @param candidate Of a bump: what the package source has.
 * @throws Refused where something of that is not known.
 */
export function agreementOf(fleet: Fleet, candidate: Candidate | NoCandidate | undefined): Agreement {
  const users = fleet.instances.map(({ user }) => user).toSorted();
  if (candidate === undefined) return { versions: null, users };
  if ('problem' in candidate) throw new Refused(candidate.problem);
  const installed = valueOf(fleet.installed);
  const pins = valueOf(fleet.pins);
  const launcher = valueOf(fleet.launcher);
  if (installed === undefined || pins === undefined || launcher === undefined)
    throw new Refused('what is installed and pinned is not known: nothing can be agreed to');
  return {
    versions: {
      installed,
      pinned: pinsAsText(pins.readings),
      to: candidate.version,
      integrity: candidate.integrity,
      launcher: launcher.kind,
    },
    users,
  };
}

/** Of all files: one that was edited is another agreement, whatever it was edited to. */
const pinsAsText = (readings: readonly { pin?: Parameters<typeof pinText>[0] | undefined }[]) =>
  readings.map(({ pin }) => (pin === undefined ? '?' : pinText(pin))).join(', ');

/** What is not as it was agreed to, in words; nothing where all of it is. */
export function differences(agreed: Agreement, now: Agreement): string[] {
  const found: string[] = [];
  const say = (what: string, was: string, is: string) => {
    if (was !== is) found.push(`${what} is ${is} now, and was ${was}`);
  };
  if (agreed.versions !== null && now.versions !== null) {
    say('what is installed', agreed.versions.installed, now.versions.installed);
    say('what is pinned', agreed.versions.pinned, now.versions.pinned);
    say('the launcher', agreed.versions.launcher, now.versions.launcher);
    say('the version that this means', agreed.versions.to, now.versions.to);
    if (agreed.versions.to === now.versions.to && agreed.versions.integrity !== now.versions.integrity)
      found.push(`the package source has other bits for ${now.versions.to} than were judged`);
  }
  const added = now.users.filter((user) => !agreed.users.includes(user));
  // Nobody has read in the plan what it would do to them.
  if (added.length > 0 && agreed.versions !== null) found.push(`${added.join(', ')} came to this host since`);
  return found;
}
