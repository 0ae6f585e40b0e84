/** The part of Ink's key event that the names need. */
export interface KeyEvent {
  upArrow: boolean;
  downArrow: boolean;
  leftArrow: boolean;
  rightArrow: boolean;
  pageDown: boolean;
  pageUp: boolean;
  home: boolean;
  end: boolean;
  return: boolean;
  escape: boolean;
  ctrl: boolean;
  meta: boolean;
  tab: boolean;
  backspace: boolean;
  delete: boolean;
}

const special: readonly [keyof KeyEvent, string][] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'pagedown'],
  ['pageUp', 'pageup'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/** Keys that are named when they come alone, and are characters among others. */
const typedAhead: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
  '\b': 'backspace',
};

/**
 * The names of the keys in one event. A terminal hands over in one read what was typed since the last one: `jjj` is
 * one event of three keys. What is no key we know has no name.
 */
export function keyNames(input: string, key: KeyEvent): string[] {
  const known = special.find(([property]) => key[property]);
  if (known !== undefined) return [known[1]];
  // Alt and a letter is not the letter.
  if (key.meta) return [];
  if (key.ctrl) return /^[a-z]$/.test(input) ? [`ctrl-${input}`] : [];
  return [...input].flatMap((character) => {
    const name = typedAhead[character];
    if (name !== undefined) return [name];
    return character < ' ' ? [] : [character];
  });
}
