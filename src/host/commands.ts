import { createInterface } from 'node:readline';
import type { Account } from './account.ts';
import { linesOf } from './lines.ts';
import { startConversation, type Conversation } from './conversation.ts';

/** How to run one command of the host: an argv, never a shell line. */
export interface CommandOptions {
  /**
   * Run as this user, for good: uid and gid set, no supplementary groups, no way to new privileges, and in a session
   * of its own, before the program starts. That user may ptrace what runs as them; with the admin's terminal as its
   * controlling one it could be made to type into it.
   *
   * @throws PrivilegeError where that is not possible.
   */
  as?: Account;
  /**
   * It may start others, which are killed with it: it gets a session of its own. A `t3` that was killed at its timeout
   * once left a child behind that held the host lock.
   */
  family?: boolean;
  /** Ceilings for a program that works on what a user may have crafted. Exceeding one kills it. */
  ceilings?: Ceilings;
  /** Milliseconds; then the command is killed (SIGKILL, because what hangs may also ignore SIGTERM). */
  timeout: number;
  /** Bytes of each output stream that are kept; a command that writes more is killed. */
  maxOutput?: number;
  /** What it reads on standard input; without, standard input is empty. */
  input?: string;
  /** Over the minimal environment; nothing of our own environment is passed on. */
  environment?: Readonly<Record<string, string>>;
  /** Where it runs; `/` without. */
  folder?: string;
  /** Each line of standard output as it comes. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

export interface Ceilings {
  /** Seconds of CPU time (setrlimit(2), RLIMIT_CPU). */
  cpu: number;
  /** Bytes that it may use beyond what its JavaScript engine reserves (RLIMIT_DATA). */
  memory: number;
  /** How many JavaScript engines it holds: 1 and its worker threads. */
  engines: number;
  /** Bytes that any file may have that it writes (RLIMIT_FSIZE). */
  file?: number;
}

/**
 * What one V8 reserves and never touches, with room for the transient part: RLIMIT_DATA counts reservations, too.
 * Measured with Node 24: one engine starts with 800 MB, a third one fails now and then below 1.5 GB for all of them.
 */
const engineReserve = 1024 ** 3;

/** We are neither root nor that user. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError';
}

export interface CommandResult {
  argv: readonly string[];
  /** Undefined when the command did not start or was killed. */
  exitCode: number | undefined;
  signal: string | undefined;
  stdout: string;
  stderr: string;
  /** Why there is no exit code to go by: killed at its timeout or for its output, cancelled, or never started. */
  failure: 'timeout' | 'output' | 'cancelled' | 'start' | undefined;
  /** Milliseconds. */
  took: number;
}

export interface Commands {
  /** Run to its end. A command that fails is a result, not an exception: what it means is for the caller to say. */
  run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult>;
  /** Start a program that answers line by line, as somebody, within ceilings, and dies with us. */
  converse(
    argv: readonly [string, ...string[]],
    options: Pick<CommandOptions, 'as' | 'environment'> & { ceilings: Ceilings },
  ): Conversation;
  /** Start a command that tells something line by line until it is stopped. It dies with us. */
  follow(argv: readonly [string, ...string[]], onLine: (line: string) => void): Follower;
  /**
   * The lines that a command writes, read as they are asked for: it waits for whoever is slow. It is killed at the signal,
   * and when nobody asks for more, and dies with us.
   *
   * @throws at its end, when it did not end well by itself.
   */
  lines(argv: readonly [string, ...string[]], signal: AbortSignal): AsyncGenerator<string, void>;
}

/** A command that goes on. */
export interface Follower {
  /** Resolves when it has ended, for whatever reason. */
  ended: Promise<void>;
  stop(): void;
}

/** What a child learns of our environment: how to find programs, and to speak UTF-8. */
export const minimalEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
};

/** How long pipes may stay open after the command itself was killed; a grandchild may hold them for ever. */
const pipeGrace = 200;

/**
 * Commands on this machine.
 *
 * @param lock The descriptor of the host lock, where the caller holds it. Children of the same user inherit it, so
 *   that orphans of a killed runner still hold the lock. Children that drop to another user do not: that user may
 *   ptrace them, take the descriptor out and hold the whole host's lock for ever. They are waited for by the runner's
 *   cgroup instead (docs/architecture.md, "One operation at a time").
 * @param cookie Variables that mark every child as belonging to this process.
 */
export function systemCommands(lock?: number, cookie: Readonly<Record<string, string>> = {}): Commands {
  return {
    async run(argv, options) {
      // Loaded with the first command: the first frame need not wait for it (bench/first-frame.ts).
      const { execa } = await import('execa');
      const account = options.as;
      const drops = mustDrop(account);
      const leads = drops || options.family === true;
      const [file, ...args] =
        options.ceilings === undefined ? argv : [...confinement(options.ceilings), ...argv];
      const subprocess = execa(file, args, {
        cwd: options.folder ?? '/',
        extendEnv: false,
        env: {
          ...environmentOf(account),
          ...cookie,
          ...options.environment,
        },
        ...(drops && account !== undefined ? { uid: account.uid, gid: account.gid } : {}),
        ...(leads ? { detached: true } : {}),
        ...(options.input === undefined ? {} : { input: options.input }),
        // execa's types know the descriptors 3 to 9 only; it hands any integer on.
        stdio: [
          options.input === undefined ? 'ignore' : 'pipe',
          'pipe',
          'pipe',
          ...(lock === undefined || drops ? [] : [lock as 3]),
        ],
        reject: false,
        timeout: options.timeout,
        killSignal: 'SIGKILL',
        maxBuffer: options.maxOutput ?? 1024 * 1024,
        stripFinalNewline: false,
        ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      });
      const { stdout, stderr } = subprocess;
      subprocess.nodeChildProcess.once('exit', (_code: number | null, signal: string | null) => {
        if (signal === null) return;
        setTimeout(() => {
          stdout?.destroy();
          stderr?.destroy();
        }, pipeGrace).unref();
      });
      if (options.onLine !== undefined) createInterface({ input: stdout }).on('line', options.onLine);
      const result = await subprocess;
      if (leads && failureOf(result) !== undefined) killGroup(subprocess.pid);
      return {
        argv,
        exitCode: result.exitCode,
        signal: result.signal,
        stdout: text(result.stdout),
        stderr: text(result.stderr),
        failure: failureOf(result),
        took: result.durationMs,
      };
    },
    converse(argv, { as: account, environment, ceilings }) {
      const drops = mustDrop(account);
      return startConversation({
        argv: [...confinement(ceilings), ...argv],
        identity: drops && account !== undefined ? { uid: account.uid, gid: account.gid } : undefined,
        environment: { ...environmentOf(account), ...cookie, ...environment },
        descriptors: lock === undefined || drops ? [] : [lock],
      });
    },
    follow: startFollower,
    lines: readLines,
  };
}

