import { parseVersion } from '../t3/version.ts';

/** `daily` by a schedule, `prebump` before a version change, `manual` on request, `prerestore` what a restore replaced. */
export const snapshotKinds = ['daily', 'prebump', 'manual', 'prerestore'] as const;
export type SnapshotKind = (typeof snapshotKinds)[number];

export interface SnapshotName {
  kind: SnapshotKind;
  /** The t3 version that ran when it was taken; undefined where the name does not say. */
  version: string | undefined;
  /** Milliseconds since 1970. */
  takenAt: number;
}

/** The ending of a file that is being written; such a file is never a snapshot. */
export const partialSuffix = '.partial';

/**
 * The file name of a snapshot of ours: `manual-0.0.24-20261123T124300Z-3f9a1c.sqlite`. In UTC, because in local time one
 * hour of the year is written twice; with a random tail, because two may be taken in the same second.
 */
export function formatName(name: SnapshotName, tail: string): string {
  const time = new Date(name.takenAt).toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  return `${name.kind}-${name.version ?? 'unknown'}-${time}-${tail}.sqlite`;
}

/** Read a name that `formatName` wrote. */
export function parseName(file: string): SnapshotName | undefined {
  const match = /^(daily|prebump|manual|prerestore)-(.{1,64})-(\d{8}T\d{6}Z)-([0-9a-f]{6,32})\.sqlite$/.exec(
    file,
  );
  const [, kind, version, time] = match ?? [];
  if (kind === undefined || version === undefined || time === undefined) return undefined;
  if (version !== 'unknown' && parseVersion(version) === undefined) return undefined;
  const takenAt = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(takenAt)) return undefined;
  return { kind: kind as SnapshotKind, version: version === 'unknown' ? undefined : version, takenAt };
}

/** The name under which the host's own procedure finds a snapshot from before a bump (docs/host.md, snapshots). */
export function formatHostName(version: string, takenAt: number): string {
  const date = new Date(takenAt);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  return `state-prebump-${version}-${day}-${time}.sqlite`;
}

/**
 * Read a name that the host's own scripts wrote (docs/host.md, snapshots): `state-YYYYmmdd-HHMMSS.sqlite` or
 * `state-prebump-<version>-YYYYmmdd-HHMMSS.sqlite`, in the host's local time. The name's time counts, never the
 * file's: their `cp -a` keeps the source's mtime.
 */
export function parseHostName(file: string): SnapshotName | undefined {
  const match = /^state-(?:prebump-(.{1,64})-)?(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)\.sqlite$/.exec(file);
  if (match === null) return undefined;
  const [, version, ...digits] = match;
  if (version !== undefined && parseVersion(version) === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
  const date = new Date(year, month - 1, day, hour, minute, second);
  // Date rolls 20260231 over into March; such a name was not written by a clock.
  if (
    date.getMonth() !== month - 1 ||
    date.getDate() !== day ||
    date.getHours() > 23 ||
    minute > 59 ||
    second > 59
  )
    return undefined;
  return { kind: version === undefined ? 'daily' : 'prebump', version, takenAt: date.getTime() };
}
