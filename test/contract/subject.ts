import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { freePort } from '../free-port.ts';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A t3 that is held against the contract. */
export interface T3 {
  command: readonly string[];
  version: string;
  /** How long a call, or a start, may take, milliseconds; a real one takes seconds. */
  patience?: number;
}

export interface Result {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface HttpAnswer {
  status: number;
  headers: (readonly [name: string, value: string])[];
  body: string;
}

/** The starts and calls of one group of tests; ends what it started, and nothing else. */
export class Bench {
  readonly #t3: T3;
  readonly #servers: Server[] = [];
  readonly #folders: string[] = [];

  constructor(t3: T3) {
    this.#t3 = t3;
  }

  get patience(): number {
    return this.#t3.patience ?? 60_000;
  }

  folder(): string {
    const folder = mkdtempSync(path.join(os.tmpdir(), 't3-contract-'));
    this.#folders.push(folder);
    return folder;
  }

  /** Run a command to its end. @param by another t3 than the one that is on the bench. */
  async run(
    argv: readonly string[],
    options: { by?: T3; env?: Record<string, string> } = {},
  ): Promise<Result> {
    const child = start(options.by ?? this.#t3, argv, options.env ?? {});
    const output = collect(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), this.patience);
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    return { exitCode, signal, ...output };
  }

  async serve(
    base: string,
    options: { host?: string; port?: number; by?: T3; env?: Record<string, string> } = {},
  ): Promise<Server> {
    const port = options.port ?? (await freePort());
    const argv = ['serve', '--host', options.host ?? '127.0.0.1', '--port', String(port), '--base-dir', base];
    const server = new Server(start(options.by ?? this.#t3, argv, options.env ?? {}), port, this.patience);
    this.#servers.push(server);
    await server.answers();
    return server;
  }

  async clear(): Promise<void> {
    for (const server of this.#servers.splice(0)) await server.end('SIGKILL');
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

/** A `t3 serve` that runs. */
export class Server {
  readonly port: number;
  readonly output: { stdout: string; stderr: string };
  readonly #child: ChildProcess;
  readonly #patience: number;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #ended: Promise<[number | null, NodeJS.Signals | null]>;
  #hasEnded = false;

  constructor(child: ChildProcess, port: number, patience: number) {
    this.#child = child;
    this.port = port;
    this.#patience = patience;
    this.output = collect(child);
    this.#ended = once(child, 'close').then(([exitCode, signal]: unknown[]) => {
      this.#hasEnded = true;
      return [exitCode as number | null, signal as NodeJS.Signals | null];
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Wait until it answers; nobody tells when a server listens. */
  async answers(): Promise<void> {
    await this.until('an answer', async () => {
      try {
        return (await this.request('GET', '/.well-known/t3/environment')).status === 200;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false;
        throw error;
      }
    });
  }

  async logs(text: string): Promise<void> {
    await this.until(JSON.stringify(text), () => Promise.resolve(this.output.stdout.includes(text)));
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + this.#patience;
    while (!(await holds())) {
      const problem = this.#hasEnded ? 'it ended' : performance.now() > deadline ? 'in vain' : undefined;
      if (problem !== undefined) {
        const { stdout, stderr } = this.output;
        throw new Error(`waited for ${what} of a server, ${problem}\n${stdout}${stderr}`);
      }
      await delay(10);
    }
  }

  /** Ask as the recorder asked: no header of its own but the two that HTTP wants. */
  async request(
    method: string,
    target: string,
    options: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<HttpAnswer> {
    const request = http.request({
      agent: this.#agent,
      host: '127.0.0.1',
      port: this.port,
      method,
      path: target,
      headers: {
        'accept-encoding': 'identity',
        ...options.headers,
        ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
      },
    });
    request.end(options.body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode ?? 0,
      headers: Array.from({ length: response.rawHeaders.length / 2 }, (_, index) => [
        response.rawHeaders[2 * index] ?? '',
        response.rawHeaders[2 * index + 1] ?? '',
      ]),
      body: Buffer.concat(chunks).toString('utf8'),
    };
  }

  /** @returns exit code and signal. */
  async end(signal: NodeJS.Signals): Promise<[number | null, NodeJS.Signals | null]> {
    this.#agent.destroy();
    this.#child.kill(signal);
    return this.#ended;
  }
}

function start(t3: T3, argv: readonly string[], env: Record<string, string>): ChildProcess {
  const [file = '', ...args] = [...t3.command, ...argv];
  return spawn(file, args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: os.tmpdir(),
      T3CODE_TELEMETRY_ENABLED: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return output;
}
