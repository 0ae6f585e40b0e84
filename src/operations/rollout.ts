import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { readSteps } from '../journal/operations.ts';
import { SpaceLedger } from '../snapshots/space.ts';
import { excerpt } from '../text/printable.ts';
import { accountsOf } from './accounts.ts';
import {
  contextOf,
  goBack,
  runLane,
  type Ended,
  type Execution,
  type LaneOutcome,
  type LaneRun,
} from './executor.ts';
import type { Plan, Step } from './plan.ts';
import { schemaNow } from './steps/check.ts';
import { movedStep } from './steps/moved.ts';
import type { ProbeStepResult } from './steps/probe.ts';
import { probeStep } from './steps/probe.ts';
import { askRunning } from './steps/running.ts';
import { Lane } from './steps/step.ts';

type PlannedLane = Plan['lanes'][number];
type Phase = NonNullable<PlannedLane['phase']>;
type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/**
 * A bump: judge, save, switch, then one user after the other, each verified before the next (guarantee 8). Whatever
 * goes wrong from the switch on takes everybody back: binary and pins first, for an old t3 on a new schema only fails,
 * a new one on an old schema migrates it; then each database that was migrated, whoever did that (guarantee 5).
 *
 * It may begin anywhere: what an earlier runner has done is not done again.
 */
export class Rollout {
  readonly #plan: Plan;
  readonly #execution: Execution;
  readonly #runs: Map<PlannedLane, LaneRun>;

  private constructor(plan: Plan, execution: Execution, runs: Map<PlannedLane, LaneRun>) {
    this.#plan = plan;
    this.#execution = execution;
    this.#runs = runs;
  }

  static async prepare(plan: Plan, execution: Execution): Promise<Rollout> {
    const accountOf = await accountsOf(plan, execution.host);
    const nobody = plan.lanes.flatMap(({ steps }) => steps).find((step) => accountOf(step) === undefined);
    if (nobody !== undefined) throw new Error(`no such OS user: ${nobody.user}`);
    const space = new SpaceLedger();
    // Who is being moved is moved to the end: half way there is no place to stay. Asked to stop, it does so before the next.
    const unstoppable: Execution = { ...execution, signal: new AbortController().signal };
    const runs = plan.lanes.map((lane): [PlannedLane, LaneRun] => {
      const may = lane.phase === 'judge' || lane.phase === 'save';
      const about = { execution: may ? execution : unstoppable, leave: true as const };
      return [lane, { steps: lane.steps, independent: false, accountOf, space, lane: new Lane(), ...about }];
    });
    return new Rollout(plan, execution, new Map(runs));
  }

