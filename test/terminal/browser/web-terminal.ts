import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as pty from '@lydell/node-pty';
import { WebSocketServer, type WebSocket } from 'ws';

/** What the page is made of, by its names in there. */
const installed = createRequire(import.meta.url);
const files: Readonly<Record<string, readonly [type: string, file: string]>> = {
  '/': ['text/html', path.join(import.meta.dirname, 'page.html')],
  '/xterm.css': ['text/css', installed.resolve('@xterm/xterm/css/xterm.css')],
  '/xterm.mjs': ['text/javascript', beside('@xterm/xterm', 'xterm.mjs')],
  '/addon-fit.mjs': ['text/javascript', beside('@xterm/addon-fit', 'addon-fit.mjs')],
};

function beside(name: string, file: string): string {
  return path.join(path.dirname(installed.resolve(name)), file);
}

/** A program that was started for a page. */
export interface Session {
  pid: number;
  /** Resolves when it has ended. */
  ended: Promise<void>;
}

/**
 * What ttyd is to a browser, on this machine alone: a page with a terminal in it, and for every connection a program on a
 * pseudo terminal, which is hung up on when the connection goes.
 */
export class WebTerminal {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  /** In the order in which pages were opened. */
  readonly sessions: Session[] = [];

  private constructor(server: Server, command: readonly string[], environment: Record<string, string>) {
    this.#server = server;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on('connection', (socket) => this.#serve(socket, command, environment));
  }

  static async listen(
    command: readonly [string, ...string[]],
    environment: Record<string, string> = {},
  ): Promise<WebTerminal> {
    const server = createServer((request, response) => {
      const [type, file] = files[request.url ?? ''] ?? [];
      if (type === undefined || file === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebTerminal(server, command, environment);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    await Promise.all(this.sessions.map(({ ended }) => ended));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(
    socket: WebSocket,
    [file = '', ...args]: readonly string[],
    environment: Record<string, string>,
  ): void {
    const { CI: _ci, NO_COLOR: _noColor, TMUX: _tmux, COLORTERM: _colours, ...inherited } = process.env;
    const terminal = pty.spawn(file, args, {
      // What ttyd says of itself; nothing of many colours.
      env: { ...inherited, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment },
    });
    const ended = new Promise<void>((resolve) => terminal.onExit(() => resolve()));
    this.sessions.push({ pid: terminal.pid, ended });
    terminal.onData((data) => socket.send(data));
    void ended.then(() => socket.close());
    socket.on('message', (message) => {
      const [kind, rest] = [String(message).charAt(0), String(message).slice(1)];
      if (kind === '0') return terminal.write(rest);
      const { columns, rows } = JSON.parse(rest) as { columns: number; rows: number };
      terminal.resize(columns, rows);
    });
    socket.on('close', () => terminal.kill('SIGHUP'));
  }
}
