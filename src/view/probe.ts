import type { Config } from '../config/schema.ts';
import type { ProbeStanding, ProbeVerdict } from '../t3/verdict.ts';
import { cell, type Cell, type Tone } from './cell.ts';
import { ageText } from './format.ts';

/** How a user's probes stand, in words. */

/** The worst first: what is worst of all routes and names is what the user meets. */
const gravity: readonly ProbeVerdict[] = ['broken', 'unreachable', 'unmapped', 'unknown', 'ok'];

const tones: Record<ProbeVerdict, Tone> = {
  broken: 'danger',
  unreachable: 'danger',
  unmapped: 'danger',
  unknown: 'unknown',
  ok: 'ok',
};

/** The worst of them; undefined where none was ever made. */
export function worstProbe(standings: readonly ProbeStanding[]): ProbeStanding | undefined {
  return standings.toSorted((a, b) => gravity.indexOf(a.last.verdict) - gravity.indexOf(b.last.verdict))[0];
}

/** `ok 42ms 2h`, `broken: mint 5m`, `never`; an old verdict is marked as one. */
export function probeCell(
  standings: readonly ProbeStanding[],
  { config, wall }: { config: Config; wall: number },
): Cell {
  const worst = worstProbe(standings);
  if (worst === undefined) return cell('never', 'muted');
  const { last } = worst;
  const oldest = Math.min(...standings.map((standing) => standing.last.at));
  const age = ageText(wall - oldest);
  const text = `${verdictText(last)} ${age}`;
  return wall - oldest > config.probes.stale ? cell(`~${text}`, 'stale') : cell(text, tones[last.verdict]);
}

function verdictText({ verdict, step, latency }: ProbeStanding['last']): string {
  if (verdict === 'ok') return latency === undefined ? 'ok' : `ok ${Math.max(1, Math.round(latency))}ms`;
  return step === undefined ? verdict : `${verdict}: ${step}`;
}

/** One route in full: `direct: ok by /api/auth/bootstrap in 42 ms, 2h ago; since 3d`; an old verdict is marked as one. */
export function standingTexts(
  standing: ProbeStanding,
  { config, wall }: { config: Config; wall: number },
): { text: string; tone: Tone } {
  const { last, since, lastOk } = standing;
  const by = last.endpoint === undefined ? '' : ` by ${last.endpoint}`;
  const took = last.latency === undefined ? '' : ` in ${Math.max(1, Math.round(last.latency))} ms`;
  const at = last.step === undefined ? '' : ` at ${last.step}`;
  const reason = last.reason === undefined ? '' : `: ${last.reason}`;
  const seen =
    last.verdict === 'ok'
      ? `since ${ageText(wall - since)}`
      : `since ${ageText(wall - since)}, ${lastOk === undefined ? 'never ok' : `last ok ${ageText(wall - lastOk.at)} ago`}`;
  const text = `${last.verdict}${at}${by}${took}, ${ageText(wall - last.at)} ago, ${seen}${reason}`;
  return wall - last.at > config.probes.stale
    ? { text: `~${text}`, tone: 'stale' }
    : { text, tone: tones[last.verdict] };
}
