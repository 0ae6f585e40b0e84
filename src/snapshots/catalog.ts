import type { FolderEntry } from '../host/owned.ts';
import type { SnapshotFacts } from './manifest.ts';
import { parseHostName, parseName, type SnapshotKind } from './names.ts';

/** A snapshot, as the journal vouches for it: one of ours, or one of the host's that was read wholly. */
export interface SnapshotRecord extends SnapshotFacts {
  id: number;
  user: string;
  kind: SnapshotKind;
  folder: string;
  file: string;
  /** Milliseconds since 1970, all times here. */
  takenAt: number;
  version: string | undefined;
  /** When the file was last read wholly and found to be what this record says. */
  verifiedAt: number;
  /** The operation that took it. */
  operation: number | undefined;
  /** Somebody wants it kept: no retention removes it. */
  protected: boolean;
  /** The last look at the whole file, if that found it wanting. */
  problem: { at: number; words: string } | undefined;
  /** The last test restore: by which t3, and what went wrong, if anything did. */
  tried: { at: number; version: string; problem: string | undefined } | undefined;
}

/**
 * How far a snapshot can be relied on, as far as that shows without reading it:
 * - `verified`: the journal vouches for it, and the file still has the size that was verified;
 * - `unverified`: nobody vouches for it (the host's own script made it, or somebody put it there);
 * - `changed`: the file is not the one that was verified;
 * - `damaged`: it was read wholly, and found wanting; or a test restore of it failed;
 * - `missing`: the journal knows it, the folder does not.
 */
export type Standing = 'verified' | 'unverified' | 'changed' | 'damaged' | 'missing';

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

interface ListedFolder {
  path: string;
  files: readonly FolderEntry[];
}

export interface BackupFolder {
  /** The user's backup folder, with the host's snapshots, and its files. */
  host: ListedFolder;
  /** The cockpit's folder in it. */
  own: ListedFolder;
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
  const key = (path: string, file: string) => `${path}/${file}`;
  const known = new Map(records.map((record) => [key(record.folder, record.file), record]));
  const listed = (origin: CatalogEntry['origin'], { path, files }: ListedFolder): CatalogEntry[] =>
    files.flatMap((file): CatalogEntry[] => {
      const name = origin === 'cockpit' ? parseName(file.name) : parseHostName(file.name);
      if (name === undefined) return [];
      const record = known.get(key(path, file.name));
      return [
        {
          user,
          origin,
          folder: path,
          file: file.name,
          ...name,
          // A name counts in whole seconds; two pressed within one are told apart by what was recorded.
          takenAt: record?.takenAt ?? name.takenAt,
          bytes: file.bytes,
          standing: standingOf(file, record),
          record,
        },
      ];
    });
  const found = [...listed('cockpit', folder.own), ...listed('host', folder.host)];
  const present = new Set(found.map((entry) => key(entry.folder, entry.file)));
  const missing = records
    .filter((record) => !present.has(key(record.folder, record.file)))
    // A file of the host's that is gone was taken away by the host's own retention: that is its business.
    .filter((record) => record.folder === folder.own.path)
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
  return [...found, ...missing].sort((a, b) => b.takenAt - a.takenAt || a.file.localeCompare(b.file));
}

function standingOf(file: FolderEntry, record: SnapshotRecord | undefined): Standing {
  if (record === undefined) return 'unverified';
  if (record.problem !== undefined || record.tried?.problem !== undefined) return 'damaged';
  return record.bytes === file.bytes ? 'verified' : 'changed';
}

/** Two clocks, or one that was set, may differ by so much, milliseconds. */
const clockTolerance = 5 * 60_000;

/** Is it said to be from later than now? By a forged name, or because the clock was set back: it is no backup of today. */
export function fromTheFuture(entry: CatalogEntry, now: number): boolean {
  return entry.takenAt > now + clockTolerance;
}

/**
 * The newest snapshot that a user could go back to: a verified one, else one that was at least found. One from the future
 * does not count: it would be the newest for ever.
 *
 * @param now Milliseconds since 1970.
 */
export function newestUsable(
  entries: readonly CatalogEntry[],
  now: number,
): {
  verified: CatalogEntry | undefined;
  any: CatalogEntry | undefined;
} {
  const usable = entries.filter(
    (entry) =>
      (entry.standing === 'verified' || entry.standing === 'unverified') && !fromTheFuture(entry, now),
  );
  return { verified: usable.find((entry) => entry.standing === 'verified'), any: usable[0] };
}
