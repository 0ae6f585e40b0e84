import { stripVTControlCharacters } from 'node:util';

/**
 * Everything that comes from outside (names, log lines, error texts, HTTP bodies) passes here before it is kept
 * or shown: a log line that carries `ESC ] 0 ; …` must not rename the admin's terminal, nor a bidirectional
 * override turn `gpj.exe` around. Escape sequences vanish; any other control becomes U+FFFD, so that its
 * presence stays visible; a tab is a space.
 */
export function printable(text: string): string {
  // C0, DEL and C1; line and paragraph separators; zero-width and bidirectional controls; the byte order mark.
  return (
    stripVTControlCharacters(text)
      .replace(/\t/g, ' ')
      // oxlint-disable no-control-regex -- controls are what this file is about
      .replace(
        /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
        '\ufffd',
      )
  );
}

/** As `printable`, and at most `length` characters: a message is a line on a screen, not a document. */
export function excerpt(text: string, length = 300): string {
  const clean = printable(text.replace(/\s*\n\s*/g, ' ').trim());
  const characters = [...clean];
  return characters.length <= length ? clean : `${characters.slice(0, length - 1).join('')}…`;
}

const secretPatterns: readonly [RegExp, string][] = [
  // t3 logs an owner credential, valid for five minutes, at every start (docs/t3-contract.md, command line).
  [/(\btoken\s*[:=]\s*)\S+/gi, '$1[secret]'],
  [/(#token=)[^\s&]+/gi, '$1[secret]'],
  [/("(?:credential|token|password|secret)"\s*:\s*")[^"]*/gi, '$1[secret]'],
  [/(\bt3_session[\w]*=)[^\s;]+/gi, '$1[secret]'],
  [/(\bauthorization\s*:\s*\S+\s+)\S+/gi, '$1[secret]'],
];

/** A line of a foreign log, fit to be shown and kept: printable, and without credentials, cookies and tokens. */
export function publicLine(line: string): string {
  return secretPatterns.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    printable(line),
  );
}
