import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findOffered } from '../../../src/t3/packages.ts';
import { knownLevel, leastLevel } from '../../../src/t3/levels.ts';
import { parseVersion, parseVersionOutput } from '../../../src/t3/version.ts';
import { formatName, parseName, snapshotKinds } from '../../../src/snapshots/names.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { fakeHost } from '../../fakes/host.ts';
import { configureProperties } from './runs.ts';

configureProperties();
const { config } = loadConfig();

const small = fc.integer({ min: 0, max: 40 });
const release = fc.tuple(small, small, small);
/** A build of the night before a release: `0.0.33-nightly.20260808.1031`. */
const night = fc.record({
  day: fc.integer({ min: 20260101, max: 20261231 }),
  build: fc.integer({ min: 0, max: 99_999 }),
});
const parts = fc.record({ release, night: fc.option(night, { nil: undefined }) });
type Parts = typeof parts extends fc.Arbitrary<infer Value> ? Value : never;

const textOf = ({ release: [major, minor, patch], night: built }: Parts) =>
  `${major}.${minor}.${patch}${built === undefined ? '' : `-nightly.${built.day}.${built.build}`}`;

/** Older, same or newer, by the words of the contract: number by number, and a night before its release. */
function compare(one: Parts, other: Parts): number {
  const numbers = (each: Parts) => [
    ...each.release,
    each.night === undefined ? 1 : 0,
    each.night?.day ?? 0,
    each.night?.build ?? 0,
  ];
  const others = numbers(other);
  return (
    numbers(one)
      .map((number, at) => number - (others[at] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  );
}

describe('versions', () => {
  it('are offered newest first, a nightly before its release, and none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 25 }), async (all) => {
        const host = fakeHost();
        host.commands.expect(/view/, {
          stdout: JSON.stringify({ versions: all.map(textOf), 'dist-tags': {} }),
        });
        const offered = await findOffered(host, config);
        if ('problem' in offered) throw new Error(offered.problem);
        const sorted = all.toSorted((one, other) => compare(other, one)).map(textOf);
        expect(offered.versions).toEqual(sorted);
      }),
    );
  });

  it('are read as they are written, and nothing else is one', () => {
    fc.assert(
      fc.property(parts, fc.string({ minLength: 1, maxLength: 4 }), (each, more) => {
        const text = textOf(each);
        expect(parseVersion(text)).toBe(text);
        expect(parseVersionOutput(`t3 v${text}\n`)).toBe(text);
        for (const around of [` ${text}`, `${text} `, `v${text}`, `${text}\n`, `=${text}`])
          expect(parseVersion(around)).toBeUndefined();
        const found = parseVersion(text + more);
        if (found !== undefined) expect(found).toMatch(/^[0-9A-Za-z.-]+$/);
      }),
    );
  });

  it('know at least the schema that older ones know', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const [older, newer] = compare(one, other) <= 0 ? [one, other] : [other, one];
        expect(leastLevel(textOf(newer)) ?? 0).toBeGreaterThanOrEqual(leastLevel(textOf(older)) ?? 0);
        const exact = knownLevel(textOf(one));
        if (exact !== undefined) expect(leastLevel(textOf(one))).toBe(exact);
      }),
    );
  });

  it('stand in the names of snapshots, and come out of them again', () => {
    fc.assert(
      fc.property(
        fc.option(parts.map(textOf), { nil: undefined }),
        fc.constantFrom(...snapshotKinds),
        fc.integer({ min: 0, max: Date.UTC(2100, 0) / 1000 }),
        (version, kind, seconds) => {
          const name = { kind, version, takenAt: seconds * 1000 };
          expect(parseName(formatName(name, 'abcdef12'))).toEqual(name);
        },
      ),
    );
  });
});
