import { administratorName } from '../fleet/collect/pins.ts';
import { readAs } from '../fleet/reader/read.ts';
import path from 'node:path';
import { expand } from '../config/expand.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { strategyOf } from '../operations/plans/enforcer.ts';
import { disrupts } from '../operations/run/hold.ts';
import { pinObstacle } from '../operations/pins/editor.ts';
import { FileProblem } from '../host/files.ts';
import type { Plan, Request, RequestInput } from '../operations/plan.ts';
import { requestSchema } from '../operations/plan.ts';
import { readMoves, schemaSeen } from '../operations/plans/moved-versions.ts';
import type { LiveWork } from '../operations/plans/restore.ts';
import type { RollbackFacts } from '../operations/plans/rollback.ts';
import pLimit from 'p-limit';
import { sessionMembers } from '../operations/session.ts';
import { currentActor, planOperation, submit, type PlanningFacts } from '../operations/submit.ts';
import { Refused, UsageProblem } from '../operations/errors.ts';
import { undoable } from '../operations/plans/undo.ts';
import { freshVerdict } from '../operations/plans/verdicts.ts';
import { findCandidate } from '../t3/packages.ts';
import { printable } from '../text/printable.ts';
import { observerFor, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import type { Io } from './io.ts';
import { jsonDocument } from './render/json.ts';
import { planText } from './render/operation.ts';

/** What has to be known of the fleet before a plan can be made (`FleetObserver.once`). */
export interface PlanningScope {
  versions: boolean;
  readers: boolean;
}

/** How a request ended: with an operation that was started, or with all that was wanted. */
export type Started = { operation: number } | { code: ExitCode };

/**
 * Plan a request and, unless only the plan was asked for, write it down and start it. With `detach`, and for a dry run,
 * everything has been said.
 *
 * @throws Refused when it stops servers or replaces data and nobody has agreed to it.
 */
export async function start(
  context: CommandContext,
  opened: Opened,
  input: RequestInput,
  scope: PlanningScope,
  detach: boolean,
): Promise<Started> {
  const { io, options } = context;
  const { host, config } = opened;
  const { request: asked, plan, planned } = await consider(context, opened, input, scope);
  if (options.dryRun) {
    showPlan(context, plan);
    return { code: exit.done };
  }
  const request = await agreed(context, asked, plan);
  const id = await submit(
    host,
    config,
    request,
    request === asked ? plan : planned(request),
    currentActor(options.surface, io.environment),
    await sessionMembers(host, config, io.environment),
  );
  if (!detach) return { operation: id };
  io.out(
    options.json
      ? jsonDocument({ operation: { id } })
      : `operation ${id} runs; follow it with: t3-cockpit operations ${id} --follow\n`,
  );
  return { code: exit.done };
}

/** A request, and what would be done for it with the host as it is. */
export interface Considered {
  request: Request;
  plan: Plan;
  /** The plan of a request that differs in what was agreed to. */
  planned(request: Request): Plan;
  fleet: Fleet;
  facts: PlanningFacts;
}

/** Look at the host, and plan a request; nothing is done. @throws UsageProblem, Refused */
export async function consider(
  { io }: CommandContext,
  opened: Opened,
  input: RequestInput,
  scope: PlanningScope,
): Promise<Considered> {
  const { host, config } = opened;
  const parsed = requestSchema.safeParse(input);
  if (!parsed.success)
    throw new UsageProblem(parsed.error.issues[0]?.message ?? 'the request makes no sense');
  const observer = observerFor(opened, io);
  const fleet = await observer.once(scope).finally(() => observer.stop());
  if (fleet.userMap.kind === 'unknown') throw new Error(`user map: ${fleet.userMap.reason}`);
  const facts = await factsFor(parsed.data, fleet, opened, io);
  const planned = (request: Request) => planOperation(fleet, config, request, host.clock.now(), facts);
  return { request: parsed.data, plan: planned(parsed.data), planned, fleet, facts };
}

/** A plan as a dry run prints it. */
export function showPlan({ io, options }: CommandContext, plan: Plan): void {
  io.out(options.json ? jsonDocument({ plan: { ...plan, consent: plan.consent ?? null } }) : planText(plan));
}

/** As `start`, and follow the operation to its end. */
export async function carryOut(
  context: CommandContext,
  opened: Opened,
  input: RequestInput,
  scope: PlanningScope,
  detach: boolean,
): Promise<ExitCode> {
  const started = await start(context, opened, input, scope, detach);
  if ('code' in started) return started.code;
  const telling = context.options.json ? 'document at the end' : 'lines';
  return follow(context, opened, started.operation, telling);
}

/** What this request's plan needs beyond the fleet: how much work would be replaced; what the package source has. */
async function factsFor(
  request: Request,
  fleet: Fleet,
  opened: Opened,
  { environment }: Io,
): Promise<PlanningFacts> {
  const { journal, host, config } = opened;
  const whoseFiles = async () => {
    const administrator = administratorName(config, environment);
    const account = (await host.accounts.byName([administrator])).get(administrator);
    return { administrator, account, home: account?.home ?? '/nonexistent' };
  };
  if (request.kind === 'preflight' || request.kind === 'bump') {
    const candidate = await findCandidate(host, config, request.version);
    const { administrator, account, home } = await whoseFiles();
    const installed = valueOf(fleet.installed);
    const verdict =
      journal === undefined || 'problem' in candidate || installed === undefined
        ? undefined
        : freshVerdict(journal, candidate, installed, { now: host.clock.now(), fresh: config.gate.fresh });
    const readings =
      request.kind === 'bump' && !('problem' in candidate) ? valueOf(fleet.pins)?.readings : [];
    const to = 'problem' in candidate ? '' : candidate.version;
    const obstacle = await pinObstacle(host, config, account, readings ?? [], to);
    const enforced = request.kind === 'bump' && strategyOf(request, config) === 'enforcer';
    const current =
      enforced && installed !== undefined ? await findCandidate(host, config, installed) : undefined;
    return {
      journal,
      candidate: {
        candidate,
        administrator,
        home,
        verdict,
        pinObstacle: obstacle,
        free: await freeForCopies(opened),
        ...(current === undefined ? {} : { current }),
      },
    };
  }
  if (request.kind === 'rollback' || request.kind === 'drain' || request.kind === 'restart') {
    const users = fleet.instances.filter(({ deferral }) =>
      request.kind === 'drain' ? valueOf(deferral) !== undefined : request.kind === 'rollback',
    );
    const { administrator, home } = await whoseFiles();
    return {
      journal,
      rollback: {
        administrator,
        home,
        free: await freeForCopies(opened),
        ...(await wayBack(users, fleet, opened)),
      },
    };
  }
  if (request.kind === 'restore') return { journal, live: await liveWorks([request.user], fleet, opened) };
  if (request.kind === 'undo') {
    const users = undoable(journal, request.operation, request.users).map(({ user }) => user);
    return { journal, live: await liveWorks(users, fleet, opened) };
  }
  return { journal };
}

/** What is free where snapshots go, in bytes; undefined where that cannot be told: the guard asks again, and refuses. */
async function freeForCopies({ host, config }: Opened): Promise<number | undefined> {
  const folder = path.dirname(expand(config.paths.backups, { user: 'any' }));
  try {
    return await host.files.free(folder);
  } catch (error) {
    if (error instanceof FileProblem) return undefined;
    throw error;
  }
}

/** Readers of users' databases at the same time. */
const readers = 4;

/** What there is to go back to, and what these users' databases hold now. */
async function wayBack(
  users: readonly Instance[],
  fleet: Fleet,
  opened: Opened,
): Promise<Pick<RollbackFacts, 'moves' | 'schemaOf' | 'live'>> {
  const { journal } = opened;
  return {
    moves: journal === undefined ? { last: undefined, own: new Map() } : readMoves(journal),
    schemaOf: (version) => (journal === undefined ? undefined : schemaSeen(journal, version)),
    live: await liveWorks(
      users.map(({ user }) => user),
      fleet,
      opened,
    ),
  };
}

/** How much work each of these users' live databases holds. */
async function liveWorks(
  users: readonly string[],
  fleet: Fleet,
  opened: Opened,
): Promise<Map<string, LiveWork>> {
  const limit = pLimit(readers);
  const works = users.map((user) => limit(async () => [user, await liveWork(user, fleet, opened)] as const));
  return new Map(await Promise.all(works));
}

/** Read how much work a user's live database holds, as its owner. */
export async function liveWork(
  user: string,
  fleet: Fleet,
  { host, config }: Pick<Opened, 'host' | 'config'>,
): Promise<LiveWork> {
  const instance = fleet.instances.find((each) => each.user === user);
  const account = instance === undefined ? undefined : valueOf(instance.account);
  if (account === undefined) return { problem: 'there is no such account' };
  const { answers } = await readAs(host, config, account, [
    {
      task: 'work',
      path: expand(config.paths.stateDatabase, { user, home: account.home }),
      home: account.home,
      patience: config.limits.readerTimeout / 2,
    },
  ]);
  const [answer] = answers;
  return 'problem' in answer ? answer : answer.facts;
}

/**
 * The request as it was agreed to: by `--yes`, or by somebody at this terminal who has read the plan. What cuts off a
 * turn in flight needs its own word, in both cases (guarantee 7).
 */
export async function agreed(
  { io, options }: CommandContext,
  request: Request,
  plan: Plan,
): Promise<Request> {
  if (!disrupts(plan)) return request;
  const interrupts =
    plan.consent?.interrupts === true && 'interruptTurn' in request && !request.interruptTurn;
  if (options.yes) {
    if (interrupts)
      throw new Refused(`${plan.consent?.because.join('; ')}. To do it all the same: --interrupt-turn`);
    return request;
  }
  if (io.ask === undefined || options.json)
    throw new Refused('it stops a server or replaces data: look at the plan (--dry-run), and say --yes');
  io.err(`${planText(plan)}\n`);
  for (const words of plan.consent?.because ?? []) io.err(`! ${printable(words)}\n`);
  const word = plan.consent?.word ?? 'yes';
  const answer = await io.ask(`Type ${word} to go on: `);
  if (answer?.trim() !== word) throw new Refused('not confirmed: nothing was changed');
  return interrupts ? { ...request, interruptTurn: true } : request;
}
