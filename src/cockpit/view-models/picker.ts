import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { whyNot } from '../../operations/plans/snapshot-choice.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { againstText } from '../../view/against.ts';
import type { Tone } from '../../view/cell.ts';
import { ageText, bytesText, dateText, pad } from '../../view/format.ts';
import { snapshotsOf } from '../arrange.ts';
import type { Comparison } from '../asking.ts';
import type { Glyphs } from '../glyphs.ts';
import type { CockpitState, Mode } from '../state.ts';
import { listedRows } from './listed.ts';
import { clip, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** Lines about the selected snapshot, below the list: a rule's worth of air, and three facts. */
const aboutLines = 4;

/** The snapshots of one user, newest first, each against what is there now. */
export function pickerBody(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'pick' }>,
  height: number,
  glyphs: Glyphs,
): Pane {
  const entries = snapshotsOf(state, mode.user);
  const { columns } = state.size;
  const titles: Line = clip([segment(titleText(columns), 'muted')], columns);
  const room = Math.max(1, height - 1 - aboutLines);
  const { lines, where, selected } = listedRows(entries.length, mode.at, room, (index, chosen) => {
    const entry = entries[index];
    return entry === undefined ? [] : clip(rowLine(entry, chosen, state, mode.comparison, glyphs), columns);
  });
  const chosen = entries[mode.at];
  const none: Line[] = entries.length === 0 ? [[segment('    no snapshots: B makes one', 'attention')]] : [];
  const filler = Array.from({ length: Math.max(0, room - lines.length - none.length) }, (): Line => []);
  return {
    title: `restore ${mode.user}: choose a snapshot${where}`,
    tone: 'plain',
    // Below the titles.
    selected: selected === undefined ? undefined : selected + 1,
    lines: [
      titles,
      ...lines,
      ...none,
      ...filler,
      ...(chosen === undefined ? [] : aboutEntry(chosen, mode.comparison, columns)),
    ],
  };
}

/** From so many columns on, there is room for when it was taken, and for the newest work in it. */
const roomForTimes = 110;

function titleText(columns: number): string {
  const times = columns >= roomForTimes;
  return `    ${pad('AGE', 5, 'right')}  ${times ? pad('TAKEN', 18) : ''}${pad('KIND', 10)} ${pad('T3', 8)} ${pad('SCH', 4, 'right')} ${pad('SIZE', 7, 'right')}  ${pad('STANDING', 11)} ${times ? pad('NEWEST WORK', 18) : ''}AGAINST NOW`;
}

function rowLine(
  entry: CatalogEntry,
  selected: boolean,
  state: CockpitState,
  comparison: Comparison | undefined,
  glyphs: Glyphs,
): Line {
  const times = state.size.columns >= roomForTimes;
  const level = schemaLevel(entry.record?.migrations ?? [])?.id;
  const liveLevel = liveLevelOf(state, entry.user);
  const differs = level !== undefined && liveLevel !== undefined && level !== liveLevel;
  const why = whyNot(entry);
  const tone: Tone = why === undefined ? 'plain' : 'muted';
  const newest = entry.record?.work.lastActivity;
  return [
    segment(`  ${selected ? glyphs.pointer : ' '} `, 'plain', selected),
    segment(`${pad(ageText(state.now.wall - entry.takenAt), 5, 'right')}  `, tone, selected),
    segment(times ? pad(minuteText(entry.takenAt), 18) : '', 'muted'),
    segment(`${pad(entry.kind, 10)} ${pad(entry.version ?? '-', 8, 'left', 'middle')} `, tone, selected),
    segment(`${pad(level === undefined ? '-' : String(level), 4, 'right')} `, differs ? 'attention' : tone),
    segment(`${pad(bytesText(entry.bytes), 7, 'right')}  `, tone),
    segment(
      `${pad(entry.standing, 11)} `,
      why === undefined ? (entry.standing === 'verified' ? 'ok' : 'attention') : 'danger',
    ),
    segment(times ? pad(newest == null ? '-' : minuteText(newest), 18) : '', 'muted'),
    segment(
      why ?? (comparison === undefined ? '…' : againstText(entry.record?.work, comparison.live)),
      why === undefined ? 'plain' : 'danger',
    ),
  ];
}

const minuteText = (wall: number): string => dateText(wall).slice(0, 16);

function liveLevelOf({ fleet }: CockpitState, user: string): number | undefined {
  const live = fleet.instances.find((instance) => instance.user === user)?.state;
  return live?.kind === 'known' ? schemaLevel(live.value.migrations)?.id : undefined;
}

/** The selected snapshot in words: its file, when it was last read, and the newest work in it and now. */
function aboutEntry(entry: CatalogEntry, comparison: Comparison | undefined, columns: number): Line[] {
  const { record } = entry;
  const why = whyNot(entry);
  const read =
    record === undefined || record.sha256 === ''
      ? 'never read wholly'
      : `read ${minuteText(record.verifiedAt)}`;
  const newest = record?.work.lastActivity;
  const live = comparison?.live;
  const now =
    live === undefined
      ? (comparison?.problem ?? '…')
      : `${live.threads} threads, ${live.messages} messages, newest work ${live.lastActivity == null ? 'none' : minuteText(live.lastActivity)}`;
  const held =
    record === undefined
      ? 'not known: it was never read'
      : `${record.work.threads} threads, ${record.work.messages} messages, newest work ${newest == null ? '-' : minuteText(newest)}`;
  return [
    [],
    clip([segment(' file  ', 'muted'), segment(`${entry.file}  (${read})`)], columns),
    clip([segment(' holds ', 'muted'), segment(held)], columns),
    clip(
      why === undefined
        ? [
            segment(' now   ', 'muted'),
            segment(now, live === undefined && comparison !== undefined ? 'unknown' : 'plain'),
          ]
        : [segment(` cannot be restored: ${why}`, 'danger')],
      columns,
    ),
  ];
}
