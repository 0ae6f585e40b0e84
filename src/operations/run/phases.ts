import { readSteps } from '../../journal/operations.ts';
import type { StepRecord } from '../../journal/records.ts';
import { SpaceLedger } from '../../snapshots/space.ts';
import { accountsOf } from './accounts.ts';
import { goBack, runLane, type Execution, type LaneOutcome, type LaneRun } from './executor.ts';
import type { Plan, Step } from '../plan.ts';
import { Lane } from '../steps/step.ts';

export type PlannedLane = Plan['lanes'][number];
export type Phase = NonNullable<PlannedLane['phase']>;
export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/**
 * The lanes of a plan that moves versions, by phases, each with what the journal says of it: so whoever goes on with it
 * does not do again what an earlier runner has done.
 */
export class Phases {
  readonly #plan: Plan;
  readonly #execution: Execution;
  readonly #runs: Map<PlannedLane, LaneRun>;

  private constructor(plan: Plan, execution: Execution, runs: Map<PlannedLane, LaneRun>) {
    this.#plan = plan;
    this.#execution = execution;
    this.#runs = runs;
  }

  static async prepare(plan: Plan, execution: Execution): Promise<Phases> {
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
    return new Phases(plan, execution, new Map(runs));
  }

  of(phase: Phase): PlannedLane[] {
    return this.#plan.lanes.filter((lane) => lane.phase === phase);
  }

  runOf(lane: PlannedLane): LaneRun {
    const run = this.#runs.get(lane);
    if (run === undefined) throw new Error('a lane of another plan');
    return run;
  }

  /** Do what has not been done of a lane. When a step fails, those before it are left as they are. */
  run(lane: PlannedLane): Promise<LaneOutcome> {
    return runLane(this.runOf(lane), this.done(lane));
  }

  /**
   * Undo what has been done of a lane.
   *
   * @param but Steps that are left as they are for now.
   * @returns `failed` where that was not possible
   */
  goBack(lane: PlannedLane, but: (step: Step) => boolean = () => false): Promise<LaneOutcome> {
    const run = this.runOf(lane);
    const steps = this.done(lane).filter((step) => !but(step));
    return goBack(run, steps, 'interrupted').finally(() => run.lane.release());
  }

  /** The steps that are done, and not undone since. */
  done(lane: PlannedLane): Step[] {
    return lane.steps.filter((step) => this.recordOf(step)?.state === 'succeeded');
  }

  /** Is a step of it in one of these states? */
  has(lane: PlannedLane, ...states: StepRecord['state'][]): boolean {
    return lane.steps.some((step) => states.includes(this.recordOf(step)?.state ?? 'pending'));
  }

  whyNot(lane: PlannedLane): string | undefined {
    return lane.steps.map((step) => this.recordOf(step)?.reason).find((reason) => reason !== undefined);
  }

  whyNotUndone(lane: PlannedLane): string | undefined {
    return lane.steps
      .map((step) => this.recordOf(step)?.reason)
      .find((reason) => reason?.includes('could not be undone') === true);
  }

  recordOf(step: Step): StepRecord | undefined {
    const { recorder } = this.#execution;
    return readSteps(recorder.durable, recorder.operation).find(({ id }) => id === step.id);
  }
}

/** The step of this kind in a lane, where it has one; of one that somebody else has moved, also one of its way back. */
export function stepIn<Kind extends Step['kind']>(lane: PlannedLane, kind: Kind): StepOf<Kind> | undefined {
  return lane.steps
    .flatMap((step): Step[] => (step.kind === 'moved' ? [step, step.stop, step.copy, step.start] : [step]))
    .find((step): step is StepOf<Kind> => step.kind === kind);
}
