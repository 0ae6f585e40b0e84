import { UsageProblem } from '../operations/errors.ts';
import type { CommandContext } from './context.ts';

/** Terminals that say of themselves that nothing can be drawn on them (terminfo), and those that say nothing. */
const withoutScreen = new Set(['', 'dumb', 'unknown']);

/**
 * The cockpit takes a whole screen: nobody is asked for a password, and no sandbox is built, for one that cannot be drawn.
 *
 * @param instead What does without one.
 * @throws UsageProblem, with what to do
 */
export function requireScreen({ io }: CommandContext, instead: string): void {
  if (!io.screen) throw new UsageProblem(`the cockpit needs a terminal; without one, try: ${instead}`);
  const name = io.environment['TERM'] ?? '';
  if (withoutScreen.has(name))
    throw new UsageProblem(
      `the cockpit needs a terminal that can be drawn on, and ${name === '' ? 'TERM is not set' : `TERM=${name} says that this one cannot`}; ` +
        `if it can, say so: TERM=xterm-256color; if not, try: ${instead}`,
    );
}
