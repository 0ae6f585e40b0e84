import type { CatalogEntry, SnapshotRecord } from '../../snapshots/catalog.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { bytesText, dateText } from '../../view/format.ts';
import { standingText } from '../../view/snapshot.ts';
import { isoTime } from './json.ts';
import { table } from './table.ts';

/** The catalog as a table. */
export function snapshotsTable(entries: readonly CatalogEntry[]): string {
  return table(
    ['USER', 'TAKEN', 'KIND', 'T3', 'SCHEMA', 'SIZE', 'READ', 'TRIED', 'STANDING', 'FILE'],
    entries.map((entry) => {
      const schema = entry.record === undefined ? undefined : schemaLevel(entry.record.migrations);
      return [
        entry.user,
        dateText(entry.takenAt),
        entry.kind,
        entry.version ?? '-',
        schema === undefined ? '-' : String(schema.id),
        bytesText(entry.bytes),
        readAt(entry.record),
        entry.record?.tried === undefined ? '-' : dateText(entry.record.tried.at),
        standingText(entry),
        `${entry.folder}/${entry.file}`,
      ];
    }),
    [4, 5],
  );
}

/** When it was last read wholly, with whatever result. */
function readAt(record: SnapshotRecord | undefined): string {
  return record === undefined ? '-' : dateText(Math.max(record.verifiedAt, record.problem?.at ?? 0));
}

/** A snapshot as a document (docs/json.md, snapshots). */
export function entryJson(entry: CatalogEntry): object {
  const { record } = entry;
  return {
    user: entry.user,
    file: `${entry.folder}/${entry.file}`,
    origin: entry.origin,
    kind: entry.kind,
    version: entry.version ?? null,
    takenAt: isoTime(entry.takenAt),
    bytes: entry.bytes,
    standing: entry.standing,
    protected: record?.protected ?? false,
    verified: record === undefined || record.sha256 === '' ? null : verifiedJson(record),
    problem:
      record?.problem === undefined ? null : { at: isoTime(record.problem.at), words: record.problem.words },
    trial:
      record?.tried === undefined
        ? null
        : {
            at: isoTime(record.tried.at),
            version: record.tried.version,
            problem: record.tried.problem ?? null,
          },
  };
}

function verifiedJson(record: SnapshotRecord): object {
  return {
    at: isoTime(record.verifiedAt),
    sha256: record.sha256,
    schema: schemaLevel(record.migrations) ?? null,
    work: record.work,
    operation: record.operation ?? null,
  };
}
