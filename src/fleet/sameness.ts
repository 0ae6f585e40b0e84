/**
 * What goes on changing while nothing happens: sizes, shares, and times. Nobody waits for the newest of them, as they do
 * for a server that has gone.
 */
const quantities: ReadonlySet<string> = new Set([
  'at',
  'database',
  'inFlightMoved',
  'lastActivity',
  'lastRun',
  'latency',
  'memory',
  'nextRun',
  'since',
  'tasks',
  'wal',
]);

/** Does a fact that was measured again say what it said before, but for quantities, and for when that was? */
export function saysTheSame(before: unknown, now: unknown): boolean {
  if (before === now) return true;
  if (!isObject(before) || !isObject(now)) return false;
  if (before instanceof Map || now instanceof Map)
    return before instanceof Map && now instanceof Map && saysTheSame([...before], [...now]);
  const keys = Object.keys(now);
  if (keys.length !== Object.keys(before).length) return false;
  return keys.every((key) => key in before && (quantities.has(key) || saysTheSame(before[key], now[key])));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