  /** Run it, or go on with it. */
  async forward(): Promise<Ended> {
    for (const lane of this.#lanes('judge')) {
      const outcome = await this.#run(lane);
      if (outcome !== 'succeeded') return { outcome, reason: this.#whyNot(lane) ?? 'nothing was changed' };
    }
    const limit = pLimit(this.#plan.parallel);
    const saved = await Promise.all(
      this.#lanes('save').map((lane) => limit(async () => ({ lane, outcome: await this.#run(lane) }))),
    );
    const unsaved = saved.find(({ outcome }) => outcome !== 'succeeded');
    if (unsaved !== undefined)
      return {
        outcome: unsaved.outcome === 'interrupted' ? 'interrupted' : 'refused',
        reason: excerpt(
          `no verified snapshot of ${unsaved.lane.user}, no bump: ${this.#whyNot(unsaved.lane) ?? ''}; nothing was changed`,
        ),
      };
    for (const lane of this.#lanes('switch')) {
      if (this.#execution.signal.aborted && this.#done(lane).length === 0)
        return { outcome: 'interrupted', reason: 'stopped on request; nothing was changed' };
      const outcome = await this.#run(lane);
      if (outcome !== 'succeeded') return this.backward(this.#whyNot(lane) ?? outcome, outcome);
    }
    const owed: string[] = [];
    for (const lane of this.#lanes('users')) {
      const stopped = this.#execution.signal.aborted && this.#done(lane).length === 0;
      const outcome = stopped ? 'interrupted' : await this.#run(lane);
      if (outcome === 'succeeded') continue;
      if (!(await this.#stillBefore(lane)))
        return this.backward(`${lane.user}: ${this.#whyNot(lane) ?? outcome}`, 'failed');
      await this.#owe(lane);
      owed.push(lane.user ?? '');
    }
    for (const lane of this.#lanes('close')) await this.#run(lane);
    const words =
      owed.length === 0
        ? undefined
        : `a restart is owed to ${owed.join(', ')}: drain does it when they are idle`;
    return {
      outcome: this.#execution.signal.aborted && owed.length > 0 ? 'interrupted' : 'succeeded',
      reason: words,
    };
  }

  /**
   * Take everybody back.
   *
   * @param why What went wrong, or who wants it.
   * @param cause How the part ended that it is for.
   */
  async backward(why: string, cause: LaneOutcome): Promise<Ended> {
    const { recorder } = this.#execution;
    recorder.event('warning', { type: 'text', text: excerpt(`going back: ${why}`) });
    if (cause === 'failed') await this.#freeze(why);
    const left: string[] = [];
    for (const lane of this.#lanes('switch').toReversed())
      if ((await this.#goBack(lane)) === 'failed') left.push('pins or binary could not be led back');
    // With the new binary still in place a server that is started would be migrated once more.
    if (left.length === 0)
      for (const lane of this.#lanes('users').toReversed()) {
        const problem = await this.#takeBack(lane);
        if (problem !== undefined) left.push(`${lane.user}: ${problem}`);
      }
    if (left.length > 0)
      return { outcome: 'failed', reason: excerpt(`${why}; not as before: ${left.join('; ')}`, 900) };
    const outcome = cause === 'failed' ? 'rolled back' : cause;
    return {
      outcome: outcome === 'succeeded' ? 'rolled back' : outcome,
      reason: excerpt(`${why}; everything is as it was before`, 900),
    };
  }

  /** @returns what is not as before, in words */
  async #takeBack(lane: PlannedLane): Promise<string | undefined> {
    const back = stepIn(lane, 'cold-copy')?.back;
    const touched = this.#done(lane).length > 0 || this.#undone(lane);
    try {
      const moved = lane.steps.find((step) => step.kind === 'moved');
      if (!touched && moved !== undefined) await this.#takeBackMoved(lane, moved);
      else if (!touched) {
        if (back === undefined) return undefined;
        const context = contextOf(back.stage, this.#runOf(lane));
        const now = await schemaNow(context, back.stage);
        if (now.id === back.schema.id && now.name === back.schema.name) return undefined;
        // A page visit has migrated it: the new t3 was the global one for a while.
        const begun = await runLane({ ...this.#runOf(lane), steps: lane.steps.slice(0, 2) }, []);
        if (begun !== 'succeeded')
          return `${await this.#holdOn(lane)}: its schema is ${now.id}, and it cannot be put back now: ${this.#whyNot(lane)}`;
      }
      if ((await this.#goBack(lane)) === 'failed') {
        const why = this.#whyNotUndone(lane) ?? 'it could not be taken back';
        return `${await this.#holdOn(lane)}: ${why}`;
      }
      return await this.#notWell(lane);
    } catch (error) {
      return excerpt(error instanceof Error ? error.message : String(error));
    }
  }

  /** The host's own script may have moved somebody before it failed: what is found decides. */
  async #takeBackMoved(lane: PlannedLane, moved: StepOf<'moved'>): Promise<void> {
    const { recorder } = this.#execution;
    const undo = this.#recordOf(moved)?.undo;
    recorder.stepStarted(moved, undo);
    try {
      await movedStep.undo?.(contextOf(moved, this.#runOf(lane), undo), moved);
      recorder.stepEnded(moved, { state: 'undone' });
    } catch (error) {
      const words = excerpt(error instanceof Error ? error.message : String(error));
      recorder.stepEnded(moved, { state: 'failed', reason: `it could not be undone: ${words}` });
      throw new Error(`${await this.#holdOn(lane)}: ${words}`, { cause: error });
    } finally {
      await this.#runOf(lane).lane.release();
    }
  }

  /** After the way back people can pair again, or it is said that they cannot. */
  async #notWell(lane: PlannedLane): Promise<string | undefined> {
    const prove = stepIn(lane, 'prove');
    const start = stepIn(lane, 'start');
    if (prove === undefined || start === undefined) return undefined;
    const context = contextOf(prove, this.#runOf(lane));
    const unit = (await this.#execution.host.units.show([start.unit])).get(start.unit);
    if (unit === undefined || unit.active === 'inactive') return undefined;
    await untilAnswers(context, start.port, this.#execution);
    const { onFailure: _, ...probe } = prove;
    const { result } = await probeStep.run(context, { ...probe, kind: 'probe' });
    const { version, probes } = result as ProbeStepResult;
    const direct = probes.find(({ route }) => route === 'direct');
    if (version !== this.#from(lane))
      return `it runs ${version ?? 'nothing that answers'}, not ${this.#from(lane)}`;
    return direct?.verdict === 'ok'
      ? undefined
      : `pairing is ${direct?.verdict ?? 'unknown'}: ${direct?.reason ?? ''}`;
  }

  /**
   * A server that was moved and must not be stopped now goes on, and goes on the new version also when it is started
   * anew: the old one could not work with its database. Going back is owed to it (guarantee 7).
   */
  async #holdOn(lane: PlannedLane): Promise<string> {
    const start = stepIn(lane, 'start');
    const deferral = stepIn(lane, 'stop')?.deferral;
    if (start === undefined || deferral == null) return 'unknown';
    const running = await askRunning(contextOf(start, this.#runOf(lane)), start.port);
    if (!('version' in running)) return `it does not answer (${running.problem})`;
    if (running.version !== this.#to()) return `it runs ${running.version}`;
    const { host, config } = this.#execution;
    // With the launcher its own version stays what it is: it could not be started as another.
    const target = this.#install()?.target;
    if (stepIn(lane, 'choose') === undefined && target !== undefined)
      await host.units.override(start.unit, target, config.limits.commandTimeout);
    await host.files.write(deferral.file, `${this.#from(lane)}\n`);
    return `it stays on ${running.version} for now, and drain takes it back when it is idle`;
  }

  /** Was its server not moved at all? Then it is owed a restart, as to anybody who was busy. */
  async #stillBefore(lane: PlannedLane): Promise<boolean> {
    const [stop] = lane.steps;
    const start = stepIn(lane, 'start');
    if (stop === undefined || start === undefined || this.#done(lane).length > 0) return false;
    const running = await askRunning(contextOf(start, this.#runOf(lane)), start.port);
    return 'version' in running && running.version !== this.#to();
  }

  async #owe(lane: PlannedLane): Promise<void> {
    const deferral = stepIn(lane, 'stop')?.deferral;
    if (deferral != null) await this.#execution.host.files.write(deferral.file, `${deferral.version}\n`);
  }

  async #freeze(why: string): Promise<void> {
    const { host, config, recorder } = this.#execution;
    if ((await host.files.look(config.paths.freeze)) !== undefined) return;
    const words = excerpt(
      `t3-cockpit: bump to ${this.#to()} failed (operation ${recorder.operation}): ${why}`,
      300,
    );
    await host.files.write(config.paths.freeze, `${words}\n`);
    recorder.event('warning', { type: 'text', text: `versions are frozen now (${config.paths.freeze})` });
  }

  #run(lane: PlannedLane): Promise<LaneOutcome> {
    return runLane(this.#runOf(lane), this.#done(lane));
  }

  #goBack(lane: PlannedLane): Promise<LaneOutcome> {
    const run = this.#runOf(lane);
    return goBack(run, this.#done(lane), 'interrupted').finally(() => run.lane.release());
  }

  #lanes(phase: Phase): PlannedLane[] {
    return this.#plan.lanes.filter((lane) => lane.phase === phase);
  }

  #runOf(lane: PlannedLane): LaneRun {
    const run = this.#runs.get(lane);
    if (run === undefined) throw new Error('a lane of another plan');
    return run;
  }

  /** The steps that are done, and not undone since. */
  #done(lane: PlannedLane): Step[] {
    return lane.steps.filter((step) => this.#recordOf(step)?.state === 'succeeded');
  }

  #undone(lane: PlannedLane): boolean {
    return lane.steps.some((step) => this.#recordOf(step)?.state === 'undone');
  }

  /** Has a runner begun to go back, or was it about to? Then there is no other way any more. */
  get turned(): boolean {
    return this.#plan.lanes
      .filter(({ phase }) => phase === 'switch' || phase === 'users')
      .some(
        (lane) => this.#undone(lane) || lane.steps.some((step) => this.#recordOf(step)?.state === 'failed'),
      );
  }

  #whyNot(lane: PlannedLane): string | undefined {
    return lane.steps.map((step) => this.#recordOf(step)?.reason).find((reason) => reason !== undefined);
  }

  #whyNotUndone(lane: PlannedLane): string | undefined {
    return lane.steps
      .map((step) => this.#recordOf(step)?.reason)
      .find((reason) => reason?.includes('could not be undone') === true);
  }

  #recordOf(step: Step) {
    const { recorder } = this.#execution;
    return readSteps(recorder.durable, recorder.operation).find(({ id }) => id === step.id);
  }

  /** Undefined where only some users get the version. */
  #install(): StepOf<'install' | 'enforce'> | undefined {
    return this.#lanes('switch')
      .flatMap(({ steps }) => steps)
      .find(
        (step): step is StepOf<'install' | 'enforce'> => step.kind === 'install' || step.kind === 'enforce',
      );
  }

  #from = (lane: PlannedLane) => stepIn(lane, 'choose')?.from ?? this.#install()?.from;
  #to = () => this.#lanes('users').map((lane) => stepIn(lane, 'check')?.version)[0] ?? this.#install()?.to;
}

/** A step of a lane; of one that somebody else has moved, also one of its way back. */
function stepIn<Kind extends Step['kind']>(lane: PlannedLane, kind: Kind): StepOf<Kind> | undefined {
  return lane.steps
    .flatMap((step): Step[] => (step.kind === 'moved' ? [step, step.stop, step.copy, step.start] : [step]))
    .find((step): step is StepOf<Kind> => step.kind === kind);
}

/** A server that was just started tells nobody when it listens. */
async function untilAnswers(
  context: Parameters<typeof askRunning>[0],
  port: number,
  { host, config }: Execution,
): Promise<void> {
  const deadline = host.clock.monotonic() + config.limits.startTimeout;
  while (host.clock.monotonic() < deadline) {
    if ('version' in (await askRunning(context, port))) return;
    await delay(100);
  }
}
