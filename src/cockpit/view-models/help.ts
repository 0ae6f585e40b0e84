import { pad, wrapped } from '../../view/format.ts';
import type { Binding } from '../intents.ts';
import { keymap } from '../keymap.ts';
import { prompts } from '../keymap/prompt-keys.ts';
import type { CockpitState, Mode } from '../state.ts';
import { segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** Columns of the keys, before what they do. */
const keyColumns = 18;

/** What each mode is called, where its keys are told. */
const places: Partial<Record<Mode['kind'], string>> = {
  fleet: 'in the fleet',
  findings: 'among the findings',
  detail: 'at a user',
  operations: 'in the list of operations',
  operation: 'in an operation',
  pick: 'where a snapshot is chosen',
  versions: 'where a version is chosen',
  report: 'in the verification',
  plan: 'before a plan',
  schedules: 'in the list of schedules',
  happened: 'at what happened',
  doctor: 'at the doctor',
};

/**
 * Every key with its sentence, and why it cannot work now: those of where the help was asked for first, then the others.
 * Made from the keymap, so that it cannot lie.
 */
export function helpBody(state: CockpitState): Scrolled {
  const { columns } = state.size;
  const of = state.mode.kind === 'help' ? state.mode.of : undefined;
  const asked: CockpitState = of === undefined ? state : { ...state, mode: of };
  const kind = of?.kind ?? 'fleet';
  const here = keymap.filter(({ modes }) => modes?.includes(kind) ?? true);
  const elsewhere = keymap.filter((binding) => !here.includes(binding));
  const lines = [
    ...here.flatMap((binding) => helpLines(binding, binding.disabled?.(asked), columns)),
    ...(elsewhere.length === 0 ? [] : [[], [segment('  Elsewhere:', 'muted')]]),
    ...elsewhere.flatMap((binding) => helpLines(withPlaces(binding), undefined, columns)),
    ...prompts.flatMap((prompt) => [
      [],
      [segment(`  ${prompt.while}, all but these are letters:`, 'muted')],
      ...prompt.keys.flatMap((binding) => helpLines(binding, undefined, columns)),
    ]),
  ];
  return {
    title: `keys ${places[kind] ?? ''}`.trimEnd(),
    tone: 'plain',
    length: lines.length,
    line: (index) => lines[index] ?? [],
  };
}

/** A key of other places, with where it works. */
function withPlaces({ keys, help, modes }: Binding): Pick<Binding, 'keys' | 'help'> {
  const words = (modes ?? []).flatMap((each) => places[each] ?? []);
  return { keys, help: words.length === 0 ? help : `${help} (${words.join(', ')})` };
}

function helpLines(
  { keys, help }: Pick<Binding, 'keys' | 'help'>,
  reason: string | undefined,
  columns: number,
): Line[] {
  const room = columns - keyColumns - 1;
  const text: Line[] = wrapped(help, room).map((each) => [
    segment(each, reason === undefined ? 'plain' : 'muted'),
  ]);
  const not: Line[] =
    reason === undefined
      ? []
      : wrapped(`not now: ${reason}`, room).map((each) => [segment(each, 'attention')]);
  return [...text, ...not].map((line, index) => [
    segment(pad(index === 0 ? `  ${keys.join(' ')}` : '', keyColumns), 'plain', true),
    ...line,
  ]);
}
