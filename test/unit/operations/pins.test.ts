import { describe, expect, it } from 'vitest';
import { movePin, sameButForPin } from '../../../src/operations/pins/edit.ts';

const move = (text: string, to: string) => {
  const found = movePin(Buffer.from(text, 'latin1'), 'T3_PIN', to);
  return 'moved' in found ? [found.from, found.moved.toString('latin1')] : found.problem;
};

describe('moving a pin', () => {
  it.each([
    [
      'in the middle of a script',
      '#!/bin/sh\nT3_PIN="${T3_PIN:-0.0.24}"\necho\n',
      '#!/bin/sh\nT3_PIN="${T3_PIN:-0.0.27}"\necho\n',
    ],
    ['with CRLF', 'a\r\nT3_PIN="${T3_PIN:-0.0.24}"\r\nb\r\n', 'a\r\nT3_PIN="${T3_PIN:-0.0.27}"\r\nb\r\n'],
    ['without a last newline', 'T3_PIN="${T3_PIN:-0.0.24}"', 'T3_PIN="${T3_PIN:-0.0.27}"'],
    [
      'among bytes that are no UTF-8',
      '# \xe9\xff\x00\nT3_PIN="${T3_PIN:-0.0.24}"\n',
      '# \xe9\xff\x00\nT3_PIN="${T3_PIN:-0.0.27}"\n',
    ],
    [
      'beside other variables',
      'X="${X:-1}"; T3_PIN="${T3_PIN:-0.0.24}"',
      'X="${X:-1}"; T3_PIN="${T3_PIN:-0.0.27}"',
    ],
  ])('leaves every other byte as it is: %s', (_, before, after) => {
    expect(move(before, '0.0.27')).toEqual(['0.0.24', after]);
    expect(move(after, '0.0.24')).toEqual(['0.0.27', before]);
  });

  it('of a host that tracks nightly sets it, and empties it again', () => {
    expect(move('T3_PIN="${T3_PIN:-}"', '0.0.27')).toEqual(['', 'T3_PIN="${T3_PIN:-0.0.27}"']);
    expect(move('T3_PIN="${T3_PIN:-0.0.27}"', '')).toEqual(['0.0.27', 'T3_PIN="${T3_PIN:-}"']);
  });

  it.each([
    ['two pins', '${T3_PIN:-1.0.0} ${T3_PIN:-1.0.0}', /2 times/],
    ['no pin', 'T3_PIN=0.0.24', /no \$\{T3_PIN:-…\}/],
    ['one that does not end', 'T3_PIN="${T3_PIN:-0.0.24\n"', /no \$\{T3_PIN:-…\}/],
    ['that of another variable', 'MY_T3_PINS="${MY_T3_PINS:-0.0.24}"', /no \$\{T3_PIN:-…\}/],
  ])('is refused with %s', (_, text, words) => {
    expect(move(text, '0.0.27')).toMatch(words);
  });
});

describe('two versions of a file', () => {
  const same = (one: string, other: string) => sameButForPin(Buffer.from(one), Buffer.from(other), 'T3_PIN');
  it('differ in the pin alone, or in more', () => {
    expect(same('a ${T3_PIN:-1.0.0} b', 'a ${T3_PIN:-2.0.0-x.1} b')).toBe(true);
    expect(same('a ${T3_PIN:-1.0.0} b', 'a ${T3_PIN:-1.0.0} c')).toBe(false);
    expect(same('a ${T3_PIN:-1.0.0} b', 'a b')).toBe(false);
  });
});
