import * as z from 'zod';
import { failureText } from '../host/commands.ts';
import type { Host } from '../host/host.ts';
import { entryCommand } from '../host/program.ts';
import { automatic } from '../journal/records.ts';
import { planSchema, type Plan } from '../operations/plan.ts';
import { workCounts } from '../t3/state-schema.ts';
import { excerpt } from '../text/printable.ts';
import { argumentsOf, askingText, isNoted, type Asking } from './asking.ts';
import type { Asked, Effects } from './effects.ts';
import { saveReport } from './saved-reports.ts';

/** How long asking for an operation may take, milliseconds; the operation itself runs elsewhere. */
const patience = 60_000;

/** How long it may take to agree to something later: a version is judged before. Milliseconds. */
const judgingPatience = 2 * 3_600_000;

/** No operation: there was nothing to do. */
const submitted = z.object({ operation: z.object({ id: z.int().positive() }).nullable() });

/** `consent: null` in a document is none. */
const planned = z.object({
  plan: z.preprocess((document: unknown) => {
    if (typeof document !== 'object' || document === null) return document;
    const { consent, ...rest } = document as Record<string, unknown>;
    return consent === null ? rest : document;
  }, planSchema),
});

const scheduled = z.object({
  schedule: z.object({ id: z.int().positive(), installed: z.boolean().optional() }),
});

const nothingToDo = z.object({ operation: z.null() });

const diagnosed = z.object({
  findings: z.array(
    z.object({
      group: z.string(),
      subject: z.string(),
      verdict: z.enum(['ok', 'attention', 'wrong', 'unknown']),
      found: z.string(),
      remedy: z.string(),
      command: z.string().nullable(),
    }),
  ),
});

const compared = z.object({
  live: z
    .object({
      ...workCounts,
      lastActivity: z
        .string()
        .nullable()
        .transform((time) => (time === null ? null : Date.parse(time))),
    })
    .nullable(),
  problem: z.string().nullable(),
});

const offered = z.object({
  versions: z.array(z.object({ version: z.string(), tags: z.array(z.string()) })),
});

export interface CommandEffectsOptions {
  host: Host;
  /** The flags that this cockpit was started with, for its commands to see the same host. */
  flags: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  redraw: () => void;
  suspend: () => void;
  /** Where reports are written to, and how many are kept. */
  reports: { folder: string; keep: number };
  /** Nothing starts by itself what is scheduled. */
  sandbox: boolean;
}

/**
 * The cockpit changes the host by the same commands that an admin types, in a process of their own: planning and the
 * journal's fsyncs would freeze the screen while a gigabyte is being written.
 */
