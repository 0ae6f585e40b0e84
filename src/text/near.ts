/** The most names that are suggested. */
const most = 3;

/** The names that somebody may have meant, nearest first: those that contain what was typed, or are a few slips away. */
export function nearNames(typed: string, names: readonly string[]): string[] {
  const few = Math.max(2, Math.floor(typed.length / 6));
  return [...new Set(names)]
    .map((name) => ({
      name,
      away: typed !== '' && name.includes(typed) ? 0 : distance(typed, name),
    }))
    .filter(({ away }) => away <= few)
    .toSorted((a, b) => a.away - b.away)
    .slice(0, most)
    .map(({ name }) => name);
}

/** How many characters have to be put in, left out or changed to make one text of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at += 1) {
    const next = [at];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (from[at - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