function environmentOf(account: Account | undefined): Record<string, string> {
  return {
    ...minimalEnvironment,
    ...(account === undefined ? {} : { HOME: account.home, USER: account.name, LOGNAME: account.name }),
  };
}

/** End what a leader has left in its process group. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // Nobody is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function startFollower(argv: readonly [string, ...string[]], onLine: (line: string) => void): Follower {
  const stop = new AbortController();
  const ended = import('execa').then(async ({ execa }) => {
    const subprocess = execa('setpriv', ['--pdeathsig=KILL', '--', ...argv], {
      cwd: '/',
      extendEnv: false,
      env: { ...minimalEnvironment },
      stdio: ['ignore', 'pipe', 'ignore'],
      // Lines are told, not kept.
      buffer: false,
      reject: false,
      killSignal: 'SIGKILL',
      cancelSignal: stop.signal,
    });
    createInterface({ input: subprocess.stdout }).on('line', onLine);
    await subprocess;
  });
  return { ended, stop: () => stop.abort() };
}

/** Longer lines are cut, characters. */
const longestLine = 64 * 1024;

async function* readLines(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const { execa } = await import('execa');
  const subprocess = execa('setpriv', ['--pdeathsig=KILL', '--', ...argv], {
    cwd: '/',
    extendEnv: false,
    env: { ...minimalEnvironment },
    stdio: ['ignore', 'pipe', 'pipe'],
    buffer: { stdout: false, stderr: true },
    maxBuffer: { stderr: 4096 },
    reject: false,
    killSignal: 'SIGKILL',
  });
  const end = () => void subprocess.kill();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  let whole = false;
  try {
    yield* linesOf(subprocess.stdout, longestLine);
    whole = true;
  } finally {
    signal.removeEventListener('abort', end);
    if (!whole) end();
  }
  const { exitCode, stderr } = await subprocess;
  const words = text(stderr).trim();
  if (exitCode !== 0 && !signal.aborted)
    throw new Error(words === '' ? `${argv[0]} did not end well` : words);
}

function mustDrop(account: Account | undefined): boolean {
  const self = process.getuid?.();
  if (account === undefined || account.uid === self) return false;
  if (self !== 0) throw new PrivilegeError(`no permission to act as ${account.name}`);
  return true;
}

/**
 * prlimit(1) and setpriv(1) in front of a program: its ceilings, no way to new privileges, no core file with a user's
 * messages in it, and death with its parent, for a reader that hangs on a crafted file must not outlive who asked.
 */
function confinement(ceilings: Ceilings): [string, ...string[]] {
  return [
    'prlimit',
    `--cpu=${Math.ceil(ceilings.cpu)}`,
    `--data=${Math.ceil(ceilings.memory + ceilings.engines * engineReserve)}`,
    ...(ceilings.file === undefined ? [] : [`--fsize=${Math.ceil(ceilings.file)}`]),
    '--core=0',
    '--',
    'setpriv',
    '--no-new-privs',
    '--pdeathsig=KILL',
    '--',
  ];
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

function failureOf(result: {
  timedOut: boolean;
  isMaxBuffer: boolean;
  isCanceled: boolean;
  failed: boolean;
  exitCode?: number;
  signal?: string;
}): CommandResult['failure'] {
  if (result.timedOut) return 'timeout';
  if (result.isMaxBuffer) return 'output';
  if (result.isCanceled) return 'cancelled';
  return result.failed && result.exitCode === undefined && result.signal === undefined ? 'start' : undefined;
}

/** What went wrong, in words for a message; undefined when the command ended with exit code 0. */
export function failureText(result: CommandResult): string | undefined {
  const name = result.argv[0] ?? 'command';
  switch (result.failure) {
    case 'timeout':
      return `${name} did not finish within ${Math.round(result.took / 100) / 10} s and was killed`;
    case 'output':
      return `${name} wrote more than it may and was killed`;
    case 'cancelled':
      return `${name} was stopped`;
    case 'start':
      return `${name} could not be started`;
    case undefined:
      if (result.exitCode === 0) return undefined;
      return result.signal === undefined
        ? `${name} ended with exit code ${result.exitCode}`
        : `${name} was killed by ${result.signal}`;
  }
}

/** The line of its standard error that says most: an error of a program of ours comes with a stack around it. */
export function complaint(result: CommandResult): string {
  const lines = result.stderr.split('\n').map((line) => line.trim());
  const telling =
    lines.find((line) => /out of memory|^\w*Error\b/i.test(line)) ?? lines.findLast((line) => line !== '');
  return telling ?? failureText(result) ?? '';
}
