import type { Commands } from './commands.ts';
import type { ProcessFacts, Processes } from './processes.ts';

/** A process whose end would kill, or blind, the session that the cockpit is used from. */
export interface SessionProcess {
  process: ProcessFacts;
  /** Why it matters, in words for the admin. */
  role: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Multiplexers that cannot be asked who is attached, by the variable that they set: then all of their processes count. */
const silentMultiplexers = { STY: 'screen', ZELLIJ: 'zellij', ABDUCO_SESSION: 'abduco' } as const;

const attached = 'a terminal attached to this session';

/**
 * The processes that this session hangs on: this process and all its ancestors; and of every terminal multiplexer that
 * one of them runs in, its server, the clients attached to the session, and theirs in turn. What `sudo` has dropped from
 * the environment is found with the ancestors.
 *
 * @param environment The one that this program was started in.
 * @throws when something of that cannot be told: then nobody knows who would be cut off.
 */
export async function sessionProcesses(
  processes: Processes,
  commands: Commands,
  environment: Variables,
  timeout: number,
): Promise<SessionProcess[]> {
  return new Survey(processes, commands, timeout).of(environment);
}

class Survey {
  readonly #processes: Processes;
  readonly #commands: Commands;
  readonly #timeout: number;
  readonly #found = new Map<number, SessionProcess>();
  readonly #servers = new Set<string>();

  constructor(processes: Processes, commands: Commands, timeout: number) {
    this.#processes = processes;
    this.#commands = commands;
    this.#timeout = timeout;
  }

  async of(environment: Variables): Promise<SessionProcess[]> {
    const line = await this.#processes.lineage(process.pid);
    const environments = await Promise.all(
      line.map(({ pid }) => (pid === process.pid ? environment : this.#processes.environment(pid))),
    );
    if (environment['SUDO_UID'] !== undefined && environments.includes(undefined))
      throw new Error('what this session was started from, before sudo, is not ours to see');
    for (const [index, each] of line.entries()) {
      const role = index === 0 ? 'this cockpit' : 'this cockpit was started from it';
      await this.#add(each, role, environments[index]);
    }
    return [...this.#found.values()];
  }

  /** A process and its ancestors, and what those run in. */
  async #line(pid: number, role: string): Promise<void> {
    for (const each of await this.#processes.lineage(pid)) {
      if (this.#found.has(each.pid)) return;
      await this.#add(each, role, await this.#processes.environment(each.pid));
    }
  }

  async #add(each: ProcessFacts, role: string, variables: Variables = {}): Promise<void> {
    this.#found.set(each.pid, { process: each, role });
    await this.#requireFromElsewhere(each, variables);
    const tmux = variables['TMUX'];
    if (tmux !== undefined && tmux !== '') await this.#tmux(tmux, variables['TMUX_PANE'] ?? '');
    for (const [variable, name] of Object.entries(silentMultiplexers)) {
      if (variables[variable] === undefined || this.#servers.has(name)) continue;
      this.#servers.add(name);
      for (const pid of await this.#processes.named(name)) await this.#line(pid, attached);
    }
  }

  /** Who came by ssh from this very machine sits in a terminal that does not show among the ancestors. */
  async #requireFromElsewhere(each: ProcessFacts, variables: Variables): Promise<void> {
    const [client = '', , server] = (variables['SSH_CONNECTION'] ?? '').split(' ');
    if (client === '' || !(client === server || /^(127\.|::1$|::ffff:127\.)/.test(client))) return;
    // Every shell in it inherits the variable: only the one that sshd has started says how it is connected now.
    if ((await this.#processes.facts(each.parent))?.name.startsWith('sshd') === true)
      throw new Error('it comes by ssh from this very machine: from whose terminal cannot be told');
  }

  /** @param tmux `$TMUX`: socket, process and session (tmux(1)) */
  async #tmux(tmux: string, pane: string): Promise<void> {
    if (this.#servers.has(tmux)) return;
    this.#servers.add(tmux);
    const [socket = '', server = ''] = tmux.split(',');
    if (socket === '' || !/^\d+$/.test(server))
      throw new Error('TMUX does not say which tmux server this is');
    // One that is gone holds nobody; its number may have been given away since.
    const facts = await this.#processes.facts(Number(server));
    if (facts?.name.startsWith('tmux') !== true) return;
    await this.#line(facts.pid, 'the tmux server of this session');
    for (const pid of await this.#clients(socket, pane)) await this.#line(pid, attached);
  }

  /** Those attached to the session of a pane; where there is no such pane any more, to any session of the server. */
  async #clients(socket: string, pane: string): Promise<number[]> {
    const targets = [...(/^%\d+$/.test(pane) ? [['-t', pane]] : []), []];
    let problem = '';
    for (const target of targets) {
      const { exitCode, stdout, stderr } = await this.#commands.run(
        ['tmux', '-S', socket, 'list-clients', ...target, '-F', '#{client_pid}'],
        { timeout: this.#timeout },
      );
      if (exitCode === 0)
        return stdout
          .split('\n')
          .filter((line) => /^\d+$/.test(line))
          .map(Number);
      problem = stderr.trim();
    }
    throw new Error(`tmux did not say who is attached: ${problem}`);
  }
}
