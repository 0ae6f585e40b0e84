import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';
import { until } from '../sandbox/sandbox.ts';
import { programCommand, sh } from './machine.ts';

/** What a test needs that moves versions. */

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
