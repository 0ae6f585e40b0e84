import { describe, expect, it } from 'vitest';
import { parseUserMap } from '../../../src/fleet/user-map.ts';
import { parseDispatchTable, parseEnvironmentPort } from '../../../src/fleet/ports.ts';
import { agree, parsePin } from '../../../src/fleet/pins.ts';

describe('the user map', () => {
  it('maps authentik names to users, several to one, in order', () => {
    const { users, problems } = parseUserMap('# who\n\nvera = vera\n emil.b=emo\nv.bar@example.org=vera\r\n');
    expect(problems).toEqual([]);
    expect(users).toEqual([
      { user: 'vera', authentik: ['vera', 'v.bar@example.org'] },
      { user: 'emo', authentik: ['emil.b'] },
    ]);
  });

  it.each([
    ['no equals sign', 'hello'],
    ['two of them', 'a=b=c'],
    ['an empty side', '=b'],
    ['a path', 'a=../root'],
    ['an option', 'a=-rf'],
    ['a control character', 'a=b\u0007'],
    ['an escape sequence', '\u001b[31ma=b'],
    ['a space inside', 'a=b c'],
    ['a name that is too long', `a=${'b'.repeat(40)}`],
  ])('takes a line with %s for no entry, and the next one for one', (_name, line) => {
    const { users, problems } = parseUserMap(`${line}\nok=ok`);
    expect(users).toEqual([{ user: 'ok', authentik: ['ok'] }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.line).toBe(1);
    // oxlint-disable-next-line no-control-regex
    expect(problems[0]?.message).not.toMatch(/[\u0000-\u001f]/);
  });

  it('keeps the first of two mappings of one name', () => {
    const { users, problems } = parseUserMap('a=one\na=two\n');
    expect(users).toEqual([{ user: 'one', authentik: ['a'] }]);
    expect(problems).toEqual([{ line: 2, message: 'a is mapped already, to one' }]);
  });

  it('reads a thousand lines', () => {
    const text = Array.from({ length: 1000 }, (_, index) => `name${index}=user${index}`).join('\n');
    expect(parseUserMap(text).users).toHaveLength(1000);
  });
});

describe('an environment file', () => {
  it.each([
    ['T3_PORT=4100', 4100],
    ['T3_PORT="4100"\n', 4100],
    ["SECRET=x\nT3_PORT='4100'\n", 4100],
    ['T3_PORT=1\nT3_PORT=4100\n', 4100],
    ['T3_PORT=4100  \n', 4100],
  ])('%j listens on %i', (text, port) => {
    expect(parseEnvironmentPort(text)).toEqual({ port });
  });

  it.each([
    '',
    'T3_PORT=',
    'T3_PORT=0',
    'T3_PORT=99999',
    'T3_PORT=banana',
    'XT3_PORT=4100',
    '#T3_PORT=4100',
    'T3_PORT=4100;id',
  ])('%j names no port', (text) => {
    expect(parseEnvironmentPort(text)).toHaveProperty('problem');
  });

  it('is never quoted in a message beyond the port itself', () => {
    expect(JSON.stringify(parseEnvironmentPort('API_KEY=hunter2\nT3_PORT=x\n'))).not.toContain('hunter2');
  });
});

describe('the dispatch table', () => {
  it('maps names to users and ports, and passes over what is none', () => {
    const table = parseDispatchTable(
      '{"vera":{"os_user":"vera","port":4100},"bad":{"os_user":"x","port":99999},"worse":3}',
    );
    expect([...table.entries]).toEqual([['vera', { user: 'vera', port: 4100 }]]);
    expect(table.problems).toHaveLength(2);
  });

  it.each(['', 'nonsense', '[]', 'null', '3'])('%j is none', (text) => {
    expect(() => parseDispatchTable(text)).toThrow(/not (a )?JSON/);
  });
});

describe('a pin', () => {
  it.each([
    ['T3_PIN="${T3_PIN:-0.0.24}"', { pin: { kind: 'version', version: '0.0.24' } }],
    [
      'T3_PIN="${T3_PIN:-0.0.33-nightly.20260808.1031}"\r\n',
      { pin: { kind: 'version', version: '0.0.33-nightly.20260808.1031' } },
    ],
    ['T3_PIN="${T3_PIN:-}"', { pin: { kind: 'nightly' } }],
  ])('is read from %j', (text, expected) => {
    expect(parsePin(text, 'T3_PIN')).toEqual(expected);
  });

  it.each([
    ['none', 'echo hello'],
    ['two', '${T3_PIN:-0.0.24} ${T3_PIN:-0.0.25}'],
    ['no version', '${T3_PIN:-banana}'],
    ['a version with a v', '${T3_PIN:-v0.0.24}'],
  ])('is not guessed from a file with %s', (_name, text) => {
    expect(parsePin(text, 'T3_PIN')).toHaveProperty('problem');
  });

  it('is agreed only when all files say the same', () => {
    const reading = (version: string | undefined) => ({
      file: 'f',
      copy: false,
      pin: version === undefined ? undefined : ({ kind: 'version', version } as const),
      problem: version === undefined ? 'broken' : undefined,
    });
    expect(agree([reading('0.0.24'), reading('0.0.24')]).agreed).toEqual({
      kind: 'version',
      version: '0.0.24',
    });
    expect(agree([reading('0.0.24'), reading('0.0.25')]).agreed).toBeUndefined();
    expect(agree([reading('0.0.24'), reading(undefined)]).agreed).toBeUndefined();
  });
});
