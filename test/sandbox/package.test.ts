import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { scratch } from '../scratch.ts';

const checkout = path.resolve(import.meta.dirname, '../..');

/** What an admin installs is not this checkout: only what is packed, and the one package that it depends on. */
describe('the package', () => {
  it('contains what runs, and runs elsewhere', async () => {
    const folder = scratch();
    // Without its scripts: they would build anew, and take dist away from under the other tests.
    const packed = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: checkout,
    });
    const [archive] = JSON.parse(packed.stdout) as { filename: string; files: { path: string }[] }[];
    const files = archive?.files.map((file) => file.path) ?? [];
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'package.json',
        'bin/t3-cockpit.js',
        'dist/command.js',
        'dist/cockpit.js',
        'dist/runner.js',
        'dist/reader.js',
        'dist/snapshotter.js',
      ]),
    );
    expect(
      files.filter(
        (file) =>
          !/^(bin\/[\w-]+\.js|dist\/[\w-]+\.js|docs\/t3-cockpit\.1|LICENSE|README\.md|package\.json)$/.test(
            file,
          ),
      ),
    ).toEqual([]);

    await execa('tar', ['-xzf', path.join(folder, archive?.filename ?? ''), '-C', folder]);
    const installed = path.join(folder, 'package');
    mkdirSync(path.join(installed, 'node_modules'));
    symlinkSync(
      path.join(checkout, 'node_modules/better-sqlite3'),
      path.join(installed, 'node_modules/better-sqlite3'),
    );
    const run = (...args: string[]) =>
      execa(process.execPath, [path.join(installed, 'bin/t3-cockpit.js'), ...args], {
        cwd: '/',
        reject: false,
        stdin: 'ignore',
      });
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    const sandbox = path.join(folder, 'sandbox');
    expect((await run('sandbox', 'create', sandbox, '--users', '1')).exitCode).toBe(0);
    const backup = await run('--config', path.join(sandbox, 'config.yaml'), 'backup');
    expect([backup.exitCode, backup.stderr]).toEqual([0, '']);
    expect((await run('sandbox', 'destroy', sandbox)).exitCode).toBe(0);
  });

  it('refuses a Node that is too old before it loads anything, and says what to do', async () => {
    // The door reads process.versions: give it those of another Node.
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const result = await execa(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(older)}`,
        path.join(checkout, 'bin/t3-cockpit.js'),
      ],
      { reject: false },
    );
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('t3-cockpit needs Node 22.22 or newer; this is 20.20.2');
  });
});

describe('the runtime', () => {
  it('is the pinned one', () => {
    expect(process.versions.node).toMatch(/^24\./);
  });
});
