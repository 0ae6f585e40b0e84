import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/text/printable.ts';
import { inAscii } from '../../../src/view/ascii.ts';
import { width } from '../../../src/view/format.ts';
import { texts } from '../properties/screens.ts';

describe('a text in ASCII', () => {
  it.each([
    ['as it was', 'as it was'],
    ['the host’s own jobs', "the host's own jobs"],
    ['installed 0.0.24 · pinned …', 'installed 0.0.24 . pinned .'],
    ['0.0.33-nig…1031', '0.0.33-nig~1031'],
    ['├─ ✓ alice │', '+- ? alice |'],
    ['Zoë Åström-Ünal', 'Zoe Astrom-Unal'],
    ['Zoe\u0308', 'Zoe'],
    ['名前 and Ж', '???? and ?'],
    ['one…\r\n\ttwo…\u001b[2J', 'one~\r\n\ttwo~\u001b[2J'],
  ])('%s', (text, written) => {
    expect(inAscii(text)).toBe(written);
  });

  it('is ASCII, and as wide as it was, whatever it is', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const shown = printable(text);
        expect(inAscii(shown)).toMatch(/^[ -~]*$/);
        expect(width(inAscii(shown))).toBe(width(shown));
      }),
    );
  });
});
