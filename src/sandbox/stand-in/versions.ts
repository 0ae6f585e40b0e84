import { derive, measuredProfiles, type VersionProfile } from './profiles.ts';
import { later } from './migrations/later.ts';

/**
 * Every version that the stand-in can be: those that were measured, and those that are bad on purpose, each in one way.
 * Nobody has measured the bad ones: they are what a version could be like, by the incidents of docs/host.md.
 */

const [v24, v27, v33] = measuredProfiles;
const after32 = (name: string, sql: string) => [...later.filter(({ id }) => id <= 32), { id: 33, name, sql }];

interface OnPurpose {
  profile: VersionProfile;
  /** What is wrong with it, for whoever looks for one to try. */
  wrong: string;
}

export const badVersions: readonly OnPurpose[] = [
  {
    profile: derive(v27, '0.0.26', { faults: { cannotInstall: true } }),
    wrong: 'cannot be installed',
  },
  {
    profile: derive(v27, '0.0.28', { http: { pairingPath: '/api/auth/pair' } }),
    wrong: 'has renamed the pairing endpoint again',
  },
  {
    profile: derive(v27, '0.0.29', {
      migrations: after32(
        'ProjectionThreadMessagesUnique',
        'CREATE UNIQUE INDEX on_purpose ON projection_thread_messages(thread_id);',
      ),
    }),
    wrong: 'its migration fails where there is work, and not in an empty database',
  },
  {
    profile: derive(v27, '0.0.30', { faults: { cannotPair: true } }),
    wrong: 'answers GET / and cannot pair',
  },
  {
    profile: derive(v27, '0.0.31', { faults: { refusesWhenTold: true } }),
    wrong: 'passes the gate, and cannot pair for whom T3_STAND_IN_REFUSES=1 is in the environment file',
  },
  {
    profile: derive(v27, '0.0.32', { faults: { crashAfter: 60_000 } }),
    wrong: 'crashes after a minute',
  },
  {
    profile: derive(v27, '0.0.34', {
      migrations: after32(
        'ProjectionThreadsTidied',
        'DELETE FROM projection_turns; DELETE FROM projection_threads;',
      ),
    }),
    wrong: 'its migration loses work, and says nothing',
  },
];

/** Every version that the stand-in can be, oldest first. */
export const profiles: readonly VersionProfile[] = [
  v24,
  v27,
  v33,
  ...badVersions.map(({ profile }) => profile),
].sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));

/** @throws when the stand-in is not made for that version; says for which it is. */
export function profileOf(version: string): VersionProfile {
  const profile = profiles.find((each) => each.version === version);
  if (profile !== undefined) return profile;
  throw new Error(
    `no stand-in for t3 ${version}, only for ${profiles.map((each) => each.version).join(', ')}`,
  );
}
