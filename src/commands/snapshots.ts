import { valueOf } from '../fleet/observation.ts';
import { UsageProblem } from '../operations/errors.ts';
import type { CatalogEntry } from '../snapshots/catalog.ts';
import { schemaLevel } from '../t3/state-database.ts';
import { bytesText, dateText } from '../view/format.ts';
import { observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { isoTime, jsonDocument } from './render/json.ts';
import { table } from './render/table.ts';

/** `snapshots [USER…]`: the catalog, newest first. */
export function snapshots(context: CommandContext, users: readonly string[]): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, io);
    const fleet = await observer.once({ versions: false, readers: true }).finally(() => observer.stop());
    if (fleet.userMap.kind === 'unknown') throw new Error(`user map: ${fleet.userMap.reason}`);
    const missing = users.find((user) => !fleet.instances.some((instance) => instance.user === user));
    if (missing !== undefined) throw new UsageProblem(`no user ${missing} in the user map`);
    const chosen = fleet.instances.filter((instance) => users.length === 0 || users.includes(instance.user));
    const entries = chosen.flatMap((instance) => valueOf(instance.snapshots) ?? []);
    const unknown = chosen.flatMap(({ user, snapshots: seen }) =>
      seen.kind === 'unknown' ? [{ user, reason: seen.reason }] : [],
    );
    if (options.json) io.out(jsonDocument({ snapshots: entries.map(entryJson), unknown }));
    else
      io.out(
        table(
          ['USER', 'TAKEN', 'KIND', 'T3', 'SCHEMA', 'SIZE', 'STANDING', 'FILE'],
          entries.map(entryRow),
          [4, 5],
        ),
      );
    for (const { user, reason } of unknown) io.err(`t3-cockpit: ${user}: ${reason}\n`);
    if (opened.journalProblem !== undefined) io.err(`t3-cockpit: journal: ${opened.journalProblem}\n`);
    return unknown.length === 0
      ? exit.done
      : unknown.length === chosen.length
        ? exit.failed
        : exit.someFailed;
  });
}

function entryRow(entry: CatalogEntry): string[] {
  const schema = entry.record === undefined ? undefined : schemaLevel(entry.record.migrations);
  return [
    entry.user,
    dateText(entry.takenAt),
    entry.kind,
    entry.version ?? '-',
    schema === undefined ? '-' : String(schema.id),
    bytesText(entry.bytes),
    entry.standing,
    `${entry.folder}/${entry.file}`,
  ];
}

function entryJson(entry: CatalogEntry): object {
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
    verified:
      record === undefined
        ? null
        : {
            at: isoTime(record.verifiedAt),
            sha256: record.sha256,
            schema: schemaLevel(record.migrations) ?? null,
            work: record.work,
            operation: record.operation ?? null,
          },
  };
}
