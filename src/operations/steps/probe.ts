import * as z from 'zod';
import { leadsTo, parseDispatchTable } from '../../fleet/ports.ts';
import { readAs } from '../../fleet/reader/read.ts';
import { strangerOn } from '../../host/sockets.ts';
import { recordProbe } from '../../journal/probes.ts';
import { revoke } from '../../t3/credential.ts';
import { knownLevel } from '../../t3/levels.ts';
import { endpointOf, probeDirect, probeDispatch, type Made, type Probing } from '../../t3/probe.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { probeResult, probeText, type ProbeResult } from '../../t3/verdict.ts';
import { excerpt } from '../../text/printable.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ProbeStep } from '../plan.ts';
import { askRunning } from './running.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';

/** What remains of a probe. */
export interface ProbeStepResult {
  /** What the instance ran, as far as it answered. */
  version: string | null;
  probes: ProbeResult[];
}

const madeSchema = z.array(z.object({ what: z.enum(['pairing', 'session']), id: z.string() }));

/** What the made things are revoked with, should the runner die. */
const memorySchema = z.object({ binary: z.string(), made: madeSchema });

/**
 * The pairing handshake of one user, straight at the instance and through the dispatch by every name. Everything is
 * judged now, not as it was planned: a t3 that is newer than the running server must not be pointed at its database.
 */
export const probeStep: StepKind<ProbeStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'the handshake under way is finished, and what it made is revoked',

  async run(context, step) {
    const running = await askRunning(context, step.port);
    if ('problem' in running) {
      return done(context, step, undefined, [
        probeResult('direct', 'unreachable', { reason: running.problem }),
        ...unknownRoutes(step, 'the instance does not say which version it runs'),
      ]);
    }
    const { version } = running;
    const found = await context.binaries.of(version);
    const obstacle = 'problem' in found ? found.problem : await wouldMigrate(context, step, version);
    if ('problem' in found || obstacle !== undefined) {
      const reason = obstacle ?? '';
      return done(context, step, version, [
        probeResult('direct', 'unknown', { reason }),
        ...unknownRoutes(step, reason),
      ]);
    }
    const probing = probingOf(context, step, found.binary);
    const probes = [await probeDirect(probing)];
    for (const name of step.names) {
      if (context.signal.aborted) throw new Error('stopped');
      probes.push(await probeName(context, step, probing, name, version));
    }
    return done(context, step, version, probes);
  },

  async recover(context, step) {
    const memory = memorySchema.safeParse(context.remembered()).data;
    if (memory === undefined) return undefined;
    const { call } = probingOf(context, step, memory.binary);
    const left: string[] = [];
    // A credential that was exchanged is a session now; to revoke it as well does no harm.
    for (const { what, id } of memory.made) {
      const problem = await revoke(call, what, id);
      if (problem !== undefined && what === 'session') left.push(`session ${id}: ${problem}`);
    }
    if (left.length > 0) throw new Error(`not revoked: ${left.join('; ')}`);
    return undefined;
  },
};

/**
 * Why t3 of this version must not touch the user's database, if so. A base directory without one would be filled by t3
 * itself; and a server that claims a newer version than its schema has would have us migrate it.
 */
async function wouldMigrate(
  { host, config, account }: StepContext,
  step: ProbeStep,
  version: string,
): Promise<string | undefined> {
  const { answers } = await readAs(host, config, account, [
    {
      task: 'state',
      path: step.database,
      home: account.home,
      patience: config.limits.readerTimeout / 2,
    },
  ]);
  const [state] = answers;
  if ('problem' in state) return `the state database: ${state.problem}`;
  const level = schemaLevel(state.facts.migrations)?.id ?? 0;
  const known = knownLevel(version);
  return known !== undefined && level < known
    ? `would migrate: it says that it runs ${version}, which brings schema ${known}, and has schema ${level}`
    : undefined;
}

/**
 * One name through the dispatch. It mints with the global binary, so that has to be the running version; and for
 * whomever its table says, so that has to be this user.
 */
async function probeName(
  { host, config, binaries }: StepContext,
  step: ProbeStep,
  probing: Probing,
  name: string,
  version: string,
): Promise<ProbeResult> {
  const say = (verdict: 'unknown' | 'unmapped', reason: string) =>
    probeResult('dispatch', verdict, { name, reason: excerpt(reason) });
  const table = config.paths.dispatchTable;
  try {
    const entry = leadsTo(parseDispatchTable(await host.files.read(table, config.limits.fileSize)), name);
    if (entry === undefined) return say('unmapped', `not in ${table}`);
    if (entry.user !== step.user || entry.port !== step.port)
      return say('unmapped', `${table} leads to ${entry.user} on port ${entry.port}`);
  } catch (error) {
    return say('unknown', error instanceof Error ? error.message : String(error));
  }
  const installed = await binaries.startedFor(step.user);
  if ('problem' in installed) return say('unknown', installed.problem);
  if (installed.version !== version)
    return say(
      'unknown',
      `would migrate: it runs ${version}, and the dispatch mints with ${installed.version}`,
    );
  return probeDispatch(probing, name);
}

function probingOf(context: StepContext, step: ProbeStep, binary: string): Probing {
  const { host, config, account } = context;
  const all: Made[] = [];
  return {
    call: { host, binary, account, baseDir: step.baseDir, timeout: config.limits.t3Timeout },
    endpoint: endpointOf(host.http, step.port, config),
    config,
    stranger: () => strangerOn(host.sockets, step.port, account),
    made(one) {
      all.push(one);
      context.remember({ binary, made: all });
    },
  };
}

function unknownRoutes(step: ProbeStep, reason: string): ProbeResult[] {
  return step.names.map((name) => probeResult('dispatch', 'unknown', { name, reason }));
}

function done(
  { host, operation }: StepContext,
  step: ProbeStep,
  version: string | undefined,
  probes: ProbeResult[],
): StepDone {
  const result: ProbeStepResult = { version: version ?? null, probes };
  const bad = probes.filter((probe) => probe.verdict !== 'ok');
  return {
    result,
    together(db) {
      for (const probe of probes)
        recordProbe(db, step.user, probe, { at: host.clock.now(), version, operation });
    },
    ...(bad.length === 0 ? {} : { failure: bad.map(probeText).join('; ') }),
  };
}
