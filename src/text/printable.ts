import { stripVTControlCharacters } from 'node:util';

/**
 * Controls of every kind, what is not shown or not assigned, what joins characters to one or changes how wide another is
 * (terminals differ about these, and everything after them in the line would be in the wrong column), lone surrogates,
 * and line and paragraph separators.
 */
const unfit =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\p{Emoji_Modifier}\u20e3]/gu;

/** More marks than any script writes on one letter: a stack of them is drawn over the lines above and below. */
const stacked = /(\p{M}{3})\p{M}+/gu;

/** By far the most texts are these, and a screen is made of hundreds. */
const plain = /^[ -~]*$/;

/**
 * Everything that comes from outside (names, log lines, error texts, HTTP bodies) passes here before it is kept
 * or shown: a log line that carries `ESC ] 0 ; …` must not rename the admin's terminal, nor a bidirectional
 * override turn `gpj.exe` around. Escape sequences vanish; any other control becomes U+FFFD, so that its
 * presence stays visible; a tab is a space. What has passed passes again unchanged.
 */
export function printable(text: string): string {
  if (plain.test(text)) return text;
  return stripVTControlCharacters(text).replace(/\t/g, ' ').replace(unfit, '\ufffd').replace(stacked, '$1');
}

/** As `printable`, and at most `length` characters: a message is a line on a screen, not a document. */
export function excerpt(text: string, length = 300): string {
  const clean = printable(text.replace(/\s*\n\s*/g, ' ').trim());
  const characters = [...clean];
  return characters.length <= length ? clean : `${characters.slice(0, length - 1).join('')}…`;
}

const secretPatterns: readonly [RegExp, string][] = [
  // t3 logs an owner credential, valid for five minutes, at every start (docs/t3-contract.md, command line).
  [/(\btoken\s*[:=]\s*)[^\s&]+/gi, '$1[secret]'],
  [/([#?&]token=)[^\s&]+/gi, '$1[secret]'],
  [/(["']?(?:credential|token|password|secret)["']?\s*:\s*(["']))(?:(?!\2).)*/gi, '$1[secret]'],
  [/(\bcredential\s*[:=]\s*)[^\s"']+/gi, '$1[secret]'],
  // As environment files have them.
  [/(\b[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)\s*=\s*)\S+/g, '$1[secret]'],
  [/(\bt3_session[\w]*=)[^\s;]+/gi, '$1[secret]'],
  [/(\bauthorization\s*:\s*\S+\s+)\S+/gi, '$1[secret]'],
  [/(\bbearer\s+)[\w.~+/=-]{8,}/gi, '$1[secret]'],
];

/** A row of a code to be scanned, drawn with blocks: t3 prints one with its owner credential in it at every start. */
const scannable = /^[\s\u2580-\u259f]*[\u2580-\u259f]{3}[\s\u2580-\u259f]*$/u;

/** What is shown in its place. */
export const codeToScan = '[a code to be scanned]';

/**
 * A line of a foreign log, fit to be shown and kept: printable, and without credentials, cookies and tokens, in letters or
 * in a code to be scanned.
 */
export function publicLine(line: string): string {
  const text = printable(line);
  if (scannable.test(text)) return codeToScan;
  return secretPatterns.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}
