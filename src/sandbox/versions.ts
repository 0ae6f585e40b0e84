import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageName, type Layout } from './layout.ts';
import { launcherText, manifestOf } from './packages/tarball.ts';
import { profileOf } from './stand-in/versions.ts';

/** The stand-in t3 of a version in a prefix of its own. @returns its binary */
export function installPrefix(layout: Layout, version: string): string {
  const binary = path.join(layout.versions, version, 'bin/t3');
  mkdirSync(path.dirname(binary), { recursive: true });
  writeFileSync(binary, launcherText(version), { mode: 0o755 });
  return binary;
}

/** Make a version the global one: a link into its prefix, replaced at once, as npm leaves it. */
export function installGlobally(layout: Layout, version: string): void {
  const binary = installPrefix(layout, version);
  const fresh = `${layout.binary}.new`;
  symlinkSync(path.relative(path.dirname(layout.binary), binary), fresh);
  renameSync(fresh, layout.binary);
}

/** Make a version the global one as `npm install --global` does: a package of npm's own, and a link to its program. */
export function installAsNpm(layout: Layout, version: string): void {
  const prefix = path.dirname(path.dirname(layout.binary));
  const folder = path.join(prefix, 'lib/node_modules', packageName);
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifestOf(profileOf(version)))}\n`);
  writeFileSync(path.join(folder, 'bin/t3'), launcherText(version), { mode: 0o755 });
  symlinkSync(path.relative(path.dirname(layout.binary), path.join(folder, 'bin/t3')), layout.binary);
}
