import type { Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { printable } from '../../text/printable.ts';
import { ageText, bytesText, dateText, pad, width } from '../../view/format.ts';
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

/** Columns. */
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

/** As a nightly’s, the widest that there are. What is longer is as wide as any such, however it was cut. */
function versionText(version: string): string {
  const text = columnwise(version);
  return width(text) <= widestVersion ? text : pad(text, widestVersion);
}

/** For a table that counts characters (ink-table): what takes more columns than that, or fewer, is signs instead. */
function columnwise(text: string): string {
  const parts = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  return parts.map((part) => (part.length === width(part) ? part : '?'.repeat(width(part)))).join('');
}
