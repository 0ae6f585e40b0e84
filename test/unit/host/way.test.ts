import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemFiles } from '../../../src/host/files.ts';
import { tryVacuumInto } from '../../../src/host/sqlite-trial.ts';
import { scratch } from '../../scratch.ts';

let root: string;
beforeAll(() => {
  root = realpathSync(scratch());
  mkdirSync(`${root}/lib/t3/bin`, { recursive: true });
  mkdirSync(`${root}/bin`);
  writeFileSync(`${root}/lib/t3/bin/t3.mjs`, '');
  symlinkSync('../lib/t3/bin/t3.mjs', `${root}/bin/t3`);
  symlinkSync(`${root}/lib`, `${root}/absolute`);
  symlinkSync('loop', `${root}/loop`);
  symlinkSync('nowhere', `${root}/dangling`);
});

const below = async (file: string) =>
  (await systemFiles.way(file))
    .map((step) => `${step.facts.kind} ${path.relative(root, step.path)}`)
    .filter((step) => !/^directory (\.\.|$)/.test(step));

describe('the way to a file', () => {
  it('begins at the root', async () => {
    expect((await systemFiles.way(`${root}/bin/t3`))[0]).toMatchObject({
      path: '/',
      facts: { kind: 'directory' },
    });
  });

  it('goes through every folder and link', async () => {
    expect(await below(`${root}/bin/t3`)).toEqual([
      'directory bin',
      'link bin/t3',
      'directory lib',
      'directory lib/t3',
      'directory lib/t3/bin',
      'file lib/t3/bin/t3.mjs',
    ]);
  });

  it('follows absolute links, in the middle as well', async () => {
    expect((await below(`${root}/absolute/t3/bin/t3.mjs`)).slice(0, 2)).toEqual([
      'link absolute',
      'directory lib',
    ]);
  });

  it('ends where it leads in circles, or to nothing', async () => {
    await expect(systemFiles.way(`${root}/loop`)).rejects.toThrow('too many links');
    await expect(systemFiles.way(`${root}/dangling`)).rejects.toThrow(`${root}/nowhere: no such file`);
  });
});

describe('trying VACUUM INTO', () => {
  it('leaves nothing behind, and says where it cannot', () => {
    tryVacuumInto(`${root}/bin`);
    return expect(below(`${root}/bin`))
      .resolves.toEqual(['directory bin'])
      .then(() => {
        expect(() => tryVacuumInto(`${root}/nowhere`)).toThrow('no such file');
      });
  });
});
