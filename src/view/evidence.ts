import type { StepRecord } from '../journal/records.ts';
import type { GateResult } from '../operations/steps/gate.ts';
import { bytesText, durationText } from './format.ts';
import type { Tone } from './cell.ts';

/** A line of evidence: a fact with its name, or what a log said. */
export interface EvidenceLine {
  name: string;
  text: string;
  tone: Tone;
}

/** What was seen of one trial of the gate. */
export interface Evidence {
  title: string;
  tone: Tone;
  lines: readonly EvidenceLine[];
}

/** All that the gate has seen in an operation, trial by trial; nothing where it had no gate. */
export function evidenceOf(steps: readonly StepRecord[]): readonly Evidence[] {
  return steps.filter(({ kind }) => kind === 'gate').map(evidenceOfTrial);
}

function evidenceOfTrial(step: StepRecord): Evidence {
  const result = step.result as GateResult | undefined;
  if (result === undefined)
    return {
      title: step.title,
      tone: step.state === 'started' ? 'busy' : step.reason === undefined ? 'muted' : 'danger',
      lines: [{ name: step.state, text: step.reason ?? 'nothing was seen yet', tone: 'muted' }],
    };
  const { role, version, database, finding, report, schema, migrations, missing } = result;
  const subject = database === null ? 'an empty database' : `a copy of ${database}’s database`;
  const { pairing } = report;
  const line = (name: string, text: string, tone: Tone = 'plain'): EvidenceLine => ({ name, text, tone });
  const paired =
    pairing.verdict === 'ok'
      ? `ok at ${pairing.endpoint ?? '?'}, cookie ${report.cookie ?? '?'}`
      : `${pairing.verdict}${pairing.step === null ? '' : ` at ${pairing.step}`}${pairing.reason === null ? '' : `: ${pairing.reason}`}`;
  return {
    title: `${role === 'control' ? `the control, ${version}` : version} on ${subject}`,
    tone: finding === null ? 'ok' : 'danger',
    lines: [
      finding === null
        ? line('verdict', 'passed', 'ok')
        : line(
            'verdict',
            `${finding.of === 'host' ? 'the gate is not trustworthy' : 'not fit'}: ${finding.words}`,
            'danger',
          ),
      line(
        'answered',
        report.startMs === null
          ? 'never'
          : `after ${durationText(report.startMs)}, as ${report.version ?? 'nothing'}`,
        report.startMs === null ? 'danger' : 'plain',
      ),
      line('paired', paired, pairing.verdict === 'ok' ? 'ok' : 'danger'),
      line('schema', `${levelText(schema.before)} to ${levelText(schema.after)}`),
      line('migrations', migrationsText(migrations)),
      line('memory', report.memory === null ? 'not measured' : `at most ${bytesText(report.memory)}`),
      ...(report.ended === null ? [] : [line('ended', report.ended, 'danger')]),
      ...(missing.length === 0
        ? []
        : [line('apart', `without ${missing.join(', ')}: this machine cannot do that`, 'attention')]),
      ...report.log.map((text) => line('log', text, 'muted')),
    ],
  };
}

/** So many migrations are said by their names; of more, the first and the last. */
const migrationsSaid = 6;

function migrationsText(migrations: readonly string[]): string {
  if (migrations.length === 0) return 'none';
  if (migrations.length <= migrationsSaid) return migrations.join(', ');
  return `${migrations.length}: ${migrations[0] ?? ''} to ${migrations.at(-1) ?? ''}`;
}

const levelText = (level: { id: number; name: string } | null): string =>
  level === null ? 'none' : `${level.id} ${level.name}`;
