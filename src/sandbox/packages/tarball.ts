import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { minimalEnvironment } from '../../host/commands.ts';
import { entryCommand } from '../../host/program.ts';
import { packageName } from '../layout.ts';
import type { VersionProfile } from '../stand-in/profiles.ts';
import { badVersions } from '../stand-in/versions.ts';

const run = promisify(execFile);

/** The program of a stand-in t3: it calls this program's own. */
export function launcherText(version: string): string {
  return scriptText(entryCommand('stand-in-t3', '--stand-in-version', version));
}

/** A program that is another one, with arguments before its own. */
export function scriptText(command: readonly string[]): string {
  const quoted = command.map((part) => `'${part.replaceAll("'", `'\\''`)}'`);
  return `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`;
}

/** What npm is told of a version in its `package.json`. */
export function manifestOf({ version, faults }: VersionProfile): object {
  const wrong = badVersions.find(({ profile }) => profile.version === version)?.wrong;
  return {
    name: packageName,
    version,
    description: `a stand-in of the t3-cockpit sandbox${wrong === undefined ? '' : `: ${wrong}, on purpose`}`,
    bin: { t3: 'bin/t3' },
    // Nobody publishes that one, so npm finds no way to install this one.
    ...(faults.cannotInstall === true ? { dependencies: { 't3-part-that-nobody-publishes': '1.0.0' } } : {}),
  };
}

/**
 * The package of a version, as npm publishes them: the same bytes each time, and others for `altered`.
 *
 * @throws what tar(1) says.
 */
export async function tarballOf(profile: VersionProfile, altered: boolean): Promise<Buffer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-package-'));
  try {
    mkdirSync(path.join(folder, 'package/bin'), { recursive: true });
    writeFileSync(
      path.join(folder, 'package/package.json'),
      `${JSON.stringify(manifestOf(profile), undefined, 2)}\n`,
      { mode: 0o644 },
    );
    const program = launcherText(profile.version);
    writeFileSync(path.join(folder, 'package/bin/t3'), altered ? `${program}# altered\n` : program, {
      mode: 0o755,
    });
    const { stdout } = await run(
      'tar',
      [
        '--create',
        '--gzip',
        '--sort=name',
        '--owner=0',
        '--group=0',
        '--numeric-owner',
        '--mtime=@0',
        '--mode=go-w',
        `--directory=${folder}`,
        'package',
      ],
      // gzip(1) puts the time into its header, unless it reads from a pipe.
      { encoding: 'buffer', maxBuffer: 16 * 1024 * 1024, env: { ...minimalEnvironment } },
    );
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
