import type { Tone } from '../../view/cell.ts';
import { broken, pad, wrapped } from '../../view/format.ts';
import type { DiagnosedFact } from '../effects.ts';
import type { Mode } from '../state.ts';
import { segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** What doctor has found: what is wrong first, each with what to do about it. */

const order: readonly DiagnosedFact['verdict'][] = ['wrong', 'unknown', 'attention', 'ok'];
const tones: Record<DiagnosedFact['verdict'], Tone> = {
  wrong: 'danger',
  unknown: 'unknown',
  attention: 'attention',
  ok: 'ok',
};

/** Columns of the verdict, before what it is about. */
const verdictColumns = 11;

export function doctorBody({ diagnosis }: Extract<Mode, { kind: 'doctor' }>, columns: number): Scrolled {
  if (diagnosis === undefined) return textBody('doctor: looking…', 'muted', []);
  if ('problem' in diagnosis)
    return textBody('doctor could not look', 'danger', paragraph(diagnosis.problem, 'danger', columns, 2));
  const { findings } = diagnosis;
  const count = (verdict: DiagnosedFact['verdict']) =>
    findings.filter((each) => each.verdict === verdict).length;
  const [wrong, unknown, attention] = [count('wrong'), count('unknown'), count('attention')];
  const title = [
    wrong === 0 ? 'nothing is wrong' : `${wrong} wrong`,
    ...(unknown === 0 ? [] : [`${unknown} could not be told`]),
    ...(attention === 0 ? [] : [`${attention} to look at`]),
    `${count('ok')} as it should be`,
  ].join(', ');
  return textBody(
    `doctor: ${title}`,
    wrong > 0 ? 'danger' : unknown > 0 ? 'unknown' : attention > 0 ? 'attention' : 'ok',
    order.flatMap((verdict) =>
      findings.filter((each) => each.verdict === verdict).flatMap((each) => factLines(each, columns)),
    ),
  );
}

function factLines(
  { group, subject, verdict, found, remedy, command }: DiagnosedFact,
  columns: number,
): Line[] {
  const about = subject === group ? subject : `${group}: ${subject}`;
  const room = columns - verdictColumns - 3;
  const said = wrapped(`${about}: ${found}`, room).map((text, index): Line => [
    segment(` ${pad(index === 0 ? verdict : '', verdictColumns)} `, tones[verdict], verdict !== 'ok'),
    segment(text, verdict === 'ok' ? 'muted' : 'plain'),
  ]);
  return [
    ...said,
    ...(remedy === '' || remedy === command
      ? []
      : paragraph(remedy, 'attention', columns, verdictColumns + 2)),
    // To be copied as it is: broken where the screen ends, wherever that is.
    ...(command === null ? [] : lines(broken(command, room), 'busy', verdictColumns + 2)),
  ];
}

function paragraph(text: string, tone: Tone, columns: number, indent: number): Line[] {
  return lines(wrapped(text, columns - indent - 1), tone, indent);
}

function lines(parts: readonly string[], tone: Tone, indent: number): Line[] {
  return parts.map((part): Line => [segment(`${' '.repeat(indent)}${part}`, tone)]);
}

function textBody(title: string, tone: Tone, body: readonly Line[]): Scrolled {
  return { title, tone, length: body.length, line: (index) => body[index] ?? [] };
}
