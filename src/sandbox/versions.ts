import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Layout } from './layout.ts';
import { launcherText } from './packages/tarball.ts';

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
