import type { Action } from './reducer.ts';
import type { Binding } from './intents.ts';
import { keymap } from './keymap.ts';
import { glyphSets, type GlyphSet } from './glyphs.ts';
import { palettes } from './look.ts';
import { paneOf, sorts, type CockpitState, type Mode } from './state.ts';

/** What a command that is being typed could become. */
export interface Completion {
  /** The whole command. */
  text: string;
  help: string;
  /** Why it cannot work now. */
  disabled: string | undefined;
  /** What is done first: whom it is about, in which order the rows are to stand. */
  before: readonly Action[];
  /** The key that it is. */
  binding: Binding | undefined;
  /** The operation to open. */
  open: number | undefined;
}

/** Actions of one user: they take a name. */
const ofOne: ReadonlySet<Binding['intent']['type']> = new Set(['restore', 'restart', 'detail']);

const takesUser = ({ intent }: Binding): boolean =>
  ofOne.has(intent.type) || ('everybody' in intent && !intent.everybody);

/** Moving, typing and the palette itself are no commands. */
const noCommands: ReadonlySet<Binding['intent']['type']> = new Set([
  'move',
  'page',
  'back',
  'command',
  'filter',
  'mark',
  'fold',
]);

/** So many are offered: more nobody reads, and of a thousand users most are not meant. */
const offeredAtMost = 200;

/**
 * The commands that begin like what is typed: each of its words is the beginning of a word of the command, in this order.
 * Whatever the keymap has is one, so that a new key is a command as well.
 */
export function completionsOf(state: CockpitState): readonly Completion[] {
  const { mode } = state;
  if (mode.kind !== 'command') return [];
  const words = mode.typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found: Completion[] = [];
  for (const each of commands(state, mode.of?.kind ?? 'fleet')) {
    if (!begins(each.text.toLowerCase(), words)) continue;
    found.push(each);
    if (found.length === offeredAtMost) break;
  }
  return found;
}

function begins(text: string, words: readonly string[]): boolean {
  const all = text.split(' ');
  let at = 0;
  for (const word of words) {
    at = all.findIndex((each, index) => index >= at && each.startsWith(word));
    if (at === -1) return false;
    at += 1;
  }
  return true;
}

/** Every command, the shorter ones first: with a user only after those without. */
function* commands(state: CockpitState, kind: CockpitState['mode']['kind']): Generator<Completion> {
  const commanding = keymap.filter(({ intent }) => !noCommands.has(intent.type));
  const bindings = commanding.filter(({ modes }) => modes?.includes(kind) ?? true);
  const plain = { before: [], open: undefined, disabled: undefined, binding: undefined };
  for (const binding of bindings)
    yield {
      ...plain,
      text: binding.label,
      help: binding.help,
      disabled: binding.disabled?.(state),
      binding,
    };
  // What the fleet's own keys do can be asked for from everywhere: it is gone back to first.
  const here = new Set(bindings.map(({ label }) => label));
  const fleet: Mode = { kind: 'fleet', pane: paneOf(state.mode) };
  for (const binding of commanding)
    if (binding.modes?.includes('fleet') === true && !here.has(binding.label))
      yield {
        ...plain,
        text: binding.label,
        help: binding.help,
        disabled: binding.disabled?.({ ...state, mode: fleet }),
        before: [{ type: 'mode', mode: fleet }],
        binding,
      };
  for (const sort of sorts)
    yield {
      ...plain,
      text: `sort ${sort}`,
      help: 'The order of the rows.',
      before: [{ type: 'order', sort }],
    };
  for (const palette of palettes)
    yield {
      ...plain,
      text: `colours ${palette}`,
      help: 'The colours of this cockpit.',
      before: [{ type: 'look', look: { palette } }],
    };
  for (const glyphs of Object.keys(glyphSets) as GlyphSet[])
    yield {
      ...plain,
      text: `glyphs ${glyphs}`,
      help: 'The signs of this cockpit.',
      before: [{ type: 'look', look: { glyphs } }],
    };
  for (const { operation } of state.operations)
    yield {
      ...plain,
      text: `operation ${operation.id} ${operation.kind}`,
      help: 'What it did, step by step.',
      open: operation.id,
    };
  for (const binding of bindings.filter(takesUser))
    for (const { user } of state.fleet.instances)
      yield {
        ...plain,
        text: `${binding.label} ${user}`,
        help: binding.help,
        disabled: binding.disabled?.({ ...state, selected: user }),
        // A mark means others: what is typed means this one.
        before: [{ type: 'unmark' }, { type: 'select', user }],
        binding,
      };
}
