import pLimit from 'p-limit';
import { excerpt } from '../../text/printable.ts';
import { contextOf, runLane, type Ended, type Execution, type LaneOutcome } from './executor.ts';
import { Phases, stepIn, type PlannedLane, type StepOf } from './phases.ts';
import type { Plan, Step } from '../plan.ts';
import { schemaNow } from '../steps/check.ts';
import { movedStep } from '../steps/moved.ts';
import { askRunning } from '../steps/running.ts';
import { judgeFreeze } from '../guards/freeze.ts';
import { notWell, untilAnswers } from './not-well.ts';

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
  readonly #phases: Phases;

  private constructor(plan: Plan, execution: Execution, phases: Phases) {
    this.#plan = plan;
    this.#execution = execution;
    this.#phases = phases;
  }

  static async prepare(plan: Plan, execution: Execution): Promise<Rollout> {
    return new Rollout(plan, execution, await Phases.prepare(plan, execution));
  }

  /** Run it, or go on with it. */
  async forward(): Promise<Ended> {
    for (const lane of this.#phases.of('judge')) {
      const outcome = await this.#phases.run(lane);
      if (outcome !== 'succeeded')
        return { outcome, reason: this.#phases.whyNot(lane) ?? 'nothing was changed' };
    }
    const limit = pLimit(this.#plan.parallel);
    const saved = await Promise.all(
      this.#phases
        .of('save')
        .map((lane) => limit(async () => ({ lane, outcome: await this.#phases.run(lane) }))),
    );
    const unsaved = saved.find(({ outcome }) => outcome !== 'succeeded');
    if (unsaved !== undefined)
      return {
        outcome: unsaved.outcome === 'interrupted' ? 'interrupted' : 'refused',
        reason: excerpt(
          `no verified snapshot of ${unsaved.lane.user}, no bump: ${this.#phases.whyNot(unsaved.lane) ?? ''}; nothing was changed`,
        ),
      };
    for (const lane of this.#phases.of('switch')) {
      if (this.#execution.signal.aborted && this.#phases.done(lane).length === 0)
        return { outcome: 'interrupted', reason: 'stopped on request; nothing was changed' };
      const outcome = await this.#phases.run(lane);
      if (outcome !== 'succeeded') return this.backward(this.#phases.whyNot(lane) ?? outcome, outcome);
    }
    const owed: string[] = [];
    for (const lane of this.#phases.of('users')) {
      const stopped = this.#execution.signal.aborted && this.#phases.done(lane).length === 0;
      const outcome = stopped ? 'interrupted' : await this.#phases.run(lane);
      if (outcome === 'succeeded') continue;
      if (!(await this.#stillBefore(lane)))
        return this.backward(`${lane.user}: ${this.#phases.whyNot(lane) ?? outcome}`, 'failed');
      await this.#owe(lane);
      owed.push(lane.user ?? '');
    }
    const words =
      owed.length === 0 ? [] : [`a restart is owed to ${owed.join(', ')}: drain does it when they are idle`];
    // Nobody is taken back for that: everybody runs the version, and pairs.
    for (const lane of this.#phases.of('close'))
      if ((await this.#phases.run(lane)) !== 'succeeded')
        words.push(
          `not done: ${lane.steps.map(({ title }) => title).join(', ')}: ${this.#phases.whyNot(lane) ?? ''}`,
        );
    return {
      outcome: this.#execution.signal.aborted && owed.length > 0 ? 'interrupted' : 'succeeded',
      reason: words.length === 0 ? undefined : excerpt(words.join('; '), 900),
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
    // A runner may have died after its very last action. It stands in nobody's way.
    const told: string[] = [];
    for (const lane of this.#phases.of('close'))
      if ((await this.#phases.goBack(lane)) === 'failed')
        told.push('which version the host’s scripts are told is good');
    for (const lane of this.#phases.of('switch').toReversed())
      if ((await this.#phases.goBack(lane, isMeanwhile)) === 'failed')
        left.push('pins or binary could not be led back');
    // With the new binary still in place a server that is started would be migrated once more.
    if (left.length === 0)
      for (const lane of this.#phases.of('users').toReversed()) {
        const problem = await this.#takeBack(lane);
        if (problem !== undefined) left.push(`${lane.user}: ${problem}`);
      }
    left.push(...told);
    if (left.length > 0)
      return { outcome: 'failed', reason: excerpt(`${why}; not as before: ${left.join('; ')}`, 900) };
    // Until here nobody else may move anything: now that all is as before, they may, unless it is frozen with a reason.
    for (const lane of this.#phases.of('switch')) await this.#phases.goBack(lane);
    const outcome = cause === 'failed' ? 'rolled back' : cause;
    return {
      outcome: outcome === 'succeeded' ? 'rolled back' : outcome,
      reason: excerpt(`${why}; everything is as it was before`, 900),
    };
  }

  /** @returns what is not as before, in words */
  async #takeBack(lane: PlannedLane): Promise<string | undefined> {
    const back = stepIn(lane, 'cold-copy')?.back;
    const touched = this.#phases.done(lane).length > 0 || this.#phases.has(lane, 'undone');
    try {
      const moved = lane.steps.find((step) => step.kind === 'moved');
      if (!touched && moved !== undefined) await this.#takeBackMoved(lane, moved);
      else if (!touched) {
        if (back === undefined) return undefined;
        const context = contextOf(back.stage, this.#phases.runOf(lane));
        const now = await schemaNow(context, back.stage);
        if (now.id === back.schema.id && now.name === back.schema.name) return undefined;
        // A page visit has migrated it: the new t3 was the global one for a while.
        const begun = await runLane({ ...this.#phases.runOf(lane), steps: lane.steps.slice(0, 2) }, []);
        if (begun !== 'succeeded')
          return `${await this.#holdOn(lane)}: its schema is ${now.id}, and it cannot be put back now: ${this.#phases.whyNot(lane)}`;
      }
      if ((await this.#phases.goBack(lane)) === 'failed') {
        const why = this.#phases.whyNotUndone(lane) ?? 'it could not be taken back';
        return `${await this.#holdOn(lane)}: ${why}`;
      }
      return await notWell(lane, this.#phases.runOf(lane), this.#from(lane));
    } catch (error) {
      return excerpt(error instanceof Error ? error.message : String(error));
    }
  }

  /** The host's own script may have moved somebody before it failed: what is found decides. */
  async #takeBackMoved(lane: PlannedLane, moved: StepOf<'moved'>): Promise<void> {
    const { recorder } = this.#execution;
    const undo = this.#phases.recordOf(moved)?.undo;
    const run = this.#phases.runOf(lane);
    recorder.stepStarted(moved, undo);
    try {
      await movedStep.undo?.(contextOf(moved, run, undo), moved);
      recorder.stepEnded(moved, { state: 'undone' });
    } catch (error) {
      const words = excerpt(error instanceof Error ? error.message : String(error));
      recorder.stepEnded(moved, { state: 'failed', reason: `it could not be undone: ${words}` });
      throw new Error(`${await this.#holdOn(lane)}: ${words}`, { cause: error });
    } finally {
      await run.lane.release();
    }
  }

  /**
   * A server that was moved and must not be stopped now goes on, and goes on the new version also when it is started
   * anew: the old one could not work with its database. Going back is owed to it (guarantee 7).
   */
  async #holdOn(lane: PlannedLane): Promise<string> {
    const start = stepIn(lane, 'start');
    const deferral = stepIn(lane, 'stop')?.deferral;
    if (start === undefined || deferral == null) return 'unknown';
    // It may just have been started again, as what knows its database: where that could not be put back.
    await untilAnswers(contextOf(start, this.#phases.runOf(lane)), start.port, this.#execution);
    const running = await askRunning(contextOf(start, this.#phases.runOf(lane)), start.port);
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
    if (stop === undefined || start === undefined || this.#phases.done(lane).length > 0) return false;
    const running = await askRunning(contextOf(start, this.#phases.runOf(lane)), start.port);
    return 'version' in running && running.version !== this.#to();
  }

  async #owe(lane: PlannedLane): Promise<void> {
    const deferral = stepIn(lane, 'stop')?.deferral;
    if (deferral != null) await this.#execution.host.files.write(deferral.file, `${deferral.version}\n`);
  }

  async #freeze(why: string): Promise<void> {
    const { host, config, recorder } = this.#execution;
    // What was frozen until now was frozen for the time of this operation; from now on it is for this reason.
    if (!(await judgeFreeze(host, config, recorder.operation)).holds) return;
    const words = excerpt(
      `t3-cockpit: bump to ${this.#to()} failed (operation ${recorder.operation}): ${why}`,
      300,
    );
    await host.files.write(config.paths.freeze, `${words}\n`);
    recorder.event('warning', { type: 'text', text: `versions are frozen now (${config.paths.freeze})` });
  }

  /** Nothing of a bump is tidied up before its end. */
  readonly settled = false;

  /** Has a runner begun to go back, or was it about to? Then there is no other way any more. */
  get turned(): boolean {
    return this.#plan.lanes
      .filter(({ phase }) => phase === 'switch' || phase === 'users')
      .some((lane) => this.#phases.has(lane, 'undone', 'failed'));
  }

  /** Undefined where only some users get the version. */
  #install(): StepOf<'install' | 'enforce'> | undefined {
    return this.#phases
      .of('switch')
      .flatMap(({ steps }) => steps)
      .find(
        (step): step is StepOf<'install' | 'enforce'> => step.kind === 'install' || step.kind === 'enforce',
      );
  }

  #from = (lane: PlannedLane) => stepIn(lane, 'choose')?.from ?? this.#install()?.from;
  #to = () =>
    this.#phases.of('users').map((lane) => stepIn(lane, 'check')?.version)[0] ?? this.#install()?.to;
}

/** Is it the freeze for the time of this operation? */
const isMeanwhile = (step: Step) => step.kind === 'freeze' && step.meanwhile === true;
