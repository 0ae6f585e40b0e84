import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemTrees } from '../../../src/host/trees.ts';
import { scratch } from '../../scratch.ts';

let folder: string;
const at = (...parts: string[]) => path.join(folder, ...parts);
beforeEach(() => {
  folder = scratch();
});

describe('the digest of a folder', () => {
  const make = (name: string) => {
    mkdirSync(at(name, 'lib'), { recursive: true });
    writeFileSync(at(name, 'lib/a.js'), 'a');
    writeFileSync(at(name, 'lib/b.js'), 'b');
    symlinkSync('lib/a.js', at(name, 'run'));
    return systemTrees.digest(at(name));
  };

  it('is the same for the same program, wherever it lies', async () => {
    expect(await make('one')).toBe(await make('two'));
  });

  it.each<[string, () => void]>([
    ['a byte', () => writeFileSync(at('one/lib/a.js'), 'c')],
    ['a name', () => renameSync(at('one/lib/a.js'), at('one/lib/c.js'))],
    ['a mode', () => chmodSync(at('one/lib/a.js'), 0o755)],
    ['one file more', () => writeFileSync(at('one/lib/more'), '')],
    ['a folder in place of nothing', () => mkdirSync(at('one/empty'))],
    [
      'contents that move over to the next file',
      () => {
        writeFileSync(at('one/lib/a.js'), '');
        writeFileSync(at('one/lib/b.js'), 'ab');
      },
    ],
  ])('is another one for %s', async (_, change) => {
    const before = await make('one');
    change();
    expect(await systemTrees.digest(at('one'))).not.toBe(before);
  });

  it('leaves out what it is told to, at the top only', async () => {
    const before = await make('one');
    writeFileSync(at('one/note'), 'x');
    expect(await systemTrees.digest(at('one'), ['note'])).toBe(before);
    writeFileSync(at('one/lib/note'), 'x');
    expect(await systemTrees.digest(at('one'), ['note'])).not.toBe(before);
  });

  it('says what it could not read', async () => {
    await expect(systemTrees.digest(at('none'))).rejects.toThrow(/none: no such file/);
  });
});

describe('a folder that takes a name', () => {
  const fill = (name: string, text: string) => {
    mkdirSync(at(name));
    writeFileSync(at(name, 'file'), text);
  };
  const text = () => readFileSync(at('to/file'), 'utf8');

  it('does so, and what had it is gone', async () => {
    fill('from', 'new');
    await systemTrees.replace(at('from'), at('to'));
    expect(text()).toBe('new');
    fill('from', 'newer');
    await systemTrees.replace(at('from'), at('to'));
    expect([text(), existsSync(at('from')), existsSync(at('from.old'))]).toEqual(['newer', false, false]);
  });

  it('leaves something whole there, wherever it is cut off', async () => {
    fill('to', 'old');
    fill('from', 'new');
    await systemTrees.settle(at('from'), at('to'));
    expect([text(), existsSync(at('from'))]).toEqual(['old', false]);
    // The old one was moved away already.
    fill('from', 'new');
    renameSync(at('to'), at('from.old'));
    await systemTrees.settle(at('from'), at('to'));
    expect([text(), existsSync(at('from')), existsSync(at('from.old'))]).toEqual(['old', false, false]);
    // The new one had its name already, and the old one was not removed yet.
    fill('from.old', 'older');
    await systemTrees.settle(at('from'), at('to'));
    expect([text(), existsSync(at('from.old'))]).toEqual(['old', false]);
  });
});

it('makes folders that others may look into, whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    await systemTrees.make(at('a/b/c'));
  } finally {
    process.umask(before);
  }
  for (const each of ['a', 'a/b', 'a/b/c']) expect(statSync(at(each)).mode & 0o777).toBe(0o755);
});
