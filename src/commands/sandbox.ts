import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { destroySandbox } from '../sandbox/destroy.ts';
import { createSandbox } from '../sandbox/world.ts';
import type { CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';

export interface SandboxFlags {
  users: number;
  t3: string;
  /** Bytes. */
  large?: number;
}

/** `sandbox create DIR`: a throwaway host that outlives this process. */
export async function sandboxCreate(
  { io, options }: CommandContext,
  folder: string,
  flags: SandboxFlags,
): Promise<ExitCode> {
  const sandbox = await createSandbox(path.resolve(folder), {
    users: flags.users,
    version: flags.t3,
    ...(flags.large === undefined ? {} : { large: flags.large }),
    tell: (line) => io.err(`${line}\n`),
  });
  if (options.json) io.out(jsonDocument({ sandbox }));
  else io.out(`sandbox ready; try: t3-cockpit --config ${sandbox.config}\n`);
  return exit.done;
}

/** `sandbox destroy DIR`: ends all of its processes and removes the folder. */
export async function sandboxDestroy({ io, options }: CommandContext, folder: string): Promise<ExitCode> {
  const root = path.resolve(folder);
  await destroySandbox(root);
  if (options.json) io.out(jsonDocument({ destroyed: root }));
  else io.out(`${root}: gone\n`);
  return exit.done;
}

/** `demo`: the cockpit on a fresh sandbox that ends with it, however it ends. */
export async function demo(
  { io }: CommandContext,
  flags: SandboxFlags,
  open: (configFile: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  const root = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-demo-'));
  io.err('building a sandbox with stand-in t3 servers…\n');
  const sandbox = await createSandbox(root, {
    users: flags.users,
    version: flags.t3,
    ...(flags.large === undefined ? {} : { large: flags.large }),
    tied: true,
    tell: (line) => io.err(`  ${line}\n`),
  });
  try {
    return await open(sandbox.config);
  } finally {
    await destroySandbox(root);
  }
}
