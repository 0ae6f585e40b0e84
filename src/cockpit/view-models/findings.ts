import type { Fleet } from '../../fleet/fleet.ts';
import { findingsOf, type Finding, type Remedy } from '../../view/findings.ts';
import type { Intent } from '../intents.ts';
import { keymap } from '../keymap.ts';
import type { Glyphs } from '../glyphs.ts';
import type { CockpitState, Mode } from '../state.ts';
import { listedRows } from './listed.ts';
import { clip, lineWidth, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** Of one fleet the findings are the same; their ages move with the next one. */
const found = new WeakMap<Fleet, readonly Finding[]>();

/** What wants the admin now, the gravest first. */
export function findingsIn({ fleet, config, now }: CockpitState): readonly Finding[] {
  const known = found.get(fleet);
  if (known !== undefined) return known;
  const findings = findingsOf(fleet, { config, wall: now.wall });
  found.set(fleet, findings);
  return findings;
}

/** The intent that helps; nothing where only the admin does. */
const remedies: Record<Remedy, Intent | undefined> = {
  'back up': { type: 'backup', everybody: false },
  probe: { type: 'probe', everybody: false },
  restart: { type: 'restart' },
  drain: { type: 'drain' },
  bump: { type: 'bump' },
  freeze: { type: 'freeze' },
  launcher: undefined,
  look: { type: 'detail' },
};

/** The key that helps with a finding, and what it is called. */
export function remedyKey({ remedy, users }: Finding): { key: string; label: string } | undefined {
  const single = remedies[remedy];
  if (single === undefined || (remedy === 'look' && users.length === 0)) return undefined;
  const wanted: Intent = 'everybody' in single && users.length > 1 ? { ...single, everybody: true } : single;
  const binding = keymap.find(
    ({ intent }) =>
      intent.type === wanted.type &&
      (!('everybody' in wanted) || ('everybody' in intent && intent.everybody === wanted.everybody)),
  );
  const [key] = binding?.keys ?? [];
  return binding === undefined || key === undefined ? undefined : { key, label: binding.label };
}

/** Findings in the fleet's own screen: as many as fit, the gravest first; that all is well, where nothing is found. */
export function findingsPane(state: CockpitState, columns: number, height: number, glyphs: Glyphs): Pane {
  const findings = findingsIn(state);
  const shown = findings.slice(0, height);
  const more = findings.length - shown.length;
  return {
    ...headOf(state, findings, more),
    lines:
      findings.length === 0
        ? [calmLine(state, glyphs)]
        : shown.map((finding) => findingLine(finding, columns, false, glyphs)),
  };
}

function headOf(
  { fleet }: CockpitState,
  findings: readonly Finding[],
  more: number,
): Pick<Pane, 'title' | 'tone'> {
  if (findings.length === 0)
    return { title: fleet.instances.length === 0 ? '' : 'nothing needs you', tone: 'muted' };
  const rest = more > 0 ? `, ${more} more: !` : '';
  const tone = findings[0]?.tone ?? 'plain';
  return { title: `needs you: ${findings.length}${rest}`, tone };
}

/** Calm is said, too: an empty place could also mean that nobody has looked. */
function calmLine({ fleet }: CockpitState, glyphs: Glyphs): Line {
  const { instances } = fleet;
  const seen = instances.filter(({ unit, state }) => unit.kind === 'known' && state.kind === 'known').length;
  if (instances.length === 0) return [];
  if (seen < instances.length) return [segment(` ${seen} of ${instances.length} looked at so far`, 'muted')];
  return [segment(` ${glyphs.done} `, 'ok'), segment('all is well, as far as can be seen', 'muted')];
}

const signs: Record<Finding['tone'], keyof Glyphs> = {
  danger: 'failed',
  attention: 'stopped',
  unknown: 'unknown',
};

function findingLine(finding: Finding, columns: number, selected: boolean, glyphs: Glyphs): Line {
  const sign = glyphs[signs[finding.tone]];
  const help = remedyKey(finding);
  const right: Line =
    help === undefined ? [] : [segment(` ${help.key}`, 'plain', true), segment(` ${help.label} `, 'muted')];
  const left = clip(
    [
      segment(` ${typeof sign === 'string' ? sign : ''} `, finding.tone),
      segment(finding.text, selected ? 'plain' : finding.tone, false),
    ],
    columns - lineWidth(right),
  );
  const space = Math.max(0, columns - lineWidth(left) - lineWidth(right));
  return [...left, segment(' '.repeat(space)), ...right];
}

/** All findings, to go through them one by one: the one that is selected selects its user. */
export function findingsBody(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'findings' }>,
  height: number,
  glyphs: Glyphs,
): Pane {
  const findings = findingsIn(state);
  const { columns } = state.size;
  const { lines, where, selected } = listedRows(findings.length, mode.at, height, (index, chosen) => {
    const finding = findings[index];
    return finding === undefined ? [] : findingLine(finding, columns, chosen, glyphs);
  });
  return {
    title: `${headOf(state, findings, 0).title}${where}`,
    tone: headOf(state, findings, 0).tone,
    lines: findings.length === 0 ? [calmLine(state, glyphs)] : lines,
    selected,
  };
}
