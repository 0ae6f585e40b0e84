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

/** Keys that only look somewhere else, with whatever else is held down. */
const looking: ReadonlySet<string> = new Set([
  'up',
  'down',
  'left',
  'right',
  'pagedown',
  'pageup',
  'home',
  'end',
]);

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
  if (known !== undefined && (!key.meta || looking.has(known[1]))) return [known[1]];
  // Alt and a key, or escape and a key in one read, as from a browser over a slow line: nobody can tell them apart. Of
  // escape and enter it would be enter that counts, and agree to what was just given up.
  if (key.meta) return ['escape'];
  if (key.ctrl) return /^[a-z]$/.test(input) ? [`ctrl-${input}`] : [];
  return [...input].flatMap((character) => {
    const name = typedAhead[character];
    if (name !== undefined) return [name];
    return character < ' ' ? [] : [character];
  });
}
