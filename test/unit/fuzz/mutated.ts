import * as fc from 'fast-check';

/**
 * Bytes that somebody might send: samples of what is expected with pieces cut out, doubled, moved and overwritten, and
 * bytes that were never anything. Read as UTF-8, as everything is that comes from outside.
 */
export function mutated(...samples: readonly string[]): fc.Arbitrary<string> {
  const nasty = fc.constantFrom(
    '\0',
    '\u001b]0;owned\u0007',
    '\u001b[2J',
    '\u009b31m',
    '\r\n',
    '\n',
    '=',
    '"',
    '\\',
    '{',
    '}',
    '\u202e',
    '../',
    '-rf',
    '__proto__',
    'constructor',
    '9'.repeat(400),
    '\ud800',
    'NaN',
    '-1',
    '[[[[[[[[[[',
  );
  const piece = fc.oneof(
    { weight: 3, arbitrary: nasty },
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  );
  const edit = fc.record({
    what: fc.constantFrom('insert', 'cut', 'double', 'overwrite'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 40 }),
    piece,
  });
  const edited = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 }))
    .map(([sample, edits]) =>
      edits.reduce((text, { what, at, length, piece: put }) => {
        const start = Math.floor(at * text.length);
        const [before, within, after] = [
          text.slice(0, start),
          text.slice(start, start + length),
          text.slice(start + length),
        ];
        switch (what) {
          case 'cut':
            return before + after;
          case 'double':
            return before + within + within + after;
          case 'overwrite':
            return before + put + after;
          default:
            return before + put + within + after;
        }
      }, sample),
    );
  return fc.oneof(
    { weight: 4, arbitrary: edited },
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  );
}

/** What no words of ours may carry to a terminal. */
// oxlint-disable-next-line no-control-regex -- that there are none is the point
export const control = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Every string in an answer, however deep. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Map) return [...value].flatMap(stringsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(stringsIn);
  return [];
}
