import type { Work } from '../t3/state-database.ts';

const counted = [
  ['threads', 'thr'],
  ['messages', 'msg'],
  ['turns', 'turns'],
] as const;

/** How much more or less work a snapshot holds than there is now: `-2 thr -30 msg`; `same`; `?` where it is not known. */
export function againstText(snapshot: Work | undefined, live: Work | undefined): string {
  if (snapshot === undefined || live === undefined) return '?';
  const parts = counted.flatMap(([what, short]) => {
    const difference = snapshot[what] - live[what];
    return difference === 0 ? [] : [`${difference > 0 ? '+' : ''}${difference} ${short}`];
  });
  return parts.length === 0 ? 'same' : parts.join(' ');
}
