import { readLastEvents } from '../journal/events.ts';
import { listOperations, readOperation, readOperationDocuments, readSteps } from '../journal/operations.ts';
import { UsageProblem } from '../operations/errors.ts';
import { planSchema } from '../operations/plan.ts';
import { type Way } from '../operations/run/recovery.ts';
import { isCutOff } from '../operations/cut-off.ts';
import { readStory } from '../operations/story.ts';
import { registerFollower } from '../operations/session.ts';
import { requestStop } from '../operations/plans/stop.ts';
import type { Sqlite } from '../host/sqlite.ts';
import type { OperationRecord } from '../journal/records.ts';
import { dateText, durationText } from '../view/format.ts';
import { withHost, type CommandContext, type Opened } from './context.ts';
import { operationReport } from '../view/operation-report.ts';
import { standingText } from '../view/operation.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import { isoTime, jsonDocument } from './render/json.ts';
import { carryOut } from './request.ts';
import {
  eventLine,
  operationDocument,
  operationJson,
  actorLine,
  askedBy,
  operationLine,
  stepsTable,
} from './render/operation.ts';
import { table } from './render/table.ts';

export interface OperationsFlags {
  follow: boolean;
  stop: boolean;
  recover: boolean;
  detach: boolean;
  report: boolean;
  limit: number;
}

/** How much of a finished operation's story `operations ID` tells, in events. */
const storyLimit = 500;

/** `operations [ID]`: list them, or show, follow or stop one. */
export function operations(
  context: CommandContext,
  id: number | undefined,
  flags: OperationsFlags,
): Promise<ExitCode> {
  return withHost(context, async (opened) => {
    const { journal, journalProblem } = opened;
    if (flags.recover) return recover(context, opened, id, flags.detach);
    if (journal === undefined) {
      if (journalProblem !== undefined) throw new Error(`journal: ${journalProblem}`);
      if (id !== undefined)
        throw new UsageProblem(`there is no operation ${id}: nothing was ever recorded here`);
      context.io.out(context.options.json ? jsonDocument({ operations: [] }) : 'no operations yet\n');
      return exit.done;
    }
    if (flags.report && id === undefined) throw new UsageProblem('--report is of one operation: say which');
    if (id === undefined) return list(context, opened, journal, flags.limit);
    const operation = readOperation(journal, id);
    if (operation === undefined) throw new UsageProblem(`there is no operation ${id}`);
    if (flags.stop) {
      if (opened.config.readOnly) throw new UsageProblem('read-only mode: nothing is stopped');
      context.io.err(`${requestStop(opened.config, opened.host.clock, id)}\n`);
      return exit.done;
    }
    if (flags.follow) {
      const { config, host } = opened;
      await registerFollower(host, config, operation, readSteps(journal, id), context.io.environment);
      return follow(context, opened, id, context.options.json ? 'json lines' : 'lines');
    }
    return flags.report ? report(context, opened, operation) : show(context, opened, operation);
  });
}

/** Clear up after all that was cut off, without doing anything else. @param id The one that is meant, if one is. */
async function recover(
  context: CommandContext,
  opened: Opened,
  id: number | undefined,
  detach: boolean,
): Promise<ExitCode> {
  if (id !== undefined && !opened.cutOff.some(({ operation }) => operation.id === id))
    throw new UsageProblem(`operation ${id} was not cut off: there is nothing to clear up after it`);
  if (opened.cutOff.length === 0) {
    context.io.out(
      context.options.json ? jsonDocument({ operation: null }) : 'nothing was cut off: nothing to clear up\n',
    );
    return exit.done;
  }
  return carryOut(context, opened, { kind: 'recover' }, { versions: false, readers: false }, detach);
}

