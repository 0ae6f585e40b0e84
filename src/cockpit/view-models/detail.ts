import type { Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { ageText, bytesText, dateText, pad } from '../../view/format.ts';
import { standingTexts } from '../../view/probe.ts';
import { standingText, stepResultText } from '../../view/operation.ts';
import { standingText as snapshotStanding } from '../../view/snapshot.ts';
import { cell } from '../../view/cell.ts';
import type { CockpitState } from '../state.ts';
import { factLines, line, unitLines } from './facts.ts';
import { clip, segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** Everything that is known of the selected instance. Snapshots may be ten thousand: each line is made when it is seen. */
export function detailBody(state: CockpitState): Scrolled {
  const instance = state.fleet.instances.find((each) => each.user === state.selected);
  if (instance === undefined)
    return { title: 'nobody is selected', tone: 'attention', length: 0, line: () => [] };
  const parts = partsOf(instance, state);
  return {
    title: instance.user,
    tone: 'plain',
    length: parts.reduce((sum, part) => sum + part.length, 0),
    line(index) {
      let at = index;
      for (const part of parts) {
        if (at < part.length) return part.line(at);
        at -= part.length;
      }
      return [];
    },
  };
}

interface Part {
  length: number;
  line: (index: number) => Line;
}

function partsOf(instance: Instance, state: CockpitState): Part[] {
  const { columns } = state.size;
  const { wall, tick } = state.now;
  const seeing = { config: state.config, fleet: state.fleet, wall, tick };
  const entries = valueOf(instance.snapshots) ?? [];
  const standings = valueOf(instance.probes) ?? [];
  const chronicle = state.chronicle?.user === instance.user ? state.chronicle : undefined;
  return [
    all([...factLines(instance, seeing, columns), ...unitLines(instance, columns)]),
    titled(
      'pairing',
      standings.map((standing) => () => {
        const { text, tone } = standingTexts(standing, wall);
        return line(standing.last.name ?? 'direct', [cell(text, tone)], columns);
      }),
      'never probed',
    ),
    titled(
      `${entries.length} snapshots`,
      entries.map((entry) => () => snapshotLine(entry, wall, columns)),
      'none',
    ),
    titled(
      'operations',
      (chronicle?.operations ?? []).map(({ operation, step }) => () => {
        const words = stepResultText(step);
        return clip(
          [
            segment(` ${dateText(operation.requestedAt)}  `, 'muted'),
            segment(`${operation.id} ${operation.kind}: ${standingText(operation, false)}  `),
            segment(`${step.state}${words === '' ? '' : `: ${words}`}`, 'muted'),
          ],
          columns,
        );
      }),
      'none recorded',
    ),
    titled(
      'what has changed',
      (chronicle?.changes ?? []).map(
        ({ fact, value, at }) =>
          () =>
            clip(
              [
                segment(` ${dateText(at)}  `, 'muted'),
                segment(`${pad(fact, 10)} ${value}`),
                segment(`  ${ageText(wall - at)} ago`, 'muted'),
              ],
              columns,
            ),
      ),
      'nothing that was seen',
    ),
  ];
}

const all = (lines: readonly Line[]): Part => ({ length: lines.length, line: (index) => lines[index] ?? [] });

/** An empty line, a title, and the lines; or a word for there being none. */
function titled(title: string, lines: readonly (() => Line)[], none: string): Part {
  return {
    length: 2 + Math.max(1, lines.length),
    line(index) {
      if (index === 0) return [];
      if (index === 1) return [segment(` ${title}`, 'plain', true)];
      return lines[index - 2]?.() ?? [segment(` ${none}`, 'muted')];
    },
  };
}

function snapshotLine(entry: CatalogEntry, wall: number, columns: number): Line {
  const schema = entry.record === undefined ? undefined : schemaLevel(entry.record.migrations)?.id;
  const bad = entry.standing === 'damaged' || entry.standing === 'changed' || entry.standing === 'missing';
  return clip(
    [
      segment(` ${dateText(entry.takenAt)} ${pad(ageText(wall - entry.takenAt), 4, 'right')} ago  `, 'muted'),
      segment(
        `${pad(entry.kind, 10)} ${pad(entry.version ?? '-', 10, 'left', 'middle')} ${pad(String(schema ?? '-'), 3, 'right')} ${pad(bytesText(entry.bytes), 7, 'right')}  `,
      ),
      segment(snapshotStanding(entry), bad ? 'danger' : entry.standing === 'verified' ? 'ok' : 'attention'),
      segment(`${entry.origin === 'host' ? ' (host)' : ''}  ${entry.file}`, 'muted'),
    ],
    columns,
  );
}