export function commandEffects({
  host,
  flags,
  environment,
  redraw,
  suspend,
  reports,
  sandbox,
}: CommandEffectsOptions): Effects {
  const run = (...args: string[]) => runFrom('cockpit', ...args);
  const runFrom = (surface: string, ...args: string[]) => runFor(patience, surface, ...args);
  const runFor = (timeout: number, surface: string, ...args: string[]) =>
    host.commands.run(entryCommand('command', ...flags, '--surface', surface, ...args), {
      timeout,
      environment: passedOn(environment),
    });
  const ask = (...args: string[]) => askFrom('cockpit', ...args);
  const askFrom = async (surface: string, ...args: string[]): Promise<Asked> => {
    const result = await runFrom(surface, '--json', ...args, '--detach');
    const failure = failureText(result);
    if (failure !== undefined) return { problem: problemText(result.stderr, failure) };
    const answer = submitted.safeParse(parseJson(result.stdout));
    if (!answer.success) return { problem: `${args.join(' ')} gave no operation` };
    const { operation } = answer.data;
    return operation === null ? { problem: 'there is nothing left to do' } : { operation: operation.id };
  };
  /** What is written down, and is no operation of its own. */
  const note = async (asking: Asking): Promise<Asked> => {
    const install = asking.kind === 'schedule' && !sandbox ? ['--install'] : [];
    const args = ['--json', '--yes', ...argumentsOf(asking), ...install];
    const result = await runFor(judgingPatience, 'cockpit', ...args);
    const failure = failureText(result);
    if (failure !== undefined) return { problem: problemText(result.stderr, failure) };
    if (asking.kind === 'protect') return { said: 'protected: retention never removes it' };
    if (asking.kind === 'unprotect') return { said: 'not protected any more: left to retention' };
    const answer = scheduled.safeParse(parseJson(result.stdout));
    if (!answer.success) return { problem: `${askingText(asking)} gave no answer` };
    const { id, installed } = answer.data.schedule;
    if (asking.kind === 'cancel') return { said: `schedule ${id} is cancelled` };
    const itself = installed === true ? '' : '; nothing starts it by itself here';
    return { said: `schedule ${id} waits${itself} (t lists it)` };
  };
  return {
    backup: (users) => ask('backup', ...users),
    probe: (users, unasked = false) => askFrom(unasked ? automatic : 'cockpit', 'probe', ...users),
    verify: () => ask('verify'),
    readSnapshots: (user) => ask('snapshots', 'verify', user),
    async preview(asking) {
      const result = await runFrom('cockpit', '--json', '--dry-run', ...argumentsOf(asking));
      const failure = failureText(result);
      if (failure !== undefined) return { refused: problemText(result.stderr, failure) };
      if (asking.kind === 'cancel') return { plan: cancelPlan(asking.about) };
      const answer = planned.safeParse(parseJson(result.stdout));
      if (answer.success && asking.kind === 'prune' && answer.data.plan.lanes.length === 0)
        return { refused: 'there is nothing to remove: something speaks for every snapshot' };
      if (answer.success) return answer.data;
      const nothing = nothingToDo.safeParse(parseJson(result.stdout)).success;
      return { refused: nothing ? 'there is nothing to do' : 'the plan makes no sense to this cockpit' };
    },
    carryOut: (asking, interruptTurn) =>
      isNoted(asking)
        ? note(asking)
        : ask('--yes', ...argumentsOf(asking), ...(interruptTurn ? ['--interrupt-turn'] : [])),
    async compare(user) {
      const result = await run('--json', 'snapshots', 'compare', user);
      const answer = compared.safeParse(parseJson(result.stdout));
      const failure = failureText(result);
      if (failure !== undefined || !answer.success)
        return { user, live: undefined, problem: problemText(result.stderr, failure ?? 'no answer') };
      const { live, problem } = answer.data;
      return { user, live: live ?? undefined, problem: problem ?? undefined };
    },
    async versions() {
      const result = await run('--json', 'versions');
      const answer = offered.safeParse(parseJson(result.stdout));
      const failure = failureText(result);
      if (failure !== undefined || !answer.success)
        return { problem: problemText(result.stderr, failure ?? 'no answer') };
      const { versions } = answer.data;
      return {
        versions: versions.map(({ version }) => version),
        tags: Object.fromEntries(versions.flatMap(({ version, tags }) => tags.map((tag) => [tag, version]))),
      };
    },
    async doctor() {
      const result = await runFor(judgingPatience, 'cockpit', '--json', 'doctor');
      // It fails when it finds something; what it found counts.
      const answer = diagnosed.safeParse(parseJson(result.stdout));
      return answer.success
        ? answer.data
        : { problem: problemText(result.stderr, failureText(result) ?? 'doctor gave no answer') };
    },
    recover: () => ask('operations', '--recover'),
    async stop(operation) {
      const result = await run('operations', String(operation), '--stop');
      return problemText(result.stderr, failureText(result) ?? 'asked');
    },
    async saveReport(operation) {
      const result = await run('operations', String(operation), '--report');
      const failure = failureText(result);
      if (failure !== undefined) return { problem: problemText(result.stderr, failure) };
      try {
        const { folder, keep } = reports;
        return await saveReport(host.files, folder, operation, result.stdout, keep);
      } catch (error) {
        return { problem: excerpt(error instanceof Error ? error.message : String(error)) };
      }
    },
    redraw,
    suspend,
  };
}

/** That something is not done has no steps. */
function cancelPlan(about: string): Plan {
  return {
    kind: 'backup',
    lanes: [],
    leftOut: [],
    parallel: 1,
    notes: [`Not to be done: ${about}. Its timer is taken away; what it has done already stays.`],
  };
}

/** Settings by variables, what the terminal says of itself (doctor looks at that), the terminal multiplexer, and who called sudo; nothing else of our environment. */
function passedOn(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const wanted = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && /^(T3_COCKPIT_|TMUX|SUDO_|DOAS_|LC_|(TERM|LANG)$)/.test(entry[0]),
  );
  return Object.fromEntries(wanted);
}

function problemText(stderr: string, otherwise: string): string {
  const words = excerpt(stderr.replace(/^t3-cockpit: /, ''));
  return words === '' ? otherwise : words;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller's schema refuses it in words.
    return undefined;
  }
}
