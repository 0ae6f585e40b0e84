/** The version in a pin file: `${T3_PIN:-0.0.24}` (docs/host.md, pin). Empty where the host tracks nightly. */

/**
 * Move the pin of a file, and leave every other byte as it is: line ends, a missing last newline, encodings.
 *
 * @param bytes The whole file.
 * @param to The version; empty for nightly.
 * @returns what the file said, and what it is to be; or why nobody can tell which text is the pin.
 */
export function movePin(
  bytes: Buffer,
  variable: string,
  to: string,
): { from: string; moved: Buffer } | { problem: string } {
  // One character a byte: nothing is decoded, so nothing is lost.
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(new RegExp(`\\$\\{${variable}:-([^}\\n]*)\\}`, 'g'))];
  const [only] = found;
  if (only === undefined) return { problem: `no \${${variable}:-…} in it` };
  if (found.length > 1)
    return { problem: `${found.length} times \${${variable}:-…}: which one counts is not clear` };
  const from = only[1] ?? '';
  const start = only.index + variable.length + 4;
  return {
    from,
    moved: Buffer.concat([
      bytes.subarray(0, start),
      Buffer.from(to, 'latin1'),
      bytes.subarray(start + from.length),
    ]),
  };
}

/** Do these differ in nothing but the version that is pinned? */
export function sameButForPin(one: Buffer, other: Buffer, variable: string): boolean {
  const [a, b] = [movePin(one, variable, ''), movePin(other, variable, '')];
  return 'moved' in a && 'moved' in b && a.moved.equals(b.moved);
}
