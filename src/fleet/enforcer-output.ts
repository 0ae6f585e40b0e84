import { parseVersion } from '../t3/version.ts';

/** A line of the host's updater, as far as docs/host.md says what it prints. */
export type EnforcerLine =
  | { kind: 'deferring'; unit: string }
  | { kind: 'restarted'; unit: string; version: string }
  | { kind: 'health check failed'; words: string }
  /** It took back the binary by itself, or could not. */
  | { kind: 'rolled back' }
  | { kind: 'rollback failed' };

/**
 * Understand a line: `deferring <unit> …`, `restarted <unit> -> <version>`, `HEALTH-CHECK FAILED …`. What it says of its
 * own going back is not promised anywhere: those are understood where they are as usual, and nothing relies on it.
 *
 * @returns undefined for a line that says something else.
 */
export function parseEnforcerLine(line: string): EnforcerLine | undefined {
  const text = line.trim();
  const deferring = /^deferring (\S+)/.exec(text);
  if (deferring !== null) return { kind: 'deferring', unit: asService(deferring[1] ?? '') };
  const restarted = /^restarted (\S+) -> v?(\S+)/.exec(text);
  if (restarted !== null) {
    const version = parseVersion(restarted[2] ?? '');
    return version === undefined
      ? undefined
      : { kind: 'restarted', unit: asService(restarted[1] ?? ''), version };
  }
  if (text.startsWith('HEALTH-CHECK FAILED')) return { kind: 'health check failed', words: text };
  if (/^roll(?:ing )?back failed\b/i.test(text)) return { kind: 'rollback failed' };
  return /^rolled back\b/i.test(text) ? { kind: 'rolled back' } : undefined;
}

/** A script may leave `.service` out, as systemctl lets it. */
const asService = (unit: string) => (/\.(service|timer)$/.test(unit) ? unit : `${unit}.service`);
