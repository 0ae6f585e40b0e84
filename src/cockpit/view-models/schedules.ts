import { aboutRequest } from '../../operations/schedule/about.ts';
import { ageText, clockText, dateText, pad, wrapped } from '../../view/format.ts';
import { scheduleStanding } from '../../view/schedule.ts';
import type { Tone } from '../../view/cell.ts';
import type { ScheduleRecord } from '../../journal/schedules.ts';
import type { Glyphs } from '../glyphs.ts';
import { laterText, windowFor } from '../later.ts';
import type { CockpitState, Mode } from '../state.ts';
import { listedRows } from './listed.ts';
import { clip, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** What is agreed to for later: the list of it, and the question when. */

/** Lines below the list, about the selected one. */
const aboutLines = 4;

/** What waits, and how what did has ended; the newest first, and of the selected one who agreed to it. */
export function schedulesBody(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'schedules' }>,
  height: number,
  glyphs: Glyphs,
): Pane {
  const { schedules, size, now } = state;
  const { columns } = size;
  const { lines, where, selected } = listedRows(
    schedules.length,
    mode.at,
    Math.max(1, height - aboutLines - 1),
    (index, pointed) => {
      const schedule = schedules[index];
      return schedule === undefined ? [] : clip(rowLine(schedule, pointed, now.wall, glyphs), columns);
    },
  );
  const waiting = schedules.filter((each) => each.state === 'waiting').length;
  const chosen = schedules[mode.at];
  const below = chosen === undefined ? emptyLines(columns) : chosenLines(chosen, state);
  return {
    title:
      schedules.length === 0
        ? 'nothing is scheduled, and nothing was'
        : `schedules: ${waiting} waiting${where}`,
    tone: 'plain',
    selected,
    lines: [...lines, [], ...below.slice(0, Math.max(0, height - lines.length - 1))],
  };
}

function rowLine(schedule: ScheduleRecord, selected: boolean, wall: number, glyphs: Glyphs): Line {
  const { id, request, beginsAt, endsAt } = schedule;
  return [
    segment(`  ${selected ? glyphs.pointer : ' '} `, 'plain', selected),
    segment(
      `${pad(String(id), 4, 'right')}  ${pad(aboutRequest(request), 26, 'left', 'middle')} `,
      'plain',
      selected,
    ),
    segment(`${dateText(beginsAt).slice(0, 16)} to ${clockText(endsAt, beginsAt).slice(0, 11)}  `, 'muted'),
    segment(scheduleStanding(schedule, wall), toneOf(schedule, wall)),
  ];
}

function toneOf({ state, outcome, endsAt }: ScheduleRecord, wall: number): Tone {
  if (state === 'waiting') return wall > endsAt ? 'danger' : 'busy';
  if (state === 'running') return 'busy';
  if (state === 'cancelled') return 'muted';
  return outcome === 'succeeded' ? 'ok' : 'danger';
}

function chosenLines(schedule: ScheduleRecord, { config, now, size }: CockpitState): Line[] {
  const { id, actor, createdAt, operations, state } = schedule;
  const who = actor.sudoUser ?? actor.user;
  const started =
    operations.length === 0 ? '' : `; it started operation ${operations.join(', ')} (o lists them)`;
  const run =
    state === 'waiting' && config.sandbox !== undefined
      ? `A sandbox has nothing that starts it by itself: t3-cockpit schedule run ${id} --now`
      : '';
  return [
    scheduleStanding(schedule, now.wall),
    `agreed to by ${who} at ${dateText(createdAt)}, ${ageText(now.wall - createdAt)} ago${started}`,
    run,
  ]
    .filter((text) => text !== '')
    .flatMap((text) => wrapped(text, size.columns - 4))
    .map((text) => [segment(`  ${text}`, 'muted')]);
}

const emptyLines = (columns: number): Line[] => [
  clip([segment('  b: a backup of everybody later; u: a bump, then t at its version', 'muted')], columns),
];

/** The question when: what will be done, and what the typed time means. */
export function whenBody(state: CockpitState, mode: Extract<Mode, { kind: 'when' }>): Pane {
  const { columns } = state.size;
  const { now } = state;
  const found = windowFor(mode.typed, now.wall);
  const meant: Line =
    mode.typed === ''
      ? [segment('  A time: 02:30. From when until when: 02:00-05:00. A day: 2026-11-26T02:30.', 'muted')]
      : 'problem' in found
        ? [segment(`  ${found.problem}`, 'attention')]
        : [
            segment(
              `  ${dateText(found.window.begins).slice(0, 16)} to ${clockText(found.window.ends, found.window.begins)}, in ${ageText(found.window.begins - now.wall)}`,
              'ok',
            ),
          ];
  const about = [
    ...(mode.what.kind === 'bump'
      ? [
          'It is judged now, on copies, as a bump is; that takes a while, and the cockpit has to stay open for it. Whoever is busy then is moved when idle, as long as the window is open.',
        ]
      : []),
    'The plan comes next, and nothing is agreed to before. It is refused then if this host is not what it is now.',
  ];
  return {
    title: `${laterText(mode.what)}: when?`,
    tone: 'attention',
    lines: [
      [],
      clip(meant, columns),
      [],
      ...about
        .flatMap((text) => wrapped(text, columns - 4))
        .map((text): Line => [segment(`  ${text}`, 'muted')]),
    ],
  };
}
