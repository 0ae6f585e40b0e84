/** One thing wrong with the configuration: where it stands and what was expected there. */
export interface ConfigProblem {
  /** The file, the environment variable, or the flag. */
  source: string;
  /** Line and column in the file, from 1; absent for variables and flags. */
  line?: number;
  column?: number;
  /** The key, dotted (`snapshots.late`); empty for the document as a whole. */
  key: string;
  message: string;
  /** It may be there, and be in order: we may not read it. */
  denied?: boolean;
}

/** `source:line:column: key: message`, the form that editors and people both follow. */
export function formatProblem(problem: ConfigProblem): string {
  const place =
    problem.line === undefined ? problem.source : `${problem.source}:${problem.line}:${problem.column ?? 1}`;
  return problem.key === '' ? `${place}: ${problem.message}` : `${place}: ${problem.key}: ${problem.message}`;
}

/** The configuration cannot be used; carries every problem found, not only the first. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
