/**
 * What stands in the host's freeze file while an operation of ours moves versions. By that it is told from the freeze of
 * an admin, of a script, or of a bump that has failed, which stay until somebody lifts them.
 */
export const freezeOfOperation = (operation: number, words: string): string =>
  `t3-cockpit: operation ${operation} moves versions: ${words}`;

/** The operation for whose time it is frozen; undefined of any other freeze. */
export function operationOfFreeze(reason: string): number | undefined {
  const number = /^t3-cockpit: operation (\d{1,15}) moves versions: /.exec(reason)?.[1];
  return number === undefined ? undefined : Number(number);
}
