import { durationWords } from '../../text/duration.ts';
import type { BumpUser } from './bump.ts';
import type { GateVerdict } from './verdicts.ts';

interface Noted {
  to: string;
  verdict: GateVerdict | undefined;
  soak: number;
  /** Not everybody. */
  some: boolean;
  /** By the host's own script. */
  enforced: boolean;
}

/** What the admin should know before agreeing to a bump. */
export function bumpNotes(
  users: readonly BumpUser[],
  { to, verdict, soak, some, enforced }: Noted,
): string[] {
  const later = users.filter(({ later: why }) => why !== undefined);
  const now = users.length - later.length;
  return [
    verdict === undefined
      ? `${to} is judged first, on copies; should it not pass, nothing is changed`
      : `${to} was judged by operation ${verdict.operation}: these very bits passed; it makes schema ${verdict.schema.id} (${verdict.schema.name})`,
    `before anything is moved: a verified snapshot of each of the ${users.length} users`,
    ...later.map(
      ({ ground, later: why }) =>
        `${ground.user} later, when idle (drain)${enforced ? ', if the script sees it' : ''}: ${why}`,
    ),
    ...exposure(users, later),
    ...(some ? ['pins and what is installed for everybody else stay'] : []),
    enforced
      ? `each of the ${now} others is looked at when the script has ended, and watched for ${durationWords(soak)}: the first failure takes everybody back`
      : `each of the ${now} others is away for its own restart, and watched for ${durationWords(soak)} before the next one: the first failure takes everybody back`,
  ];
}

/** Who may have their database migrated under their server by a page visit, and until when. */
function exposure(users: readonly BumpUser[], later: readonly BumpUser[]): string[] {
  if (users.some(({ own }) => own))
    return ['nobody’s pages mint with another version than their server runs'];
  const exposed = (count: number) => (count === 1 ? 'one user is' : `${count} users are`);
  return [
    `from the install to their own restart a page visit migrates a database under its server, and pairing fails until then: ${exposed(users.length)} exposed for that time${later.length === 0 ? '' : `, ${later.map(({ ground }) => ground.user).join(', ')} until they are idle`}; with the launcher nobody is (t3-cockpit launcher install)`,
  ];
}
