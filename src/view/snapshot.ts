import type { CatalogEntry } from '../snapshots/catalog.ts';

/** How far a snapshot can be relied on, in words: `verified, opened by 0.0.24, protected`. */
export function standingText({ standing, record }: CatalogEntry): string {
  const problem = record?.problem?.words ?? record?.tried?.problem;
  const tried =
    standing === 'verified' && record?.tried !== undefined ? [`opened by ${record.tried.version}`] : [];
  return [
    standing === 'damaged' && problem !== undefined ? `damaged: ${problem}` : standing,
    ...tried,
    ...(record?.protected === true ? ['protected'] : []),
  ].join(', ');
}
