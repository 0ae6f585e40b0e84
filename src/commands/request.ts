import type { RequestInput } from '../operations/plan.ts';
import { requestSchema } from '../operations/plan.ts';
import { currentActor, planOperation, submit } from '../operations/submit.ts';
import { UsageProblem } from '../operations/errors.ts';
import { observerFor, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
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
 */
export async function start(
  { io, options }: CommandContext,
  opened: Opened,
  input: RequestInput,
  scope: PlanningScope,
  detach: boolean,
): Promise<Started> {
  const { host, config } = opened;
  const request = requestSchema.safeParse(input);
  if (!request.success)
    throw new UsageProblem(request.error.issues[0]?.message ?? 'the request makes no sense');
  const observer = observerFor(opened, io);
  const fleet = await observer.once(scope).finally(() => observer.stop());
  if (fleet.userMap.kind === 'unknown') throw new Error(`user map: ${fleet.userMap.reason}`);
  const plan = planOperation(fleet, config, request.data, host.clock.now());
  if (options.dryRun) {
    io.out(options.json ? jsonDocument({ plan }) : planText(plan));
    return { code: exit.done };
  }
  const id = await submit(host, config, request.data, plan, currentActor(options.surface, io.environment));
  if (!detach) return { operation: id };
  io.out(
    options.json
      ? jsonDocument({ operation: { id } })
      : `operation ${id} runs; follow it with: t3-cockpit operations ${id} --follow\n`,
  );
  return { code: exit.done };
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
