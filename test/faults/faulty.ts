import type { Host } from '../../src/host/host.ts';

/** What goes wrong with one process of the owner, by its number in the order in which they are asked for something. */
export interface Fault {
  at: number;
  how:
    /** SIGKILL, so many milliseconds after it was started. */
    | { killAfter: number }
    /** It says that it could not, and has not; or has. */
    | { refuses: string; done: boolean }
    /** Something happens to the machine right before. */
    | { before: () => void };
}

/** The processes of the owner of a database. */
export const ofTheOwner = (argv: readonly string[]): boolean =>
  argv.some((part) => /\/(snapshotter|keeper)\.js$/.test(part));

/**
 * The machine as it is, but for the fault. The processes are real ones, and so is what becomes of them.
 *
 * @param counts Which processes count.
 */
export function faulty(
  host: Host,
  { at, how }: Fault,
  reached: () => void,
  counts: (argv: readonly string[]) => boolean = ofTheOwner,
): Host {
  let asked = 0;
  const isIt = (argv: readonly string[]) => {
    if (!counts(argv)) return false;
    const now = asked;
    asked += 1;
    if (now === at) reached();
    return now === at;
  };
  /** timeout(1) sends the signal by itself: whoever waits sees a process that was killed. */
  const killed = (argv: readonly [string, ...string[]], after: number): [string, ...string[]] => [
    'timeout',
    '--foreground',
    '--signal=KILL',
    String(after / 1000),
    ...argv,
  ];
  return {
    ...host,
    commands: {
      ...host.commands,
      async run(argv, options) {
        if (!isIt(argv)) return host.commands.run(argv, options);
        if ('killAfter' in how) return host.commands.run(killed(argv, how.killAfter), options);
        if ('before' in how) {
          how.before();
          return host.commands.run(argv, options);
        }
        if (how.done) await host.commands.run(argv, { ...options, onLine: () => undefined });
        if (!ofTheOwner(argv))
          return {
            argv,
            exitCode: 1,
            signal: undefined,
            stdout: '',
            stderr: how.refuses,
            failure: undefined,
            took: 1,
          };
        options.onLine?.(JSON.stringify({ problem: how.refuses, unseen: true }));
        return { argv, exitCode: 0, signal: undefined, stdout: '', stderr: '', failure: undefined, took: 1 };
      },
      converse(argv, options) {
        const it = isIt(argv);
        if (it && 'before' in how) how.before();
        const conversation = host.commands.converse(
          it && 'killAfter' in how ? killed(argv, how.killAfter) : argv,
          options,
        );
        if (!it || !('refuses' in how)) return conversation;
        return { ...conversation, ask: () => Promise.resolve(JSON.stringify({ problem: how.refuses })) };
      },
    },
  };
}
