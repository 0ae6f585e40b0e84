import { describe, expect, it } from 'vitest';
import { excerpt, printable, publicLine } from '../../../src/text/printable.ts';

describe('printable', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a title', '\u001b]0;owned\u0007name', 'name'],
    ['the cursor', 'a\u001b[2Jb\u001b[Hc', 'abc'],
    ['C1 controls', 'a\u009b31mb', 'ab'],
    ['a bell and a backspace', 'a\u0007b\u0008c', 'a\ufffdb\ufffdc'],
    ['lines', 'a\r\nb', 'a\ufffd\ufffdb'],
    ['directions', 'a\u202egpj.exe', 'a\ufffdgpj.exe'],
    ['a tab', 'a\tb', 'a b'],
  ])('lets no %s through', (_name, hostile, harmless) => {
    expect(printable(hostile)).toBe(harmless);
  });

  it('leaves what people write alone', () => {
    expect(printable('Größe 表 👍 – ok')).toBe('Größe 表 👍 – ok');
  });

  it('has no control left for any single character or pair', () => {
    for (let code = 0; code < 0xa0; code += 1) {
      // oxlint-disable-next-line no-control-regex
      expect(printable(`x${String.fromCharCode(code)}[0m`)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }
  });
});

describe('excerpt', () => {
  it('is one line of limited length', () => {
    expect(excerpt('one\n  two\nthree')).toBe('one two three');
    expect(excerpt('x'.repeat(500), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});

describe('publicLine', () => {
  it.each([
    ['Token: AHTTVWACAPAW', 'Token: [secret]'],
    ['open http://box:4700/pair#token=AHTTVWACAPAW now', 'open http://box:4700/pair#token=[secret] now'],
    ['{"credential": "AHTTVWACAPAW"}', '{"credential": "[secret]"}'],
    ['set-cookie: t3_session=eyJ2.yIj1; Path=/', 'set-cookie: t3_session=[secret]; Path=/'],
    ['cookie: t3_session_47013_faae=eyJ2.yIj1', 'cookie: t3_session_47013_faae=[secret]'],
    ['Authorization: Bearer eyJ2.yIj1', 'Authorization: Bearer [secret]'],
    ["{ credential: 'AHTTVWACAPAW', role: 'owner' }", "{ credential: '[secret]', role: 'owner' }"],
    ['open https://box/pair?token=AHTTVWACAPAW&x=1', 'open https://box/pair?token=[secret]&x=1'],
    ['ANTHROPIC_API_KEY=sk-ant-1 T3_PORT=4700', 'ANTHROPIC_API_KEY=[secret] T3_PORT=4700'],
    ['  █▀▀▀▀▀█ ▄▀█▄▀ █▀▀▀▀▀█', '[a code to be scanned]'],
    ['sent Bearer eyJ2.yIj1.abc', 'sent Bearer [secret]'],
    ['\u001b[1mToken: \u001b[32mAHTTVWACAPAW\u001b[0m', 'Token: [secret]'],
  ])('keeps the secret of %j', (line, shown) => {
    expect(publicLine(line)).toBe(shown);
  });
});
