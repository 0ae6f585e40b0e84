import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';
import { until } from '../sandbox/sandbox.ts';
import { programCommand, sh, unitOf } from './machine.ts';

/** What a test needs that moves versions on the machine that all files share, and how it leaves it as it was. */

/** Start a package source. @returns its setting, and what stops it */
export async function startPackageSource(): Promise<{ setting: string; stop: () => Promise<unknown> }> {
  const port = await freePort();
  const folder = mkdtempSync('/var/tmp/t3-packages-');
  const [file = '', ...args] = programCommand('stand-in-package-source', folder, String(port));
  const server = execa(file, args, { reject: false, stdin: 'ignore' });
  await until('the package source', async () =>
    (await fetch(`http://127.0.0.1:${port}/t3`).catch(() => undefined))?.status === 200 ? true : undefined,
  );
  return {
    setting: `packageSource=http://127.0.0.1:${port}/`,
    stop: () => {
      server.kill('SIGTERM');
      return server;
    },
  };
}

/** A pin file in a checkout of its administrator's, as an editor of another system leaves it. */
export async function writePin(file: string, administrator: string): Promise<void> {
  await sh('runuser', '-u', administrator, '--', 'mkdir', '-p', path.dirname(file));
  writeFileSync(file, '#!/bin/sh\r\nT3_PIN="${T3_PIN:-0.0.24}"');
  await sh('chown', `${administrator}:${administrator}`, file);
}

const kept = '/var/tmp/as-it-was';

/** Remember the global t3 and everything of these users. @returns puts all of it back */
export async function rememberVersions(names: readonly string[]): Promise<() => Promise<void>> {
  const units = names.map(unitOf);
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { mode: 0o700 });
  await sh('systemctl', 'stop', ...units);
  await sh('systemctl', 'reset-failed');
  for (const name of names) await sh('cp', '--archive', `/home/${name}/.t3`, `${kept}/${name}`);
  copyFileSync('/usr/bin/t3', `${kept}/t3`);
  await sh('systemctl', 'start', ...units);
  return async () => {
    await sh('systemctl', 'stop', ...units);
    copyFileSync(`${kept}/t3`, '/usr/bin/t3.before');
    await sh('chmod', '0755', '/usr/bin/t3.before');
    renameSync('/usr/bin/t3.before', '/usr/bin/t3');
    for (const name of names) {
      rmSync(`/home/${name}/.t3`, { recursive: true, force: true });
      await sh('cp', '--archive', `${kept}/${name}`, `/home/${name}/.t3`);
    }
    for (const left of [
      '/etc/t3-autoupdate.freeze',
      '/var/lib/t3-autoupdate',
      '/usr/local/lib/t3-versions/chosen',
    ])
      rmSync(left, { recursive: true, force: true });
    await sh('systemctl', 'reset-failed');
    await sh('systemctl', 'start', ...units);
  };
}
