import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import * as z from 'zod';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Host } from '../../host/host.ts';
import { isStopped } from '../../host/units/units.ts';
import { environmentPath, runningVersion } from '../../t3/environment.ts';
import { parseVersionOutput } from '../../t3/version.ts';

/** What a job of the host works with. */
export interface Job {
  host: Host;
  config: Config;
  /** A line of its log. */
  say(line: string): void;
  /** What the tests want to go wrong. */
  troubles: Troubles;
}

/** What is wrong with the jobs, as `job-troubles.json` in the sandbox says; absent: nothing. */
const troublesSchema = z.strictObject({
  /** The updater stops there, and does nothing for ever. */
  hang: z.enum(['before install', 'after install', 'after the first restart']).optional(),
  /** Its own health check fails whatever the version, as the host's once did for 17 days (docs/host.md, traps). */
  sick: z.boolean().default(false),
  /** It cannot install the old version again. */
  cannotGoBack: z.boolean().default(false),
});
export type Troubles = z.output<typeof troublesSchema>;

export function readTroubles({ sandbox }: Config): Troubles {
  const file = path.join(sandbox?.root ?? '/nonexistent', 'job-troubles.json');
  return troublesSchema.parse(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
}

/** One user's server, as the host's scripts see it. */
export interface Server {
  user: string;
  unit: string;
  port: number;
}

/** Everybody in the user map who has an environment file. */
export function serversOf({ config }: Job): Server[] {
  const lines = readFileSync(config.paths.userMap, 'utf8').split('\n');
  const users = lines.flatMap((line) => /^\s*[^#=\s][^=]*=\s*(\S+)\s*$/.exec(line)?.[1] ?? []);
  return [...new Set(users)].flatMap((user): Server[] => {
    const file = expand(config.paths.environmentFile, { user });
    if (!existsSync(file)) return [];
    const port = Number(parseEnv(readFileSync(file, 'utf8'))['T3_PORT']);
    return [{ user, unit: expand(config.unit, { user }), port }];
  });
}

/** `t3 --version` of the global binary. */
export async function installedVersion({ host, config }: Job): Promise<string> {
  const result = await host.commands.run([config.paths.binary, '--version'], {
    timeout: config.limits.t3Timeout,
    family: true,
  });
  return parseVersionOutput(result.stdout) ?? 'unknown';
}

/** Which code answers there; undefined when none does. */
export async function answering({ host, config }: Job, port: number): Promise<string | undefined> {
  try {
    const answer = runningVersion(
      await host.http.fetch(`http://127.0.0.1:${port}${environmentPath}`, {
        timeout: config.limits.httpTimeout,
        maxBody: config.limits.httpBody,
      }),
    );
    return 'version' in answer ? answer.version : undefined;
  } catch {
    // Refused, or no answer in time: that is what was asked.
    return undefined;
  }
}

/** Does it run, and is there a child process in it? That is how the host's scripts know that somebody works. */
export async function standing(
  { host }: Job,
  { unit }: Server,
): Promise<'stopped' | 'idle' | 'has an agent'> {
  const state = (await host.units.show([unit])).get(unit);
  if (state === undefined || isStopped(state)) return 'stopped';
  const all = state.controlGroup === undefined ? [] : await host.processes.inControlGroup(state.controlGroup);
  return all.some((pid) => pid !== state.mainPid) ? 'has an agent' : 'idle';
}

/** `systemctl restart`, and what it runs then. */
export async function restart(job: Job, server: Server): Promise<string | undefined> {
  const { host, config } = job;
  await host.units.act('stop', server.unit, config.limits.stopTimeout);
  await host.units.act('reset-failed', server.unit, config.limits.commandTimeout);
  await host.units.act('start', server.unit, config.limits.commandTimeout);
  const deadline = host.clock.monotonic() + config.limits.startTimeout;
  while (host.clock.monotonic() < deadline) {
    const version = await answering(job, server.port);
    if (version !== undefined) return version;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}

/** Why versions are frozen; undefined while they are not. */
export async function frozen({ host, config }: Job): Promise<string | undefined> {
  if ((await host.files.look(config.paths.freeze)) === undefined) return undefined;
  return (await host.files.read(config.paths.freeze, 4096)).split('\n')[0];
}

/** Local time, as `date +%Y%m%d-%H%M%S` writes it. */
export function localStamp(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
