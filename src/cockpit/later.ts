import { windowAt, windowOf, type Window } from '../operations/schedule/window.ts';

/** What can be agreed to now, and done later. */
export type Later = { kind: 'bump'; version: string } | { kind: 'backup' };

/** What it is called on screen. */
export function laterText(what: Later): string {
  return what.kind === 'bump' ? `bump to ${what.version} later` : 'backup of everybody later';
}

/** Two times are a window; one is when it begins. */
const isWindow = (typed: string): boolean => typed.includes('-') && !/^\d{4}-/.test(typed);

/** The flags of the command for what was typed. */
export function whenFlags(typed: string): string[] {
  return [isWindow(typed) ? '--window' : '--at', typed];
}

/** From when until when, by the clock of this machine; or why that is no time. */
export function windowFor(typed: string, now: number): { window: Window } | { problem: string } {
  try {
    return { window: isWindow(typed) ? windowOf(typed, now) : windowAt(typed, now) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { problem: words.replace(/^--(at|window) \S*: /, '') };
  }
}
