/** The exit codes, as documented in README.md. */
export const exit = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  someFailed: 4,
  undecided: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exit)[keyof typeof exit];
