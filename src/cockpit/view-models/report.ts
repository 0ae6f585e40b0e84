import type { Fleet } from '../../fleet/fleet.ts';
import { verificationReport, type Check } from '../../fleet/verification.ts';
import type { Tone } from '../../view/cell.ts';
import { pad } from '../../view/format.ts';
import { operationRuns, type CockpitState } from '../state.ts';
import { clip, segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** Of one fleet at one moment: what was found grows old without anything else being found. */
const reports = new WeakMap<Fleet, { tick: number; checks: Check[] }>();

/** From so many columns on, what was expected stands beside what was found. */
const roomForBoth = 110;

const order: Record<Check['verdict'], number> = { wrong: 0, inconclusive: 1, ok: 2 };
const tones: Record<Check['verdict'], Tone> = { wrong: 'danger', inconclusive: 'unknown', ok: 'ok' };

/** Expected against found, what is wrong first; stays true while probes come in. */
export function reportBody(state: CockpitState): Scrolled {
  const checks = checksOf(state);
  const bad = checks.filter(({ verdict }) => verdict !== 'ok').length;
  const running = operationRuns(state) ? ', probes are under way' : '';
  const { columns } = state.size;
  const lines = checks.flatMap((check) => [
    () => checkLine(check, columns),
    ...(check.verdict === 'ok' || columns >= roomForBoth
      ? []
      : [() => underLine(`expected: ${check.expected}`, 'muted', columns)]),
    ...(check.remedy === '' ? [] : [() => underLine(check.remedy, 'attention', columns)]),
  ]);
  return {
    title: `verify: ${checks.length - bad} of ${checks.length} as expected${running}`,
    tone: bad === 0 ? 'ok' : checks.some(({ verdict }) => verdict === 'wrong') ? 'danger' : 'unknown',
    length: lines.length,
    line: (index) => lines[index]?.() ?? [],
  };
}

function checksOf(state: CockpitState): Check[] {
  const { fleet, now } = state;
  const known = reports.get(fleet);
  if (known?.tick === now.tick) return known.checks;
  const checks = verificationReport(fleet, state.config, now).toSorted(
    (a, b) => order[a.verdict] - order[b.verdict],
  );
  reports.set(fleet, { tick: now.tick, checks });
  return checks;
}

function checkLine({ verdict, user, subject, expected, found }: Check, columns: number): Line {
  const tone = tones[verdict];
  return clip(
    [
      segment(` ${pad(verdict, 12)} `, tone, verdict !== 'ok'),
      segment(`${pad(user ?? 'host', 12, 'left', 'middle')} ${pad(subject, 20, 'left', 'middle')} `),
      ...(verdict === 'ok'
        ? [segment(found, 'muted')]
        : [
            segment(found, tone),
            segment(columns >= roomForBoth ? `  (expected: ${expected})` : '', 'muted'),
          ]),
    ],
    columns,
  );
}

function underLine(text: string, tone: Tone, columns: number): Line {
  return clip([segment(`${' '.repeat(14)}${text}`, tone)], columns);
}
