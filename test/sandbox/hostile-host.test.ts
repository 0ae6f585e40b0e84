import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { installGlobally } from '../../src/sandbox/versions.ts';
import { TestSandbox } from './sandbox.ts';

/** Every broken or hostile file of the host against what the admin sees, and what the exit code says. */

let sandbox: TestSandbox;
let layout: Layout;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
  layout = layoutOf(sandbox.root);
});
afterAll(() => sandbox.destroy());

describe('a user map', () => {
  it('with garbage, duplicates, climbing names and a thousand lines shows the users it has, and each bad line', async () => {
    const before = readFileSync(layout.userMap, 'utf8');
    appendFileSync(
      layout.userMap,
      [
        'garbage',
        'a=b=c',
        'alice=bob',
        '../../etc=alice',
        'mallory=../../root',
        'esc=\u001b]0;owned\u0007',
        '=nobody',
        'ghost=no-such-user',
        ...Array.from({ length: 1000 }, (_, index) => `# line ${index}`),
        '\u0000\u0001\u0002',
      ].join('\n'),
    );
    try {
      const { stdout, exitCode } = await sandbox.run('status', 'alice');
      const first = before.split('\n').length;
      expect(stdout).toContain(`user map, line ${first}: expected authentik_name=os_user, found "garbage"`);
      expect(stdout).toContain(`user map, line ${first + 1}: expected authentik_name=os_user`);
      expect(stdout).toContain(`user map, line ${first + 2}: alice is mapped already, to alice`);
      expect(stdout).toContain(`line ${first + 3}: "../../etc" is not a name that can be mapped`);
      expect(stdout).toContain(`line ${first + 4}: "../../root" is not the name of an OS user`);
      expect(stdout).toContain(`line ${first + 5}: `);
      expect(stdout).toMatch(/alice +running/);
      // eslint-disable-next-line no-control-regex
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      expect(exitCode).toBe(0);
      const ghost = await sandbox.run('status', 'no-such-user');
      expect(ghost.stdout).toMatch(/no-such-user +no unit/);
      expect(ghost.stdout).toContain('no-such-user: ghost is not in the dispatch table');
    } finally {
      writeFileSync(layout.userMap, before);
    }
  });

  it.each([
    ['missing', (file: string) => rmSync(file), /user map: .*no such file/],
    [
      'a FIFO',
      (file: string) => (rmSync(file), execFileSync('mkfifo', [file])),
      /user map: .*not a regular file/,
    ],
    [
      'a folder',
      (file: string) => (rmSync(file), mkdirSync(file)),
      /user map: .*not a regular file|is a folder/,
    ],
    ['5 MB long', (file: string) => truncateSync(file, 5 * 1024 ** 2), /user map: .*is larger than/],
  ])('that is %s is said, with exit code 1, and nobody is taken for gone', async (_, spoil, words) => {
    const before = readFileSync(layout.userMap, 'utf8');
    spoil(layout.userMap);
    try {
      const { stdout, exitCode } = await sandbox.run('status');
      expect(stdout).toMatch(words);
      expect(exitCode).toBe(1);
      expect((await sandbox.run('backup')).exitCode).toBe(1);
    } finally {
      rmSync(layout.userMap, { recursive: true, force: true });
      writeFileSync(layout.userMap, before);
    }
  });
});

describe('a dispatch table', () => {
  const port = () => Number(/T3_PORT=(\d+)/.exec(readFileSync(layout.environmentFile('alice'), 'utf8'))?.[1]);
  it.each([
    ['missing', (file: string) => rmSync(file), /dispatch table: .*no such file/],
    ['not JSON', (file: string) => writeFileSync(file, '{"alice": '), /dispatch table: not JSON/],
    ['a list', (file: string) => writeFileSync(file, '[1]'), /dispatch table: not a JSON object/],
    [
      'with port 99999',
      (file: string) => writeFileSync(file, '{"alice":{"os_user":"alice","port":99999}}'),
      /dispatch table, "alice": expected \{ os_user, port \} with a port from 1 to 65535/,
    ],
    [
      'that disagrees with the environment file',
      (file: string) => writeFileSync(file, '{"alice":{"os_user":"alice","port":1234}}'),
      /alice: the dispatch leads alice to port 1234, its unit listens on \d+/,
    ],
    [
      'that leads to somebody else',
      (file: string) => writeFileSync(file, `{"alice":{"os_user":"bob","port":1234}}`),
      /alice: the dispatch leads alice to bob/,
    ],
  ])('%s', async (_, spoil, words) => {
    const before = readFileSync(layout.dispatchTable, 'utf8');
    spoil(layout.dispatchTable);
    try {
      const { stdout, exitCode } = await sandbox.run('status', 'alice');
      expect(stdout).toMatch(words);
      // The unit's own environment says where it listens: alice is seen all the same.
      expect(stdout).toMatch(/alice +running .*0\.0\.24/);
      expect(exitCode).toBe(0);
      expect(port()).toBeGreaterThan(0);
    } finally {
      writeFileSync(layout.dispatchTable, before);
    }
  });
});

describe('a t3 that', () => {
  it.each([
    ['is missing', (file: string) => rmSync(file), /installed \? .*: no such file/],
    ['hangs', (file: string) => script(file, 'sleep 1000'), /installed \? .* did not finish within/],
    ['prints garbage', (file: string) => script(file, 'printf "\\033]0;owned\\007t3 v1"'), /printed "t3 v1"/],
    ['fails', (file: string) => script(file, 'exit 3'), /ended with exit code 3/],
  ])('%s: the installed version is unknown, and nothing else is', async (_, spoil, words) => {
    spoil(layout.binary);
    try {
      const { stdout, exitCode } = await sandbox.run('--set', 'limits.t3Timeout=1s', 'status');
      expect(stdout.split('\n')[0]).toMatch(words);
      expect(stdout).toMatch(/alice +running .*0\.0\.24 +30 /);
      expect(exitCode).toBe(0);
    } finally {
      rmSync(layout.binary, { force: true });
      installGlobally(layout, '0.0.24');
    }
  });
});

/** Have another program answer in the place of a file. */
function script(file: string, text: string): void {
  rmSync(file);
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

describe('a config', () => {
  it('with unknown keys, wrong types and bare numbers names each by line and key, and ends with 2', async () => {
    const file = path.join(sandbox.root, 'spoiled.yaml');
    writeFileSync(
      file,
      [
        readFileSync(sandbox.config, 'utf8')
          .replace(/^probes:.*\n/m, '')
          .replace(/^pins:\n(?: .*\n)+/m, '')
          .trimEnd(),
        'limit: 5',
        'probes: { every: 6 }',
        'screen: [1]',
        'pins: "\u001b[31m"',
      ].join('\n'),
    );
    for (const command of [['status'], ['backup'], ['config', 'check']]) {
      const { stderr, stdout, exitCode } = await sandbox.run('--config', file, ...command);
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/spoiled\.yaml:\d+:\d+.*limit/);
      expect(stderr).toMatch(/spoiled\.yaml:\d+:\d+.*probes\.every.*expected a duration/i);
      expect(stderr).toMatch(/screen/);
      // eslint-disable-next-line no-control-regex
      expect(stderr).not.toMatch(/\u001b/);
    }
  });
});
