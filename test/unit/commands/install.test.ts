import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { complete, type Names } from '../../../src/commands/complete.ts';
import { completionScripts } from '../../../src/commands/completion.ts';
import { commandTree, main } from '../../../src/commands/main.ts';
import type { Io } from '../../../src/commands/io.ts';
import { manualPage } from '../../../scripts/man.ts';
import { scratch } from '../../scratch.ts';

/** What an installed program gives to shells, to man(1), and to whoever lays it onto a host. */

const folder = scratch();
const config = path.join(folder, 'config.yaml');
const ioOf = (said: { out: string; err: string }): Io => ({
  out: (text) => void (said.out += text),
  err: (text) => void (said.err += text),
  drained: () => Promise.resolve(),
  environment: { SUDO_USER: 'wizard' },
  screen: true,
  columns: 80,
  ask: undefined,
  onInterrupt: () => () => undefined,
  asRoot: undefined,
});
const faces = { version: '1', cockpit: () => Promise.resolve(0 as const) };
async function run(...argv: string[]) {
  const said = { out: '', err: '' };
  return { code: await main(['--config', config, ...argv], ioOf(said), faces), ...said };
}

beforeAll(() => {
  writeFileSync(path.join(folder, 'map'), 'a=alice\nb=bob\n');
  writeFileSync(config, `version: 1\npaths: { userMap: ${folder}/map, state: ${folder}/state }\n`);
});

describe('completion', () => {
  const names: Names = {
    users: () => Promise.resolve(['alice', 'bob']),
    snapshots: (user) => Promise.resolve([`manual-${user ?? 'any'}.sqlite`]),
    operations: () => Promise.resolve([{ word: '7', about: 'restore failed' }]),
  };
  const program = commandTree([], ioOf({ out: '', err: '' }), faces, () => undefined);
  const words = async (...typed: string[]) =>
    (await complete(program, typed, names))?.map(({ word }) => word);

  it('offers commands, options and what they take, from the tree as it is', async () => {
    expect(await words('')).toEqual(expect.arrayContaining(['status', 'backup', 'restore', 'doctor']));
    expect(await words('')).not.toContain('complete');
    expect(await words('sna')).toEqual(['snapshots']);
    expect(await words('snapshots', 'pr')).toEqual(['protect', 'prune']);
    expect(await words('backup', '--k')).toEqual(['--kind']);
    expect(await words('--json', 'backup', '--dry')).toEqual(['--dry-run']);
    expect(await words('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await words('--set', 'snapshots.la')).toEqual(['snapshots.late=']);
  });

  it('offers the names of this host', async () => {
    expect(await words('restore', '')).toEqual(['alice', 'bob']);
    expect(await words('backup', 'alice', '')).toEqual(['bob']);
    expect(await words('restore', 'alice', '--snapshot', '')).toEqual([
      'latest',
      'prebump',
      'manual-alice.sqlite',
    ]);
    expect(await words('operations', 'resume', '')).toEqual(['7']);
    expect(await words('restore', 'alice', '')).toEqual([]);
  });

  it('leaves files to the shell', async () => {
    expect(await words('--config', '')).toBeUndefined();
    expect(await words('sandbox', 'create', '')).toBeUndefined();
    expect(await words('--config', '=', '/et')).toBeUndefined();
    expect(await words('restore', 'alice', '--snapshot', '=')).toContain('latest');
    expect((await run('complete', '--', '--config', '')).out).toBe('\t\n');
    expect((await run('complete', '--', 'restore', 'alice', '')).out).toBe('');
  });

  it('answers a shell with a candidate a line, and nothing where nothing is known', async () => {
    expect((await run('complete', '--', 'logs', 'al')).out).toBe('alice\t\n');
    expect((await run('complete', '--', 'operations', 'resume', '')).out).toBe('');
  });

  it('goes by the configuration that is named there, and does without one that is wrong', async () => {
    writeFileSync(path.join(folder, 'other'), 'z=zoe\n');
    writeFileSync(path.join(folder, 'other.yaml'), `paths: { userMap: ${folder}/other }\n`);
    writeFileSync(path.join(folder, 'wrong.yaml'), 'paths: 7\n');
    const typed = (file: string, ...rest: string[]) =>
      run('complete', '--', '--config', path.join(folder, file), ...rest);
    expect((await typed('other.yaml', 'logs', '')).out).toBe('zoe\t\n');
    const other = path.join(folder, 'other.yaml');
    for (const naming of [[`--config=${other}`], ['--config', '=', other]])
      expect((await run('complete', '--', ...naming, 'logs', '')).out).toBe('zoe\t\n');
    expect(await typed('wrong.yaml', 'logs', '')).toMatchObject({ code: 0, out: '' });
    expect((await typed('wrong.yaml', 'log')).out).toMatch(/^logs\t/);
  });

  it('is a script that bash takes, and offers in it what is offered here', async () => {
    const script = path.join(folder, 'completion.bash');
    writeFileSync(script, (await run('completion', 'bash')).out);
    const found = execFileSync(
      'bash',
      [
        '-c',
        `t3-cockpit() { printf '%s\\t\\n' "\${@:3}" alice bob; }; source "$1"
        COMP_WORDS=(t3-cockpit restore al) COMP_CWORD=2; _t3_cockpit; printf '%s ' "\${COMPREPLY[@]}"`,
        'bash',
        script,
      ],
      { encoding: 'utf8' },
    );
    expect(found).toBe('restore al alice bob ');
    for (const shell of ['zsh', 'fish'] as const)
      expect(completionScripts[shell]).toContain('t3-cockpit complete -- ');
  });
});

describe('setup', () => {
  it('prints what it suggests, and edits nothing', async () => {
    const { code, out } = await run('setup', '--print');
    expect(code).toBe(0);
    for (const file of ['/etc/sudoers.d/t3-cockpit', '/etc/tmpfiles.d/', 'journald.conf.d'])
      expect(out).toContain(file);
    expect((await run('setup')).code).toBe(2);
    const sudoers = (await run('setup', '--print', 'sudoers')).out;
    expect(sudoers).toMatch(/^wizard ALL=\(root\) NOPASSWD: \/\S+ \/\S+\/bin\/t3-cockpit\.js \*$/m);
    expect((await run('setup', '--print', 'tmpfiles')).out).toContain(`d ${folder}/state 0700 root root -`);
  });
});

describe('the manual page', () => {
  it('is made from the tree of commands', () => {
    expect(readFileSync('docs/t3-cockpit.1', 'utf8')).toBe(manualPage());
    expect(manualPage()).toContain('.SS restore <user>');
  });
});

describe('the format of the configuration', () => {
  it('that is not known is refused with words', async () => {
    writeFileSync(path.join(folder, 'newer.yaml'), 'version: 2\n');
    const said = { out: '', err: '' };
    const code = await main(
      ['--config', path.join(folder, 'newer.yaml'), 'config', 'check'],
      ioOf(said),
      faces,
    );
    expect(code).toBe(2);
    expect(said.err).toContain('newer.yaml:1:10: version: this is of format 2, for a newer t3-cockpit');
    expect(said.err).toContain('write the file for format 1 (docs/configuration.md)');
  });
});
