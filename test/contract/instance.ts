import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A t3 to hold against the contract: the argv that calls it, and the version that it is. */
export interface T3 {
  command: readonly [string, ...string[]];
  version: string;
  /** Milliseconds that one call, or a start, may take. */
  patience: number;
}

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

const environment = { ...process.env, T3CODE_TELEMETRY_ENABLED: 'false' };

export async function runT3(t3: T3, ...args: string[]): Promise<CliResult> {
  const [file, ...rest] = t3.command;
  const child = spawn(file, [...rest, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: t3.patience,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, ...output };
}

/** `t3 serve` on a free port. */
export class T3Server {
  log = '';
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<[number | null, NodeJS.Signals | null]>;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    const add = (chunk: Buffer) => (this.log += chunk.toString());
    child.stdout?.on('data', add);
    child.stderr?.on('data', add);
    this.#ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  }

  static async start(
    t3: T3,
    baseDir: string,
    options: { host?: string; port?: number; env?: Record<string, string> } = {},
  ): Promise<T3Server> {
    const port = options.port ?? (await freePort());
    const [file, ...rest] = t3.command;
    const args = [
      'serve',
      '--host',
      options.host ?? '127.0.0.1',
      '--port',
      String(port),
      '--base-dir',
      baseDir,
    ];
    const server = new T3Server(
      port,
      spawn(file, [...rest, ...args], {
        env: { ...environment, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    await server.answers(t3.patience);
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Wait until a line of its log, or fail with the log. */
  async logs(text: string, patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    while (!this.log.includes(text)) {
      if (performance.now() > deadline) throw new Error(`never in the log: ${text}\n${this.log}`);
      await delay(10);
    }
  }

  /** @returns the exit code and the signal. */
  async end(signal: NodeJS.Signals): Promise<[number | null, NodeJS.Signals | null]> {
    this.#child.kill(signal);
    return this.#ended;
  }

  async answers(patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    let ended: [number | null, NodeJS.Signals | null] | undefined;
    void this.#ended.then((result) => (ended = result));
    for (;;) {
      try {
        await fetch(this.url('/.well-known/t3/environment'));
        return;
      } catch {
        // Not yet: nobody tells when a server listens.
        if (ended !== undefined) throw new Error(`the server ended with ${ended.join(' ')}\n${this.log}`);
        if (performance.now() > deadline) throw new Error(`the server does not answer\n${this.log}`);
        await delay(20);
      }
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
