import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/errors.ts';
import { loadConfig, type ConfigSources } from '../../../src/config/load.ts';
import { configKeys, variableName } from '../../../src/config/overrides.ts';
import { scratch } from '../../scratch.ts';

const folder = scratch();

function yaml(text: string): string {
  const file = path.join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(file, text);
  return file;
}

function problemsOf(sources: ConfigSources): string[] {
  try {
    loadConfig(sources);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.replace(`${sources.file ?? ''}:`, ''));
  }
  return [];
}

describe('the defaults', () => {
  it('are the reference host’s layout', () => {
    const { config } = loadConfig({ file: yaml('') });
    expect(config.paths.userMap).toBe('/etc/ttyd-user-map');
    expect(config.unit).toBe('t3-serve@{user}.service');
    expect(config.paths.backups).toBe('/var/backups/t3-state/{user}');
    expect(config.snapshots).toMatchObject({
      folder: 'cockpit',
      late: 26 * 3_600_000,
      keepFree: 512 * 1024 ** 2,
    });
    expect(config.pins.map(({ variable, copy }) => [variable, copy])).toEqual([
      ['T3_PIN', false],
      ['T3_PIN', false],
      ['T3_PIN', true],
    ]);
  });

  it('hold when the default file is not there', () => {
    expect(loadConfig().config.readOnly).toBe(false);
  });
});

describe('a file of another format', () => {
  it('is refused for that alone: none of its keys is understood', () => {
    const newer = yaml('later: { than: this }\nsnapshots: { parallel: many }\nversion: 2\n');
    expect(problemsOf({ file: newer })).toEqual([
      expect.stringMatching(/^3:10: version: this is of format 2, .* this one understands format 1\./),
    ]);
    for (const other of ['0', '1.5e0', "'1'", '[]', 'null'])
      expect(problemsOf({ file: yaml(`version: ${other}\nx: 1\n`) })).toEqual([
        expect.stringMatching(/^1:10: version: /),
      ]);
    expect(problemsOf({ file: yaml(''), set: ['version=2'] })).toEqual([
      expect.stringMatching(/^--set version=2: version: this is of format 2|^--set: version: this is of/),
    ]);
  });
});

describe('the order of sources', () => {
  it('is file, then variables, then flags', () => {
    const file = yaml('snapshots: { parallel: 3, late: 1h }\njournal: { operations: 50 }\n');
    const environment = { T3_COCKPIT_SNAPSHOTS_PARALLEL: '4', T3_COCKPIT_SNAPSHOTS_LATE: '2h' };
    const { config } = loadConfig({ file, environment, set: ['snapshots.parallel=5'] });
    expect(config.snapshots.parallel).toBe(5);
    expect(config.snapshots.late).toBe(7_200_000);
    expect(config.journal.operations).toBe(50);
  });

  it('takes the file from T3_COCKPIT_CONFIG unless a flag names one', () => {
    const [one, other] = [yaml('readOnly: true'), yaml('readOnly: false')];
    expect(loadConfig({ environment: { T3_COCKPIT_CONFIG: one } }).config.readOnly).toBe(true);
    expect(loadConfig({ file: other, environment: { T3_COCKPIT_CONFIG: one } }).config.readOnly).toBe(false);
  });

  it('has a variable for every key', () => {
    expect(configKeys.length).toBeGreaterThan(30);
    expect(variableName(['snapshots', 'keepFree'])).toBe('T3_COCKPIT_SNAPSHOTS_KEEP_FREE');
    expect(new Set(configKeys.map(variableName)).size).toBe(configKeys.length);
  });
});

describe('errors', () => {
  it('name line, column, key and what was expected', () => {
    const file = yaml(
      'snapshots:\n  late: 26\n  keepFree: 5 bananas\npaths:\n  userMap: etc/map\n  backups: /x/{home}\n',
    );
    expect(problemsOf({ file }).toSorted()).toEqual([
      '2:9: snapshots.late: expected a duration with its unit, like 30s, 5m or 26h',
      '3:13: snapshots.keepFree: expected a size with its unit, like 64kb, 256mb or 2gb',
      '5:12: paths.userMap: expected an absolute path',
      '6:12: paths.backups: unknown placeholder {home}; known: {user}',
    ]);
  });

  it('point at an unknown key, and at one that stands twice', () => {
    expect(problemsOf({ file: yaml('snapshots:\n  paralel: 3\n') })).toEqual([
      '2:3: snapshots.paralel: unknown key',
    ]);
    expect(problemsOf({ file: yaml('readOnly: true\nreadOnly: false\n') })).toEqual([
      '2:1: Map keys must be unique',
    ]);
  });

  it('name the variable or the flag that carries the value', () => {
    const problems = problemsOf({
      file: yaml(''),
      environment: { T3_COCKPIT_SNAPSHOTS_PARALLEL: '99' },
      set: ['readOnly=perhaps'],
    });
    expect(problems).toEqual([
      '--set: readOnly: Invalid input: expected boolean, received string',
      'T3_COCKPIT_SNAPSHOTS_PARALLEL: snapshots.parallel: Too big: expected number to be <=16',
    ]);
  });

  it('do not pass over a variable or flag that means nothing', () => {
    expect(
      problemsOf({ environment: { T3_COCKPIT_SNAPSHOT_LATE: '1h' }, set: ['late=1h', 'readOnly'] }),
    ).toHaveLength(3);
  });

  it.each([
    ['a list', '- a\n- b\n', 'expected a map of sections'],
    ['broken YAML', 'snapshots: [1,\n', 'Flow sequence'],
    ['a text', 'hello', 'expected a map of sections'],
  ])('refuse %s as a whole', (_name, text, words) => {
    expect(problemsOf({ file: yaml(text) }).join()).toContain(words);
  });

  it('say when a named file is not there', () => {
    expect(problemsOf({ file: '/nowhere/config.yaml' })[0]).toContain('no such file');
  });

  it.each(['/etc/../shadow', '/etc/a\u0007b', '/etc/{port}'])('refuse the path %j', (value) => {
    expect(problemsOf({ file: yaml(`paths: { userMap: ${JSON.stringify(value)} }`) })).toHaveLength(1);
  });
});
