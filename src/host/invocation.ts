import { readFileSync } from 'node:fs';
import * as z from 'zod';

/**
 * What this program tells itself when it is started again as root. sudo drops most of the environment, run0 all of it and
 * the ancestors, too; and what sudo lets through is for its own configuration to say. So it is an argument, the same for
 * each of them. Whoever can write one can start this program as root already, and what they say can only add: settings
 * that `--set` would make as well, and processes for which the hosting guard says no.
 */

/** Its first argument, when it was started again as root. */
const flag = '--invoked-by';

/** Where it is kept for its own children, and the mark by which it does not start itself yet again. */
export const invocationVariable = 'T3_COCKPIT_INVOKED_BY';

/** What means something to this program: settings, colours, language, and the multiplexer that it is used in. */
const passedOn =
  /^(T3_COCKPIT_\w+|NO_COLOR|FORCE_COLOR|COLORTERM|COLORFGBG|TERM|INK_SCREEN_READER|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMUX|TMUX_PANE|STY|ZELLIJ|ABDUCO_SESSION|SSH_CONNECTION)$/;

const identity = { pid: z.int().positive(), startTime: z.int().nonnegative() };
const caller = z.object({
  /** The process that asked to be root. */
  ...identity,
  /** The processes on which its session hung (session.ts). */
  members: z
    .array(
      z.object({
        ...identity,
        controlGroup: z
          .string()
          .max(4096)
          .nullable()
          .transform((group) => group ?? undefined),
        role: z.string().max(200),
      }),
    )
    .max(500),
  /** Why that could not be told; null when it could. */
  problem: z.string().max(500).nullable(),
});
const handedOver = z.object({ caller, environment: z.record(z.string(), z.string()) });

export type Caller = z.output<typeof caller>;
type Variables = Readonly<Record<string, string | undefined>>;

/** The arguments that tell a program of ours, started as root, who called. */
export function handOver(from: Caller, environment: Variables): [string, string] {
  const kept = Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && passedOn.test(entry[0]),
    ),
  );
  const members = from.members.map((member) => ({ ...member, controlGroup: member.controlGroup ?? null }));
  return [flag, JSON.stringify({ caller: { ...from, members }, environment: kept })];
}

/**
 * Take over what was handed over: the environment is laid over the one that is there.
 *
 * @returns the rest of the arguments, and whether there was anything.
 * @throws when it makes no sense.
 */
export function takeOver(
  argv: readonly string[],
  environment: Record<string, string | undefined>,
): { argv: readonly string[]; invoked: boolean } {
  const [first, document = '', ...rest] = argv;
  if (first !== flag) return { argv, invoked: false };
  const { caller: from, environment: kept } = handedOver.parse(JSON.parse(document));
  for (const [name, value] of Object.entries(kept)) if (passedOn.test(name)) environment[name] = value;
  environment[invocationVariable] = JSON.stringify({
    ...from,
    members: from.members.map((member) => ({ ...member, controlGroup: member.controlGroup ?? null })),
  });
  return { argv: rest, invoked: true };
}

/** Who called this program before it became root; undefined where it was not started again. @throws when that makes no sense */
export function callerOf(environment: Variables): Caller | undefined {
  const document = environment[invocationVariable];
  return document === undefined ? undefined : caller.parse(JSON.parse(document));
}

/** The name of whoever became root to call this, as sudo(8), run0(1) or doas(1) say it; undefined where nobody did. */
export function callerName(environment: Variables): string | undefined {
  return [environment['SUDO_USER'], environment['DOAS_USER']].find(
    (name) => name !== undefined && name !== '',
  );
}

/** Who logged in, whatever they became since (pam_loginuid(8)); undefined for what no login has started. */
export function loginUid(): number | undefined {
  try {
    const uid = Number(readFileSync('/proc/self/loginuid', 'utf8'));
    return Number.isInteger(uid) && uid >= 0 && uid < 0xffff_ffff ? uid : undefined;
  } catch {
    // A kernel without audit.
    return undefined;
  }
}
