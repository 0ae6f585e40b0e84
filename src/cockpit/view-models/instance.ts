import type { Instance } from '../../fleet/fleet.ts';
import { valueOf, type Observation } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { ageText, bytesText, dateText, pad } from '../../view/format.ts';
import { backupCell, unitCell, type Seeing } from '../../view/instance.ts';
import { cell, type Cell } from '../../view/cell.ts';
import type { CockpitState } from '../state.ts';
import { clip, segment, type Line } from './line.ts';

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

/** Lines of a table around its rows, and for each row: ink-table draws a line between any two. */
const tableLines = { around: 3, perRow: 2 } as const;

/** Everything known of the selected instance, with the reason where something is not. */
export function instancePane(instance: Instance, state: CockpitState, height: number): InstancePane {
  const seeing: Seeing = {
    config: state.config,
    fleet: state.fleet,
    wall: state.now.wall,
    tick: state.now.tick,
  };
  const facts: [string, Cell[]][] = [
    ['authentik', [cell(instance.authentik.join(', '))]],
    [
      'unit',
      [
        cell(`${instance.unitName}  `),
        ...fact(instance.unit, (unit) => [
          unitCell(unit),
          cell(unit.mainPid === undefined ? '' : `  pid ${unit.mainPid}`, 'muted'),
        ]),
      ],
    ],
    ['listens', fact(instance.port, (port) => [cell(`port ${port}`)])],
    [
      'answers',
      fact(instance.liveness, ({ version, latency }) => [
        cell(`${version} in ${Math.max(1, Math.round(latency))} ms`),
      ]),
    ],
    ['schema', fact(instance.state, ({ migrations }) => [cell(schemaText(schemaLevel(migrations)))])],
    [
      'database',
      fact(instance.size, ({ database, wal }) => [
        cell(`${bytesText(database)} + ${bytesText(wal)} write-ahead log`),
      ]),
    ],
    [
      'last work',
      fact(instance.state, ({ lastActivity }) => [
        cell(
          lastActivity === null
            ? 'none yet'
            : `${dateText(lastActivity)}, ${ageText(state.now.wall - lastActivity)} ago`,
        ),
      ]),
    ],
    ['backup', fact(instance.snapshots, (entries) => [backupCell(entries, seeing)])],
    [
      'hosting',
      fact(instance.hosting, (hosting) => [
        hosting.hosts ? cell(`yes: ${hosting.because}`, 'attention') : cell('no', 'muted'),
      ]),
    ],
  ];
  const lines = facts
    .slice(0, height)
    .map(([name, cells]): Line =>
      clip(
        [segment(` ${pad(name, 10)} `, 'muted'), ...cells.map(({ text, tone }) => segment(text, tone))],
        state.size.columns,
      ),
    );
  const room = Math.floor((height - lines.length - tableLines.around) / tableLines.perRow);
  const entries = valueOf(instance.snapshots) ?? [];
  return {
    title: instance.user,
    lines,
    snapshots: entries.slice(0, Math.max(0, room)).map((entry) => snapshotRow(entry, state.now.wall)),
  };
}

function fact<Value>(observation: Observation<Value>, show: (value: Value) => Cell[]): Cell[] {
  if (observation.kind === 'pending') return [cell('…', 'muted')];
  if (observation.kind === 'unknown') return [cell(`unknown: ${observation.reason}`, 'unknown')];
  return show(observation.value);
}

function schemaText(level: { id: number; name: string } | undefined): string {
  return level === undefined ? 'none' : `${level.id} ${level.name}`;
}

function snapshotRow(entry: CatalogEntry, wall: number): SnapshotRow {
  return {
    taken: dateText(entry.takenAt),
    age: ageText(wall - entry.takenAt),
    kind: entry.kind,
    t3: entry.version ?? '-',
    size: bytesText(entry.bytes),
    standing: `${entry.standing}${entry.origin === 'host' ? ' (host)' : ''}`,
  };
}
