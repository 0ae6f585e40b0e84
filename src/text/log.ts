import { codeToScan, publicLine } from './printable.ts';

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
      const again = inCode && shown === codeToScan;
      inCode = shown === codeToScan;
      return again ? [] : [shown];
    });
}
