import type { FolderEntry } from '../host/owned.ts';
import type { SnapshotFacts } from './manifest.ts';
import { parseHostName, parseName, type SnapshotKind } from './names.ts';

/** A snapshot of ours, as the journal vouches for it. The checksum here is the one that counts. */
export interface SnapshotRecord extends SnapshotFacts {
  id: number;
  user: string;
  kind: SnapshotKind;
  folder: string;
  file: string;
  /** Milliseconds since 1970. */
  takenAt: number;
  version: string | undefined;
  /** When the file was last read wholly and found to be what this record says. */
  verifiedAt: number;
  /** The operation that took it. */
  operation: number | undefined;
}

/**
 * How far a snapshot can be relied on, as far as that shows without reading it:
 * - `verified`: the journal vouches for it, and the file still has the size that was verified;
 * - `unverified`: nobody vouches for it (the host's own script made it, or somebody put it there);
 * - `changed`: the file is not the one that was verified;
 * - `missing`: the journal knows it, the folder does not.
 */
export type Standing = 'verified' | 'unverified' | 'changed' | 'missing';

export interface CatalogEntry {
  user: string;
  /** Who made it, by the folder it lies in. */
  origin: 'cockpit' | 'host';
  folder: string;
  file: string;
  kind: SnapshotKind;
  version: string | undefined;
  takenAt: number;
  bytes: number;
  standing: Standing;
  record: SnapshotRecord | undefined;
}

export interface BackupFolder {
  /** The user's backup folder, with the host's snapshots, and its files. */
  host: { path: string; files: readonly FolderEntry[] };
  /** The cockpit's folder in it. */
  own: { path: string; files: readonly FolderEntry[] };
}

/**
 * Everything that may be restored for a user, newest first: the files found, held against what the journal vouches
 * for. Files whose name says nothing (partial ones above all) are not snapshots.
 */
export function catalog(
  user: string,
  folder: BackupFolder,
  records: readonly SnapshotRecord[],
): CatalogEntry[] {
  const known = new Map(
    records.filter((record) => record.folder === folder.own.path).map((record) => [record.file, record]),
  );
  const own = folder.own.files.flatMap((file): CatalogEntry[] => {
    const name = parseName(file.name);
    if (name === undefined) return [];
    const record = known.get(file.name);
    const standing: Standing =
      record === undefined ? 'unverified' : record.bytes === file.bytes ? 'verified' : 'changed';
    return [
      {
        user,
        origin: 'cockpit',
        folder: folder.own.path,
        file: file.name,
        ...name,
        bytes: file.bytes,
        standing,
        record,
      },
    ];
  });
  const host = folder.host.files.flatMap((file): CatalogEntry[] => {
    const name = parseHostName(file.name);
    if (name === undefined) return [];
    return [
      {
        user,
        origin: 'host',
        folder: folder.host.path,
        file: file.name,
        ...name,
        bytes: file.bytes,
        standing: 'unverified',
        record: undefined,
      },
    ];
  });
  const present = new Set(own.map((entry) => entry.file));
  const missing = [...known.values()]
    .filter((record) => !present.has(record.file))
    .map((record): CatalogEntry => ({
      user,
      origin: 'cockpit',
      folder: record.folder,
      file: record.file,
      kind: record.kind,
      version: record.version,
      takenAt: record.takenAt,
      bytes: record.bytes,
      standing: 'missing',
      record,
    }));
  return [...own, ...host, ...missing].sort((a, b) => b.takenAt - a.takenAt || a.file.localeCompare(b.file));
}

/** The newest snapshot that a user could go back to: a verified one, else one that was at least found. */
export function newestUsable(entries: readonly CatalogEntry[]): {
  verified: CatalogEntry | undefined;
  any: CatalogEntry | undefined;
} {
  const usable = entries.filter((entry) => entry.standing === 'verified' || entry.standing === 'unverified');
  return { verified: usable.find((entry) => entry.standing === 'verified'), any: usable[0] };
}
