import type { Overview, OverviewUser } from '../operations/overview.ts';
import type { Plan, PinStep } from '../operations/plan.ts';
import type { Tone } from './cell.ts';
import { bytesText } from './format.ts';

/** A plan that moves versions, as somebody reads it who is asked to agree: whom it is about, and what it takes. */

/** One cell of the table of users, and what it means. */
export interface OverviewCell {
  text: string;
  tone: Tone;
}

export const overviewColumns = ['USER', 'VERSION', 'SCHEMA', 'SIZE', 'WHEN'];
/** The columns that are aligned to the right. */
export const overviewRight = [3];

/** The rows of the table, and what does not fit into one: why later, what is given up. */
export function overviewRows({ users }: Overview): OverviewCell[][] {
  return users.map((user) => [
    { text: user.user, tone: 'plain' },
    { text: change(user.from, user.to), tone: 'plain' },
    schemaCell(user),
    { text: bytesText(user.bytes), tone: 'muted' },
    whenCell(user),
  ]);
}

const change = (from: string | number | null, to: string | number | null) =>
  from === to ? String(from ?? '?') : `${from ?? '?'} → ${to ?? '?'}`;

function schemaCell({ schema: { from, to } }: OverviewUser): OverviewCell {
  return from === to
    ? { text: `${from ?? '?'} stays`, tone: 'muted' }
    : { text: change(from, to), tone: to === null ? 'unknown' : 'attention' };
}

function whenCell({ when, why, givesUp }: OverviewUser): OverviewCell {
  const gives = givesUp === null ? '' : `gives up ${givesUp}`;
  switch (when) {
    case 'now':
      return { text: ['now', gives].filter(Boolean).join('; '), tone: gives === '' ? 'ok' : 'danger' };
    case 'off':
      return { text: ['its server is off, and stays so', gives].filter(Boolean).join('; '), tone: 'muted' };
    case 'later':
      return { text: [`when idle: ${why ?? ''}`, gives].filter(Boolean).join('; '), tone: 'attention' };
  }
}

/** What becomes of the pins, as a diff; each file once. */
export function pinDiff(plan: Plan): { text: string; tone: Tone }[] {
  const pins = plan.lanes
    .flatMap(({ steps }) => steps)
    .filter((step): step is PinStep => step.kind === 'pin' && step.from !== step.to);
  return pins.flatMap(({ file, variable, from, to }) => [
    { text: file, tone: 'muted' as const },
    { text: `- \${${variable}:-${from}}`, tone: 'danger' as const },
    { text: `+ \${${variable}:-${to}}`, tone: 'ok' as const },
  ]);
}

/** What the copies take, and whether there is room. */
export function spaceText({ space: { folder, bytes, free } }: Overview): { text: string; tone: Tone } {
  const there = free === null ? 'what is free cannot be told' : `${bytesText(free)} free`;
  return {
    text: `copies take up to ${bytesText(bytes)} in ${folder}, ${there}`,
    tone: free === null ? 'unknown' : free < bytes ? 'danger' : 'muted',
  };
}
