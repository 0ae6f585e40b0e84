import type { Diagnosed } from '../../diagnosis/diagnose.ts';
import type { Verdict } from '../../diagnosis/finding.ts';
import { fit } from '../../view/format.ts';
import { table } from './table.ts';

/** What is told in full, the worst last: it stands next to the prompt. */
const telling: readonly Verdict[] = ['attention', 'unknown', 'wrong'];

/** Everything that was looked at, a line each, by what it is about; then what is not well, in full, with what to do. */
export function diagnosisText(findings: readonly Diagnosed[], columns: number | undefined): string {
  const rows = findings.map(({ group, verdict, subject, found }, index) => [
    verdict,
    findings[index - 1]?.group === group ? '' : group,
    subject,
    found,
  ]);
  const lines = table(['', 'ABOUT', 'SUBJECT', 'FOUND'], rows).split('\n');
  const overview = lines.map((line) => (columns === undefined ? line : fit(line, columns))).join('\n');
  const told = telling.flatMap((verdict) => findings.filter((finding) => finding.verdict === verdict));
  return `${overview}${told.map((finding) => `\n${paragraph(finding)}`).join('')}\n${summary(findings)}\n`;
}

/** A command stands on a line of its own, to be copied as it is. */
function paragraph({ group, subject, verdict, found, remedy }: Diagnosed): string {
  const about = subject === group ? subject : `${group}: ${subject}`;
  const lines = [
    `${verdict}: ${about}: ${found}`,
    ...(remedy === undefined || remedy.words === '' ? [] : [`  ${remedy.words}`]),
    ...(remedy === undefined || remedy.command === '' ? [] : [`    ${remedy.command}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function summary(findings: readonly Diagnosed[]): string {
  const { wrong, attention, unknown, ok } = count(findings);
  return [
    wrong === 0 ? 'nothing is wrong' : `${wrong} wrong`,
    ...(unknown === 0 ? [] : [`${unknown} could not be told`]),
    ...(attention === 0 ? [] : [`${attention} to look at`]),
    `${ok} as it should be`,
  ].join(', ');
}

function count(findings: readonly Diagnosed[]): Record<Verdict, number> {
  const counts = { ok: 0, attention: 0, wrong: 0, unknown: 0 };
  for (const { verdict } of findings) counts[verdict] += 1;
  return counts;
}

/** The findings as a document (docs/json.md, doctor). */
export function diagnosisDocument(findings: readonly Diagnosed[]): object {
  const { wrong, attention, unknown } = count(findings);
  return {
    findings: findings.map(({ group, subject, verdict, found, remedy }) => ({
      group,
      subject,
      verdict,
      found,
      remedy: remedy === undefined ? '' : remedy.words === '' ? remedy.command : remedy.words,
      command: remedy === undefined || remedy.command === '' ? null : remedy.command,
    })),
    wrong,
    attention,
    unknown,
  };
}
