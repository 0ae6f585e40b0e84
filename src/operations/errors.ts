/** Asked for something that makes no sense on this host: an unknown user, a wrong word. Exit code 2. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

/** A guard said no. Nothing was changed. Exit code 3. */
export class Refused extends Error {
  override readonly name: string = 'Refused';
}

/** Nobody is left that it could be done for. Exit code 3, unless the caller has something else to do. */
export class NothingToDo extends Refused {
  override readonly name = 'NothingToDo';
}
