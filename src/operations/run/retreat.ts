import pLimit from 'p-limit';
import { excerpt } from '../../text/printable.ts';
import { contextOf, runLane, type Ended, type Execution, type LaneOutcome } from './executor.ts';
import { notWell } from './not-well.ts';
import { Phases, stepIn, type PlannedLane } from './phases.ts';
import type { Plan } from '../plan.ts';
import { stepKind } from '../steps/index.ts';
import { askRunning } from '../steps/running.ts';

/** How long a reason may be. */
const longest = 1500;

/**
 * A rollback on demand: the snapshots are read again, everybody is held on the version that knows their database, pins
 * and binary go back, then one user after the other, each verified before the next.
 *
 * If the first one fails, with nobody back yet, everything is led forward again. Of a later one who fails only they stay:
 * on the version and the database that they had, named, and owed a rollback; the others go on, for until they are back
 * nobody can pair with them anew. Whoever is at work, or hosts the session, stays in the same way (guarantee 7).
 *
 * It may begin anywhere: what an earlier runner has done is not done again.
 */
export class Retreat {
  readonly #plan: Plan;
  readonly #execution: Execution;
  readonly #phases: Phases;
  /** Who had to stay where they were, and cannot be paired with there. */
  readonly #unwell = new Map<PlannedLane, string>();

  private constructor(plan: Plan, execution: Execution, phases: Phases) {
    this.#plan = plan;
    this.#execution = execution;
    this.#phases = phases;
  }

  static async prepare(plan: Plan, execution: Execution): Promise<Retreat> {
    return new Retreat(plan, execution, await Phases.prepare(plan, execution));
  }

