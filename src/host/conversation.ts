import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linesOf } from './lines.ts';

/** A program that is asked several things, a line each, and keeps something (a lock) in between. */
export interface Conversation {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /**
   * The line that it answers with.
   *
   * @param timeout Milliseconds.
   * @throws when it does not answer by then, or has ended.
   */
  ask(line: string, timeout: number): Promise<string>;
  /** Has it not ended? */
  lives(): boolean;
  /** End it at once (SIGKILL). Resolves when it is gone, and all that it held with it. */
  end(): Promise<void>;
}

/** An answer is a line of JSON, a checksum or two in it. Characters. */
const longestAnswer = 64 * 1024;

/** So many answers to what was not asked yet are none: somebody writes there who is not it. */
const mostUnasked = 16;

/** The last of what it complained about, characters. */
const complaintKept = 2000;

/** Everything a conversation is started with, privileges dropped already (commands.ts). */
export interface Speaker {
  argv: readonly [string, ...string[]];
  identity: { uid: number; gid: number } | undefined;
  environment: Readonly<Record<string, string>>;
  /** Descriptors after the first three that it inherits. */
  descriptors: readonly number[];
}

/** It dies with us: the kernel kills it (PR_SET_PDEATHSIG), whatever becomes of its standard input. */
export function startConversation({ argv, identity, environment, descriptors }: Speaker): Conversation {
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    cwd: '/',
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    ...(identity === undefined ? {} : { ...identity, detached: true }),
  });
  const lines: string[] = [];
  const waiting: { answer: (line: string) => void; fail: (error: Error) => void }[] = [];
  let complaint = '';
  let over: Error | undefined;
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes to talk through');
  // It may be of a user, who may write into its output whatever they like (/proc/PID/fd): nothing of that piles up here.
  const listen = async () => {
    for await (const line of linesOf(stdout, longestAnswer)) {
      const next = waiting.shift();
      if (next !== undefined) next.answer(line);
      else if (lines.push(line) > mostUnasked) {
        over ??= new Error(`${args.at(-1) ?? file} says more than it is asked`);
        child.kill('SIGKILL');
        return;
      }
    }
  };
  listen().catch((error: unknown) => {
    over ??= new Error(`${args.at(-1) ?? file} cannot be heard: ${String(error)}`);
    child.kill('SIGKILL');
  });
  stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-complaintKept)));
  // Whoever asks hears that it has ended; that its input is closed then is no news.
  stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    const finish = (words: string) => {
      over ??= new Error(words);
      for (const { fail } of waiting.splice(0)) fail(over);
      resolve();
    };
    child.once('error', (error) => finish(`${file} could not be started: ${error.message}`));
    child.once('close', (code, signal) =>
      finish(
        `${args.at(-1) ?? file} ended (${signal ?? `exit code ${code}`})${complaint === '' ? '' : `: ${complaint}`}`,
      ),
    );
  });
  return {
    pid: child.pid,
    async ask(line, timeout) {
      if (over !== undefined) throw over;
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise<string>((resolve, reject) => {
          timer = setTimeout(
            () => reject(new Error(`no answer within ${Math.round(timeout / 1000)} s`)),
            timeout,
          );
          waiting.push({ answer: resolve, fail: reject });
          stdin.write(`${line}\n`);
          const early = lines.shift();
          if (early !== undefined) waiting.shift()?.answer(early);
        });
      } finally {
        clearTimeout(timer);
      }
    },
    lives: () => over === undefined && child.exitCode === null && child.signalCode === null,
    async end() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
      stdin.destroy();
      stdout.destroy();
      stderr.destroy();
      await ended;
    },
  };
}