/** `operations resume|rollback|abandon ID`: what is to become of an operation that was cut off. */
export function decide(context: CommandContext, id: number, way: Way, detach: boolean): Promise<ExitCode> {
  return withHost(context, async (opened) => {
    const found = opened.cutOff.find(({ operation }) => operation.id === id);
    if (found === undefined)
      throw new UsageProblem(`operation ${id} was not cut off: there is nothing to decide about it`);
    if (!found.undecided)
      throw new UsageProblem(
        `operation ${id} has nothing left to decide: t3-cockpit operations --recover clears up after it`,
      );
    if (context.options.dryRun) {
      const words = found.steps.map(({ title, state }) => `${title}: ${state}`);
      const { json } = context.options;
      context.io.out(
        json
          ? jsonDocument({
              plan: { kind: 'recover', lanes: [], parallel: 1, leftOut: [], notes: words, consent: null },
            })
          : `${way} operation ${id}:\n${words.map((each) => `  ${each}\n`).join('')}`,
      );
      return exit.done;
    }
    const code = await carryOut(
      context,
      opened,
      { kind: 'recover', operation: id, way },
      { versions: false, readers: false },
      detach,
    );
    if (code !== exit.done || detach || way === 'abandon' || opened.journal === undefined) return code;
    // It was brought to an end; to which one is what somebody who waits for it wants to know.
    return readOperation(opened.journal, id)?.outcome === 'failed' ? exit.failed : code;
  });
}

async function list(
  { io, options }: CommandContext,
  opened: Opened,
  journal: Sqlite,
  limit: number,
): Promise<ExitCode> {
  const found = listOperations(journal, limit);
  const cutOff = await Promise.all(found.map((operation) => isCutOff(operation, journal, opened.host)));
  if (options.json) {
    io.out(
      jsonDocument({
        operations: found.map((operation, index) => operationJson(operation, cutOff[index] === true)),
      }),
    );
  } else {
    const rows = found.map((operation, index) => [
      String(operation.id),
      operation.kind,
      dateText(operation.requestedAt),
      operation.startedAt === undefined || operation.endedAt === undefined
        ? '-'
        : durationText(operation.endedAt - operation.startedAt),
      askedBy(operation),
      standingText(operation, cutOff[index] === true),
    ]);
    io.out(table(['ID', 'KIND', 'REQUESTED', 'TOOK', 'BY', 'OUTCOME'], rows, [0]));
  }
  return exit.done;
}

/** How many events a report has: more than any operation of a day writes, and no gigabyte of text. */
const reportLimit = 20_000;

/** An operation as plain text for a post-mortem. */
async function report(
  { io, options }: CommandContext,
  { journal, host }: Opened,
  operation: OperationRecord,
): Promise<ExitCode> {
  if (journal === undefined) throw new Error('no journal');
  if (options.json)
    throw new UsageProblem(
      `a report is text: without --report, \`operations ${operation.id} --json\` says the same`,
    );
  const cutOff = await isCutOff(operation, journal, host);
  io.out(operationReport(readStory(journal, operation, cutOff, reportLimit), host.clock.now()));
  return exit.done;
}

async function show(
  { io, options }: CommandContext,
  opened: Opened,
  operation: OperationRecord,
): Promise<ExitCode> {
  const { journal } = opened;
  if (journal === undefined) throw new Error('no journal');
  const cutOff = await isCutOff(operation, journal, opened.host);
  const steps = readSteps(journal, operation.id);
  const plan = planSchema.safeParse(readOperationDocuments(journal, operation.id)?.plan).data;
  const events = readLastEvents(journal, operation.id, storyLimit);
  if (options.json) {
    const story = events.map((event) => ({ ...event, at: isoTime(event.at) }));
    io.out(jsonDocument({ ...operationDocument(operation, steps, plan, cutOff), events: story }));
  } else {
    io.out(
      `${operationLine(operation, cutOff)}${actorLine(operation)}\n${stepsTable(steps)}\n${events.map((event) => eventLine(event, steps)).join('')}`,
    );
  }
  return exit.done;
}
