import { describe, expect, it } from 'vitest';
import { nearNames } from '../../../src/text/near.ts';

const names = ['manual-0.0.24-20261123T124307Z-3f9a1c2b', 'manual-0.0.24-20261124T124307Z-0011aabb', 'daily'];

describe('names that may have been meant', () => {
  it.each<[string, string[]]>([
    ['manual-0.0.24-20261123T124307Z-3f9a1c2', names.slice(0, 1)],
    ['3f9a1c2b', names.slice(0, 1)],
    ['dayli', ['daily']],
    ['manual', names.slice(0, 2)],
    ['', []],
    ['something else', []],
  ])('%j: %j', (typed, near) => {
    expect(nearNames(typed, [...names, ...names])).toEqual(near);
  });

  it('puts the nearest first, and not more than three', () => {
    expect(nearNames('abcd', ['abxx', 'abcx', 'xabcdx', 'axcd', 'abc'])).toEqual(['xabcdx', 'abcx', 'axcd']);
  });
});
