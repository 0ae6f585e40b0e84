import { publicLine } from './printable.ts';

/** A row of a code to be scanned, drawn with blocks: t3 prints one with its owner credential in it at every start. */
const scannable = /^[\s\u2580-\u259f]*[\u2580-\u259f]{3}[\s\u2580-\u259f]*$/u;

/**
 * The lines of a foreign log, fit to be shown and kept: each as `publicLine` makes it, and of a code to be scanned one
 * word in place of all of its rows.
 *
 * @returns what to say in place of a text, a line each; one text may be several lines, or none.
 */
export function publicLog(): (text: string) => string[] {
  let inCode = false;
  return (text) =>
    text.split('\n').flatMap((line) => {
      const shown = publicLine(line);
      const before = inCode;
      inCode = scannable.test(shown);
      if (!inCode) return [shown];
      return before ? [] : ['[a code to be scanned]'];
    });
}