  /** Run it, or go on with it. */
  async forward(): Promise<Ended> {
    const phases = this.#phases;
    const limit = pLimit(this.#plan.parallel);
    const read = await Promise.all(
      phases.of('save').map((lane) => limit(async () => ({ lane, outcome: await phases.run(lane) }))),
    );
    const unread = read.find(({ outcome }) => outcome !== 'succeeded');
    if (unread !== undefined)
      return {
        outcome: unread.outcome === 'interrupted' ? 'interrupted' : 'refused',
        reason: excerpt(
          `the snapshot of ${unread.lane.user} cannot be relied on: ${phases.whyNot(unread.lane) ?? ''}; nothing was changed`,
        ),
      };
    for (const lane of phases.of('switch')) {
      if (this.#execution.signal.aborted && phases.done(lane).length === 0)
        return { outcome: 'interrupted', reason: 'stopped on request; nothing was changed' };
      await this.#holdAgain(lane);
      const outcome = await phases.run(lane);
      if (outcome !== 'succeeded') return this.backward(phases.whyNot(lane) ?? outcome, outcome);
    }
    for (const lane of phases.of('users')) {
      const touched = (await this.#walk(lane)) === 'failed' && this.#wasStopped(lane);
      if (touched && this.#back().length === 0 && this.#movesHost())
        return this.backward(`${lane.user}: ${phases.whyNot(lane) ?? 'failed'}`, 'failed');
    }
    if (this.#back().length === 0 && this.#movesHost() && phases.of('users').length > 0) {
      const words = phases.of('users').map((lane) => `${lane.user}: ${phases.whyNot(lane) ?? 'not begun'}`);
      return this.backward(
        `nobody can go back now: ${words.join('; ')}`,
        this.#execution.signal.aborted ? 'interrupted' : 'refused',
      );
    }
    return this.#ended();
  }

  /**
   * Lead everything forward again, to where it was: whoever is back gets the database that was kept, and only then the
   * binary and the pins. While somebody cannot be moved, those stay: they are of the version that this one has.
   *
   * @param cause How the part ended that it is for.
   */
  async backward(why: string, cause: LaneOutcome): Promise<Ended> {
    const phases = this.#phases;
    const { recorder } = this.#execution;
    recorder.event('warning', { type: 'text', text: excerpt(`leading forward again: ${why}`) });
    const left: string[] = [];
    for (const lane of phases.of('users').toReversed()) {
      await this.#stopAgain(lane);
      if (phases.done(lane).length > 0 && (await phases.goBack(lane)) === 'failed')
        left.push(`${lane.user}: ${phases.whyNotUndone(lane) ?? 'could not be led forward again'}`);
    }
    if (left.length === 0) {
      for (const lane of phases.of('switch').toReversed())
        if ((await phases.goBack(lane)) === 'failed')
          left.push(`pins or binary: ${phases.whyNotUndone(lane) ?? 'could not be led forward again'}`);
    } else for (const lane of phases.of('users')) if (!this.#isBack(lane)) await this.#owe(lane);
    if (left.length === 0) left.push(...(await this.#notAsBefore()));
    if (left.length > 0)
      return {
        outcome: 'failed',
        reason: excerpt(`${why}; not as before: ${left.join('; ')}. ${await this.#standing()}`, longest),
      };
    return {
      outcome: cause === 'failed' || cause === 'succeeded' ? 'rolled back' : cause,
      reason: excerpt(`${why}; everything is as it was before`, longest),
    };
  }

  /** Everything is led forward again: does everybody run what they ran? A reboot may have started them as something else. */
  async #notAsBefore(): Promise<string[]> {
    const found: string[] = [];
    for (const lane of this.#phases.of('users')) {
      const [had, start] = [this.#had(lane), stepIn(lane, 'start')];
      if (had === undefined || start === undefined) continue;
      const unwell = this.#unwell.get(lane);
      if (unwell !== undefined) found.push(`${lane.user}: ${unwell}`);
      const running = await askRunning(contextOf(start, this.#phases.runOf(lane)), start.port);
      if (!('version' in running) || running.version !== this.#target(lane) || had === running.version)
        continue;
      const file = this.#deferralOf(lane);
      if (file !== undefined) await this.#execution.host.files.write(file, `${had}\n`);
      found.push(
        `${lane.user} was started as ${running.version} meanwhile, and drain restarts them as ${had}`,
      );
    }
    return found;
  }

  /** Has a runner begun to tidy up? Then everybody is back who can be, and there is no other way any more. */
  get settled(): boolean {
    return this.#phases.of('close').some((lane) => this.#phases.has(lane, 'succeeded', 'started'));
  }

  /** Has a runner begun to lead everything forward again? Then there is no other way any more. */
  get turned(): boolean {
    return this.#phases.of('switch').some((lane) => this.#phases.has(lane, 'undone', 'failed'));
  }

  /** One user, to the end, or to where they were. */
  async #walk(lane: PlannedLane): Promise<LaneOutcome> {
    const phases = this.#phases;
    // An earlier runner has seen it fail, and led them forward again.
    if (phases.has(lane, 'failed', 'undone')) {
      await this.#leadForward(lane);
      return 'failed';
    }
    const begun = phases.done(lane).length > 0;
    const outcome =
      this.#execution.signal.aborted && !begun
        ? 'interrupted'
        : await runLane(phases.runOf(lane), await this.#stillDone(lane));
    if (outcome !== 'succeeded') await this.#leadForward(lane);
    return outcome;
  }

  /** One user who could not be taken back gets again what they had; and can pair there, or it is said that they cannot. */
  async #leadForward(lane: PlannedLane): Promise<void> {
    const phases = this.#phases;
    if ((await phases.goBack(lane)) === 'failed' || !this.#wasStopped(lane)) return;
    const problem = await notWell(lane, phases.runOf(lane), this.#had(lane));
    if (problem !== undefined) this.#unwell.set(lane, problem);
  }

  /** The steps that are done, as far as they still are: a reboot takes the mask away, and starts servers by itself. */
  async #stillDone(lane: PlannedLane) {
    const done = this.#phases.done(lane);
    for (const [index, step] of done.entries()) {
      const kind = stepKind(step);
      const later = done.slice(index + 1).some((each) => stepKind(each).disrupts === true);
      if (kind.holds === undefined || later) continue;
      const context = contextOf(step, this.#phases.runOf(lane), this.#phases.recordOf(step)?.undo);
      if (!(await kind.holds(context, step))) return done.slice(0, index);
    }
    return done;
  }

  /** A server that was stopped, and that a reboot has started since, is stopped once more before anything is undone. */
  async #stopAgain(lane: PlannedLane): Promise<void> {
    const [stop, start] = [stepIn(lane, 'stop'), stepIn(lane, 'start')];
    if (stop === undefined || start === undefined) return;
    const records = [this.#phases.recordOf(stop)?.state, this.#phases.recordOf(start)?.state];
    if (records[0] !== 'succeeded' || records[1] === 'succeeded') return;
    const run = this.#phases.runOf(lane);
    const kind = stepKind(stop);
    if (await kind.holds?.(contextOf(stop, run, this.#phases.recordOf(stop)?.undo), stop)) return;
    await runLane({ ...run, steps: [stop] }, []);
  }

  /** What holds them lies in memory only: after a reboot they are held again, whatever they run now. */
  async #holdAgain(lane: PlannedLane): Promise<void> {
    const { host, config } = this.#execution;
    for (const step of this.#phases.done(lane)) {
      if (step.kind !== 'hold') continue;
      const users = this.#phases.of('users').find(({ user }) => user === step.whose);
      if (users !== undefined && this.#phases.done(users).some(({ kind }) => kind === 'start')) continue;
      const unit = (await host.units.show([step.unit])).get(step.unit);
      if (unit !== undefined && unit.load !== 'masked' && unit.heldOn === undefined)
        await host.units.override(step.unit, step.program, config.limits.commandTimeout);
    }
  }

  /** They stay for now, and are owed a rollback: `drain` does it, and `rollback` does. */
  async #owe(lane: PlannedLane): Promise<void> {
    const [file, version] = [this.#deferralOf(lane), this.#target(lane)];
    if (file !== undefined && version !== undefined)
      await this.#execution.host.files.write(file, `${version}\n`);
  }

  #deferralOf(lane: PlannedLane): string | undefined {
    const closing = this.#phases.of('close').find(({ user }) => user === lane.user);
    return (closing === undefined ? undefined : stepIn(closing, 'settle')?.deferral) ?? undefined;
  }

  #target = (lane: PlannedLane): string | undefined => stepIn(lane, 'check')?.version;

  /** The version that they had: by their own link, or by what they are held on. */
  #had(lane: PlannedLane): string | undefined {
    const hold = this.#phases
      .of('switch')
      .flatMap(({ steps }) => steps)
      .find((step) => step.kind === 'hold' && step.whose === lane.user);
    return stepIn(lane, 'choose')?.from ?? (hold?.kind === 'hold' ? hold.version : undefined);
  }

  /** Everybody’s end of it: tidied up, told, and said. */
  async #ended(): Promise<Ended> {
    const phases = this.#phases;
    const left = phases.of('users').filter((lane) => !this.#isBack(lane));
    for (const lane of left) await this.#owe(lane);
    for (const lane of phases.of('close'))
      if (lane.user === null || !left.some(({ user }) => user === lane.user)) await phases.run(lane);
    if (left.length === 0) return { outcome: 'succeeded', reason: undefined };
    return {
      outcome: this.#execution.signal.aborted ? 'interrupted' : 'failed',
      reason: excerpt(await this.#standing(), longest),
    };
  }

  /** Where everybody is, and what to do. */
  async #standing(): Promise<string> {
    const left: string[] = [];
    for (const lane of this.#phases.of('users')) {
      if (this.#isBack(lane)) continue;
      const start = stepIn(lane, 'start');
      const running =
        start === undefined
          ? undefined
          : await askRunning(contextOf(start, this.#phases.runOf(lane)), start.port);
      const state =
        running === undefined || 'problem' in running
          ? `does not answer (${running?.problem ?? 'unknown'})`
          : `stays on ${running.version}`;
      const unwell = this.#unwell.get(lane);
      const words = [this.#phases.whyNot(lane) ?? 'not begun', ...(unwell === undefined ? [] : [unwell])];
      left.push(`${lane.user} ${state}: ${words.join('; ')}`);
    }
    const back = this.#back();
    return [
      back.length === 0 ? 'nobody is back' : `back: ${back.join(', ')}`,
      ...(left.length === 0
        ? []
        : [
            `not back: ${left.join('; ')}`,
            'they are owed a rollback: t3-cockpit drain does it when they are idle',
          ]),
    ].join('; ');
  }

  #isBack(lane: PlannedLane): boolean {
    return this.#phases.done(lane).length === lane.steps.length;
  }

  #back = (): string[] =>
    this.#phases
      .of('users')
      .filter((lane) => this.#isBack(lane))
      .map(({ user }) => user ?? '');

  #wasStopped = (lane: PlannedLane): boolean => {
    const stop = stepIn(lane, 'stop');
    return stop !== undefined && this.#phases.recordOf(stop)?.state === 'undone';
  };

  /** Is there anything of everybody’s to lead forward again? */
  #movesHost = (): boolean =>
    this.#phases.of('switch').some(({ steps }) => steps.some(({ kind }) => kind === 'install'));
}
