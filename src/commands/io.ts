import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { runElevated } from '../host/privilege.ts';
import { inAscii, speaksUtf8 } from '../view/ascii.ts';

/** What a command sees of the process it runs in; tests hand in their own. */
export interface Io {
  out(text: string): void;
  /** Resolves when whoever reads standard output has room for more. */
  drained(): Promise<void>;
  err(text: string): void;
  environment: Readonly<Record<string, string | undefined>>;
  /** Is this a terminal at both ends: is there something to draw on, and somebody who types? */
  screen: boolean;
  /** Columns of the terminal; undefined where standard output is none. */
  columns: number | undefined;
  /** Ask whoever sits at this terminal; undefined where nobody does. @returns undefined when the input has ended */
  ask: ((question: string) => Promise<string | undefined>) | undefined;
  /** Called once for every Ctrl-C while somebody listens. @returns the end of listening */
  onInterrupt(listener: () => void): () => void;
  /** Run a program of ours as root, on this terminal, where this process is not root; undefined where it is. */
  asRoot: typeof runElevated | undefined;
}

export const processIo: Io = {
  out: (text) => void process.stdout.write(readable(text, process.stdout)),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
  err: (text) => void process.stderr.write(readable(text, process.stderr)),
  environment: process.env,
  screen: process.stdin.isTTY && process.stdout.isTTY,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  ask: process.stdin.isTTY && process.stderr.isTTY ? askTerminal : undefined,
  onInterrupt(listener) {
    process.on('SIGINT', listener);
    return () => void process.off('SIGINT', listener);
  },
  asRoot: process.getuid?.() === 0 ? undefined : runElevated,
};

/** A terminal is given what its locale can show; a file and a pipe get everything. */
const readable = (text: string, { isTTY }: { isTTY: boolean }): string =>
  isTTY && !speaksUtf8(process.env) ? inAscii(text) : text;

async function askTerminal(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([terminal.question(question), closed]);
  } finally {
    terminal.close();
  }
}
