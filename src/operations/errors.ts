import type { Plan } from './plan.ts';

/** Asked for something that makes no sense on this host: an unknown user, a wrong word. Exit code 2. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

/** A guard said no. Nothing was changed. Exit code 3. */
export class Refused extends Error {
  override readonly name: string = 'Refused';
}

/** An operation was cut off in the middle of something that only a person can decide about. Exit code 5. */
export class NeedsDecision extends Refused {
  override readonly name = 'NeedsDecision';

  constructor(id: number, kind: string) {
    super(
      `operation ${id} (${kind}) was cut off after it had begun to stop a server or to replace a database, and needs a decision first: ` +
        `t3-cockpit operations resume ${id}, or rollback ${id}`,
    );
  }
}

/** Nobody is left that it could be done for. Exit code 3, unless the caller has something else to do. */
export class NothingToDo extends Refused {
  override readonly name = 'NothingToDo';
  /** Who was left out, and why: for some of them there may be something to do that could not be seen. */
  readonly leftOut: Plan['leftOut'];

  constructor(leftOut: Plan['leftOut']) {
    const unseen = leftOut.filter(({ harmless }) => !harmless);
    const words = unseen.map(({ user, reason }) => `; ${user}: ${reason}`).join('');
    super(`there is nothing to do for anybody${words}`);
    this.leftOut = leftOut;
  }
}
