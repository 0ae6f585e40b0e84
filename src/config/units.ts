import bytes from 'bytes';
import ms from 'ms';
import * as z from 'zod';

/**
 * The quantities of a config file. A bare number is refused on purpose: `late: 26` once meant hours to the
 * one who wrote it and seconds to the one who read it.
 */

/** A duration as people write it (`30s`, `5m`, `26h`, `7d`); in the config it is milliseconds. */
export const duration = (minimum = 0) =>
  z.string('expected a duration with its unit, like 30s, 5m or 26h').transform((text, context) => {
    const value = /^\s*\d/.test(text) && /[a-z]\s*$/i.test(text) ? ms(text as ms.StringValue) : undefined;
    if (value === undefined || !Number.isFinite(value) || value < minimum) {
      const least = minimum > 0 ? ` of at least ${ms(minimum)}` : '';
      context.addIssue({
        code: 'custom',
        message: `expected a duration${least} with its unit, like 30s, 5m or 26h`,
      });
      return z.NEVER;
    }
    return value;
  });

/** A size as people write it (`64kb`, `256mb`, `2gb`; 1024 to the step); in the config it is bytes. */
export const size = (minimum = 0) =>
  z.string('expected a size with its unit, like 64kb, 256mb or 2gb').transform((text, context) => {
    const value = /^\s*\d+(\.\d+)?\s*(b|kb|mb|gb|tb)\s*$/i.test(text) ? bytes.parse(text) : null;
    if (value === null || value < minimum) {
      const least = minimum > 0 ? ` of at least ${bytes.format(minimum)}` : '';
      context.addIssue({
        code: 'custom',
        message: `expected a size${least} with its unit, like 64kb, 256mb or 2gb`,
      });
      return z.NEVER;
    }
    return value;
  });

/** An absolute path, in which only the named placeholders (`{user}`, `{home}`, …) may stand. */
export const absolutePath = (...placeholders: string[]) =>
  z.string().superRefine((text, context) => {
    const foreign = [...text.matchAll(/\{([^}]*)\}/g)]
      .map((match) => match[1] ?? '')
      .find((name) => !placeholders.includes(name));
    if (foreign !== undefined) {
      const known =
        placeholders.length > 0 ? placeholders.map((name) => `{${name}}`).join(', ') : 'none here';
      context.addIssue({ code: 'custom', message: `unknown placeholder {${foreign}}; known: ${known}` });
    }
    const rooted = text.startsWith('/') || (placeholders.includes('home') && text.startsWith('{home}/'));
    if (!rooted) context.addIssue({ code: 'custom', message: 'expected an absolute path' });
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f]/.test(text))
      context.addIssue({ code: 'custom', message: 'expected a path without control characters' });
    if (text.split('/').includes('..'))
      context.addIssue({ code: 'custom', message: 'expected a path without ".."' });
  });
