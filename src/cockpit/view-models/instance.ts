import type { Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { printable } from '../../text/printable.ts';
import { inAscii } from '../../view/ascii.ts';
import { ageText, bytesText, dateText, fit, pad } from '../../view/format.ts';
import type { Seeing } from '../../view/instance.ts';
import type { CockpitState } from '../state.ts';
import { factLines } from './facts.ts';
import type { Line } from './line.ts';

export interface InstancePane {
  title: string;
  lines: Line[];
  /** The newest snapshots, as many as fit below the lines: a small, static table. */
  snapshots: SnapshotRow[];
}

export interface SnapshotRow extends Record<string, string> {
  taken: string;
  age: string;
  kind: string;
  t3: string;
  size: string;
  standing: string;
}

/** Lines above the rows of the table: its titles, and a line of air. */
const tableHead = 2;

/** As wide as a nightly’s. */
const widestVersion = 28;

/** Everything known of the selected instance, with the reason where something is not. */
export function instancePane(
  instance: Instance,
  state: CockpitState,
  columns: number,
  height: number,
): InstancePane {
  const seeing: Seeing = {
    config: state.config,
    fleet: state.fleet,
    wall: state.now.wall,
    tick: state.now.tick,
  };
  const lines = factLines(instance, seeing, columns).slice(0, height);
  const room = height - lines.length - tableHead;
  const entries = valueOf(instance.snapshots) ?? [];
  return {
    title: instance.user,
    lines,
    snapshots: entries.slice(0, Math.max(0, room)).map((entry) => snapshotRow(entry, state.now.wall)),
  };
}

function snapshotRow(entry: CatalogEntry, wall: number): SnapshotRow {
  return {
    taken: dateText(entry.takenAt),
    age: ageText(wall - entry.takenAt),
    kind: entry.kind,
    t3: versionText(printable(entry.version ?? '-')),
    size: bytesText(entry.bytes),
    standing: `${entry.standing}${entry.origin === 'host' ? ' (host)' : ''}`,
  };
}

/**
 * The table counts characters where a terminal counts columns (ink-table): in ASCII the two are the same. What is longer
 * than any version is as wide as all such, however it was cut.
 */
function versionText(version: string): string {
  const text = inAscii(version);
  return text.length <= widestVersion ? text : pad(inAscii(fit(text, widestVersion)), widestVersion);
}
