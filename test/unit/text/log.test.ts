import { describe, expect, it } from 'vitest';
import { publicLog } from '../../../src/text/log.ts';

/** What t3 prints at its start (docs/t3-contract.md, command line), and what else may stand in a log. */

const start = [
  'Listening on http://0.0.0.0:4700',
  'T3 Code server is ready.',
  'Connection string: http://box:4700',
  'Token: AHTTVWACAPAW',
  'Pairing URL: http://box:4700/pair#token=AHTTVWACAPAW',
  '',
  '  █▀▀▀▀▀█ ▄▀█▄▀ █▀▀▀▀▀█',
  '  █ ███ █ ▀▄▀▄█ █ ███ █',
  '  ▀▀▀▀▀▀▀ ▀ ▀ ▀ ▀▀▀▀▀▀▀',
  '',
];

describe('a log', () => {
  it('shows no credential, in letters or in a code to be scanned', () => {
    const shown = start.flatMap(publicLog());
    expect(shown).toEqual([
      'Listening on http://0.0.0.0:4700',
      'T3 Code server is ready.',
      'Connection string: http://box:4700',
      'Token: [secret]',
      'Pairing URL: http://box:4700/pair#token=[secret]',
      '',
      '[a code to be scanned]',
      '',
    ]);
    expect(start.join('\n').split('\n').flatMap(publicLog())).toEqual(shown);
    // The same in one entry of several lines, and twice.
    const twice = publicLog();
    expect([...twice(start.join('\n')), ...twice(start.join('\n'))]).toEqual([...shown, ...shown]);
  });

  it('does not take what people draw for a code', () => {
    const lines = ['progress ███████░░░ 70%', '█', '▁▃▅▇ load'];
    expect(lines.flatMap(publicLog())).toEqual(lines);
  });

  it('is printable, whatever was written into it', () => {
    expect(publicLog()('\u001b]0;owned\u0007\u001b[2Jx\r\ny\u009b1m')).toEqual(['x\ufffd', 'y']);
  });
});
