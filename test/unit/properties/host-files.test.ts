import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agree, parsePin } from '../../../src/fleet/pins.ts';
import { parseEnvironmentPort } from '../../../src/fleet/ports.ts';
import { parseUserMap } from '../../../src/fleet/user-map.ts';
import { movePin, sameButForPin } from '../../../src/operations/pins/edit.ts';
import { configureProperties } from './runs.ts';

/** What the host's own files say: the user map, environment files, pins. */

configureProperties();

const word = (first: string, rest: string, length: number) =>
  fc
    .tuple(fc.constantFrom(...first), fc.string({ unit: fc.constantFrom(...rest), maxLength: length }))
    .map(([head, tail]) => head + tail);
const letters = 'abcdefgh_';
const userName = word(letters, `${letters}0123.-`, 12);
const authentikName = word(letters, `${letters}0123.@+-`, 20);
const space = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 });

describe('the user map', () => {
  const entry = fc.record({ kind: fc.constant('entry'), name: authentikName, user: userName, pad: space });
  const other = fc.record({
    kind: fc.constant('other'),
    // No line end in it, and no entry: a comment, an empty line, or without exactly one `=`.
    text: fc.oneof(
      fc.string({ maxLength: 20 }).map((text) => `#${text.replace(/[\r\n]/g, '')}`),
      space,
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[=\r\n]/g, '')),
      fc.tuple(authentikName, userName).map(([name, user]) => `${name}==${user}`),
    ),
  });

  it('is exactly its entries, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(entry, other), { maxLength: 30 }), (lines) => {
        const text = lines
          .map((each) =>
            'text' in each
              ? each.text
              : `${each.pad}${each.name}${each.pad}=${each.pad}${each.user}${each.pad}`,
          )
          .join('\n');
        const expected = new Map<string, string>();
        for (const each of lines)
          if ('name' in each && !expected.has(each.name)) expected.set(each.name, each.user);
        const { users } = parseUserMap(text);
        const found = new Map(users.flatMap(({ user, authentik }) => authentik.map((name) => [name, user])));
        expect(found).toEqual(expected);
        expect(new Set(users.map(({ user }) => user)).size).toBe(users.length);
      }),
    );
  });

  it('lets nothing be a name that could be a path, an option or an escape, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { users, problems } = parseUserMap(text);
        for (const { user, authentik } of users) {
          expect(user).toMatch(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/);
          for (const name of authentik) expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/);
        }
        // oxlint-disable-next-line no-control-regex -- that there are none is the point
        for (const { message } of problems) expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('an environment file', () => {
  const assignment = fc.record({
    name: fc.constantFrom('T3_PORT', 'T3_PORTS', 'MY_T3_PORT', 'SECRET'),
    port: fc.integer({ min: 1, max: 65_535 }),
    quote: fc.constantFrom('', '"', "'"),
    pad: space,
  });

  it('says the port of its last assignment, quoted or not, and of no other variable', () => {
    fc.assert(
      fc.property(fc.array(assignment, { maxLength: 8 }), (all) => {
        const text = all
          .map(({ name, port, quote, pad }) => `${name}=${quote}${port}${quote}${pad}`)
          .join('\n');
        const last = all.findLast(({ name }) => name === 'T3_PORT');
        expect(parseEnvironmentPort(text)).toEqual(
          last === undefined ? { problem: 'no T3_PORT in it' } : { port: last.port },
        );
      }),
    );
  });

  it('shows no other line of it, whatever is wrong', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (value) => {
        const secret = 'sk-very-secret';
        const said = JSON.stringify(
          parseEnvironmentPort(`KEY=${secret}\nT3_PORT=${value.replace(/[\r\n]/g, '')}\nOTHER=${secret}`),
        );
        expect(said).not.toContain(secret);
      }),
    );
  });
});

describe('moving a pin', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some));
  const version = fc.constantFrom('0.0.24', '0.0.27', '0.0.33-nightly.20260808.1031', '');
  const around = fc
    .tuple(bytes, bytes)
    .filter(([before, after]) => !/T3_PIN:-/.test(before.toString('latin1') + after.toString('latin1')));

  it('keeps every other byte, whatever they are, and can be taken back', () => {
    fc.assert(
      fc.property(around, version, version, ([before, after], from, to) => {
        const file = (pin: string) =>
          Buffer.concat([before, Buffer.from(`T3_PIN="\${T3_PIN:-${pin}}"`), after]);
        const moved = movePin(file(from), 'T3_PIN', to);
        if ('problem' in moved) throw new Error(moved.problem);
        expect(moved.from).toBe(from);
        expect(moved.moved.equals(file(to))).toBe(true);
        expect(sameButForPin(file(from), file(to), 'T3_PIN')).toBe(true);
        const back = movePin(moved.moved, 'T3_PIN', from);
        expect('moved' in back && back.moved.equals(file(from))).toBe(true);
      }),
    );
  });

  it('says what reading it says', () => {
    fc.assert(
      fc.property(around, version, version, ([before, after], from, to) => {
        const file = Buffer.concat([before, Buffer.from(`\${T3_PIN:-${from}}`), after]);
        const moved = movePin(file, 'T3_PIN', to);
        if ('problem' in moved) throw new Error(moved.problem);
        const read = parsePin(moved.moved.toString('latin1'), 'T3_PIN');
        expect(read).toEqual({
          pin: to === '' ? { kind: 'nightly' } : { kind: 'version', version: to },
        });
        const readings = [{ file: 'f', copy: false, problem: undefined, ...read }].map((reading) => ({
          pin: undefined,
          ...reading,
        }));
        expect(agree(readings).agreed).toEqual(readings[0]?.pin);
      }),
    );
  });

  it('touches nothing where one byte more differs than the pin', () => {
    fc.assert(
      fc.property(around, fc.nat(), ([before, after], place) => {
        const file = Buffer.concat([before, Buffer.from('${T3_PIN:-0.0.24}'), after]);
        const other = Buffer.from(file);
        const start = before.length;
        const end = start + '${T3_PIN:-0.0.24}'.length;
        const outside = [...file.keys()].filter((at) => at < start || at >= end);
        const at = outside[place % Math.max(1, outside.length)];
        if (at === undefined) return;
        other[at] = (other[at] ?? 0) ^ 1;
        expect(sameButForPin(file, other, 'T3_PIN')).toBe(false);
      }),
    );
  });
});
