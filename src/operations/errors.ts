/** Asked for something that makes no sense on this host: an unknown user, a wrong word. Exit code 2. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

/** A guard said no. Nothing was changed. Exit code 3. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
