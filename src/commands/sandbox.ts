import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { doorCommand } from '../host/program.ts';
import { destroySandbox } from '../sandbox/destroy.ts';
import { attachTerminal, hostTerminal } from '../sandbox/terminal.ts';
import { createSandbox, type SandboxOptions } from '../sandbox/world.ts';
import type { CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';
import { requireScreen } from './screen.ts';

export interface SandboxFlags {
  users: number;
  t3: string;
  /** Bytes. */
  large?: number;
  /** The host's own jobs: `true` where only the flag was given. */
  jobs?: 'on' | 'off' | true;
}

function optionsOf({ users, t3: version, large, jobs }: SandboxFlags): SandboxOptions {
  return {
    users,
    version,
    ...(large === undefined ? {} : { large }),
    ...(jobs === undefined ? {} : { jobs: jobs === true ? 'on' : jobs }),
  };
}

/** `sandbox create DIR`: a throwaway host that outlives this process. */
export async function sandboxCreate(
  { io, options }: CommandContext,
  folder: string,
  flags: SandboxFlags,
): Promise<ExitCode> {
  const sandbox = await createSandbox(path.resolve(folder), {
    ...optionsOf(flags),
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

/**
 * `sandbox terminal DIR USER`: a tmux that runs inside a user's server, as a terminal in t3's web page does, and this
 * terminal attached to it; without one, the command that attaches.
 */
export async function sandboxTerminal(
  { io, options }: CommandContext,
  folder: string,
  user: string,
): Promise<ExitCode> {
  const { socket, attach } = await hostTerminal(path.resolve(folder), user);
  if (options.json) io.out(jsonDocument({ socket, attach }));
  else if (io.columns === undefined) io.out(`${attach.join(' ')}\n`);
  else {
    io.err(`in there, the cockpit is: ${doorCommand().join(' ')}\n`);
    if ((await attachTerminal(attach, io.environment)) !== 0) return exit.failed;
  }
  return exit.done;
}

/** `demo`: the cockpit on a fresh sandbox that ends with it, however it ends. */
export async function demo(
  context: CommandContext,
  flags: SandboxFlags,
  open: (configFile: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { io } = context;
  requireScreen(context, 't3-cockpit sandbox create DIR');
  const root = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-demo-'));
  io.err('building a sandbox with stand-in t3 servers…\n');
  const sandbox = await createSandbox(root, {
    ...optionsOf(flags),
    tied: true,
    tell: (line) => io.err(`  ${line}\n`),
  });
  try {
    return await open(sandbox.config);
  } finally {
    await destroySandbox(root);
  }
}
