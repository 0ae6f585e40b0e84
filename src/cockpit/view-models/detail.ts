import type { Instance } from '../../fleet/fleet.ts';
import { freshness, valueOf } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { ageText, bytesText, dateText, pad } from '../../view/format.ts';
import { standingTexts } from '../../view/probe.ts';
import { stepResultText } from '../../view/operation.ts';
import { cell } from '../../view/cell.ts';
import type { Change } from '../../journal/history.ts';
import type { StepRecord } from '../../journal/records.ts';
import type { UserPart } from '../../journal/operations.ts';
import { detailTabs, type CockpitState, type DetailTab } from '../state.ts';
import { factLines, furtherLines, line, versionLines } from './facts.ts';
import { clip, segment, type Line } from './line.ts';
import { logLines } from './log.ts';
import type { Scrolled } from './scrolled.ts';

/** What is known of the selected instance, by tab; the overview has all of it. Snapshots may be ten thousand: each line is made when it is seen. */
export function detailBody(state: CockpitState): Scrolled {
  const instance = state.fleet.instances.find((each) => each.user === state.selected);
  if (instance === undefined)
    return {
      title: `${state.selected ?? 'nobody'}: not in the user map any more`,
      tone: 'attention',
      length: 0,
      line: () => [],
    };
  const tab = (state.mode.kind === 'detail' ? state.mode.tab : undefined) ?? 'overview';
  const parts = partsOf(instance, state, tab);
  return {
    title: `${instance.user}: ${detailTabs.map((each) => (each === tab ? `[${each}]` : each)).join(' ')}`,
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

function partsOf(instance: Instance, state: CockpitState, tab: DetailTab): Part[] {
  const { columns } = state.size;
  const { wall, tick } = state.now;
  const seeing = { config: state.config, fleet: state.fleet, wall, tick };
  const entries = valueOf(instance.snapshots) ?? [];
  const old = freshness(instance.snapshots, tick, state.config.cadence.snapshots) === 'stale';
  const standings = valueOf(instance.probes) ?? [];
  const chronicle = state.chronicle?.user === instance.user ? state.chronicle : undefined;
  const operations = chronicle?.operations ?? [];
  const changes = chronicle?.changes ?? [];
  const linesOfEntry = columns >= roomForFile ? 1 : 2;
  const facts = all([...factLines(instance, seeing, columns), ...furtherLines(instance, seeing, columns)]);
  const pairing = titled(
    'pairing',
    standings.length,
    (index) => {
      const standing = standings[index];
      if (standing === undefined) return [];
      const { text, tone } = standingTexts(standing, seeing);
      return line(standing.last.name ?? 'direct', [cell(text, tone)], columns);
    },
    'never probed',
  );
  const snapshots = titled(
    `${old ? '~' : ''}${entries.length} snapshot${entries.length === 1 ? '' : 's'}`,
    entries.length * linesOfEntry,
    (index) => {
      const entry = entries[Math.floor(index / linesOfEntry)];
      if (entry === undefined) return [];
      if (linesOfEntry === 1)
        return clip([...snapshotLine(entry, wall, old), ...fileSegments(entry, old)], columns);
      return clip(
        index % 2 === 0 ? snapshotLine(entry, wall, old) : [segment('   '), ...fileSegments(entry, old)],
        columns,
      );
    },
    'none',
  );
  const operationsPart = titled(
    'operations',
    operations.length,
    (index) => operationLine(operations[index], columns),
    'none recorded',
  );
  const changesPart = titled(
    'what has changed',
    changes.length,
    (index) => changeLine(changes, index, wall, columns),
    'nothing that was seen',
  );
  switch (tab) {
    case 'overview':
      return [facts, pairing, snapshots, operationsPart, changesPart];
    case 'snapshots':
      return [snapshots];
    case 'log':
      return [all(logLines(state, instance.user, columns))];
    case 'operations':
      return [operationsPart, changesPart];
    case 'versions':
      return [all(versionLines(instance, seeing, columns)), pairing];
  }
}

const all = (lines: readonly Line[]): Part => ({ length: lines.length, line: (index) => lines[index] ?? [] });

/** An empty line, a title, and the lines; or a word for there being none. */
function titled(title: string, length: number, lineAt: (index: number) => Line, none: string): Part {
  return {
    length: 2 + Math.max(1, length),
    line(index) {
      if (index === 0) return [];
      if (index === 1) return [segment(` ${title}`, 'plain', true)];
      return length === 0 ? [segment(` ${none}`, 'muted')] : lineAt(index - 2);
    },
  };
}

/** From so many columns on, a snapshot's file stands in the same line. */
const roomForFile = 150;

/** @param old The folder was not looked at lately. */
function snapshotLine(entry: CatalogEntry, wall: number, old: boolean): Line {
  const schema = entry.record === undefined ? undefined : schemaLevel(entry.record.migrations)?.id;
  const bad = entry.standing === 'damaged' || entry.standing === 'changed' || entry.standing === 'missing';
  return [
    segment(` ${dateText(entry.takenAt)} ${pad(ageText(wall - entry.takenAt), 4, 'right')}  `, 'muted'),
    segment(
      `${pad(entry.kind, 10)} ${pad(entry.version ?? '-', 9, 'left', 'middle')} ${pad(String(schema ?? '-'), 3, 'right')} ${pad(bytesText(entry.bytes), 7, 'right')}  `,
    ),
    segment(
      entry.standing,
      bad ? 'danger' : entry.standing !== 'verified' ? 'attention' : old ? 'stale' : 'ok',
    ),
    segment(entry.origin === 'host' ? ' (host)' : '', 'muted'),
  ];
}

/** What was done with it since it was taken, and where it lies. */
function fileSegments({ record, file }: CatalogEntry, old: boolean): Line {
  const tried = record?.tried;
  const problem = record?.problem?.words ?? tried?.problem;
  return [
    segment(record?.protected === true ? ' protected' : '', old ? 'stale' : 'ok'),
    segment(record === undefined ? '' : ` read ${dateText(record.verifiedAt)}`, 'muted'),
    segment(tried === undefined ? '' : ` tried ${dateText(tried.at)} by ${tried.version}`, 'muted'),
    segment(problem === undefined ? '' : ` ${problem}`, 'danger'),
    segment(` ${file}`, 'muted'),
  ];
}

/** One operation, and how the user’s part in it went. */
function operationLine(part: UserPart | undefined, columns: number): Line {
  if (part === undefined) return [];
  const { operation, steps } = part;
  const telling = tellingStep(steps);
  const went = telling?.state ?? 'succeeded';
  const where = telling === undefined ? '' : ` at ${telling.title}`;
  const words = telling === undefined ? resultWords(steps) : (telling.reason ?? '');
  return clip(
    [
      segment(` ${dateText(operation.requestedAt)}  `, 'muted'),
      segment(`${operation.id} ${operation.kind}: `),
      segment(went, went === 'succeeded' ? 'ok' : went === 'started' ? 'busy' : 'attention'),
      segment(words === '' ? where : `${where}: ${words}`, 'muted'),
    ],
    columns,
  );
}

/** The step that says how it went: what went wrong, else what moves; none where all of it is done. */
function tellingStep(steps: readonly StepRecord[]): StepRecord | undefined {
  for (const state of ['failed', 'refused', 'started', 'interrupted', 'undone', 'pending'] as const) {
    const found = steps.find((step) => step.state === state);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What came of it; of several steps of which each has a result, how many there are, and the first one’s. */
function resultWords(steps: readonly StepRecord[]): string {
  const results = steps.map(stepResultText).filter((text) => text !== '');
  const [first = ''] = results;
  return results.length > 1 ? `${steps.length} steps: ${first}` : first;
}

/** A change with how long it lasted; of what is so now, since when, and what was before. */
function changeLine(changes: readonly Change[], index: number, wall: number, columns: number): Line {
  const change = changes[index];
  if (change === undefined) return [];
  const same = ({ fact }: Change) => fact === change.fact;
  const next = changes.slice(0, index).findLast(same);
  const before = changes.slice(index + 1).find(same);
  const lasted =
    next === undefined ? `since ${ageText(wall - change.at)}` : `for ${ageText(next.at - change.at)}`;
  return clip(
    [
      segment(` ${dateText(change.at)}  ${pad(change.fact, 9)} ${pad(lasted, 11)}`, 'muted'),
      segment(change.value, next === undefined ? 'plain' : 'muted'),
      segment(next === undefined && before !== undefined ? `, before that ${before.value}` : '', 'muted'),
    ],
    columns,
  );
}
