import type { CommandOptions, CommandResult } from '../../../src/host/commands.ts';
import type { Host } from '../../../src/host/host.ts';
import { systemFiles } from '../../../src/host/files.ts';
import type { Task } from '../../../src/fleet/reader/protocol.ts';
import type { Line, Request } from '../../../src/snapshots/owner/protocol.ts';
import { fakeAccounts, fakeHost } from '../../fakes/host.ts';

/** How one request to a process of an owner ends. `lost`: it was done, and nobody was told. */
export type Fate = 'done' | 'refused' | 'lost';

/** What was done to the host, in words that a plan can be held against. */
export type Effect = `make folder ${string}` | `write ${string}` | `add ${string}` | `remove ${string}`;

/** A snapshot as the disk of this host has it. */
export interface Stored {
  bytes: number;
  sha256: string;
}

/**
 * A host whose disk is a map, and that writes down whatever changes there. A change that no test expects is an effect
 * like any other: nothing is let through that is not written down.
 */
export class RecordingHost {
  readonly effects: Effect[] = [];
  readonly disk: Map<string, Stored>;
  readonly host: Host;
  readonly #fates: () => Fate;

  constructor(users: readonly string[], disk: ReadonlyMap<string, Stored>, fates: () => Fate) {
    this.disk = new Map(disk);
    this.#fates = fates;
    const plain = fakeHost({ accounts: fakeAccounts(...users) });
    this.host = {
      ...plain,
      commands: { ...plain.commands, run: (argv, options) => this.#run(argv, options) } as Host['commands'],
      files: {
        ...systemFiles,
        look: (path) =>
          Promise.resolve({
            kind: 'directory',
            size: 0,
            modified: 0,
            inode: 1n,
            device: 1n,
            uid: 0,
            mode: 0o700,
            fingerprint: path,
          }),
        free: () => Promise.resolve(10 ** 12),
        ensureFolderFor: (path) => this.#note(`make folder ${path}`),
        write: (path) => this.#note(`write ${path}`),
        remove: (path) => this.#note(`remove ${path}`),
      },
    };
  }

  #note(effect: Effect): Promise<void> {
    this.effects.push(effect);
    return Promise.resolve();
  }

  #run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult> {
    const program = argv[1]?.split('/').at(-1);
    const result = (stdout: string): CommandResult => ({
      argv,
      exitCode: 0,
      signal: undefined,
      stdout,
      stderr: '',
      failure: undefined,
      took: 1,
    });
    if (program === 'reader.js') {
      const [task] = JSON.parse(options.input ?? '[]') as Task[];
      if (task?.task !== 'folder') throw new Error(`unexpected: ${JSON.stringify(task)}`);
      const own = [...this.disk]
        .filter(([path]) => path.startsWith(`${task.path}/${task.own}/`))
        .map(([path, { bytes }]) => ({ name: path.split('/').at(-1) ?? '', bytes, modified: 0 }));
      return Promise.resolve(result(JSON.stringify({ answers: [{ facts: { host: [], own } }], cpu: 1 })));
    }
    if (program !== 'snapshotter.js') throw new Error(`unexpected: ${argv.join(' ')}`);
    const request = JSON.parse(options.input ?? '{}') as Request;
    // Clearing up and looking again are what everything else relies on: they are let do their work.
    const fate = request.verb === 'take' || request.verb === 'remove' ? this.#fates() : 'done';
    const answer = this.#serve(request, fate);
    options.onLine?.(JSON.stringify(answer));
    return Promise.resolve(result(''));
  }

  #serve(request: Request, fate: Fate): Line {
    const refusal: Line = { problem: 'no space left', unseen: true };
    switch (request.verb) {
      case 'take': {
        if (fate === 'refused') return refusal;
        const path = `${request.folder}/${request.name}`;
        this.disk.set(path, { bytes: 4096, sha256: 'b'.repeat(64) });
        this.effects.push(`add ${path}`);
        return fate === 'lost' ? refusal : { facts: this.#factsOf(path) };
      }
      case 'verify':
        return { facts: this.#factsOf(`${request.folder}/${request.name}`) };
      case 'discard':
        return { published: this.disk.has(`${request.folder}/${request.name}`) };
      case 'remove': {
        const path = `${request.folder}/${request.name}`;
        const stored = this.disk.get(path);
        if (fate === 'refused') return refusal;
        if (stored !== undefined && request.expected === undefined) return { removed: false };
        if (stored !== undefined && stored.sha256 !== request.expected?.sha256)
          return { problem: 'is another file', unseen: false };
        if (this.disk.delete(path)) this.effects.push(`remove ${path}`);
        return fate === 'lost' ? refusal : { removed: true };
      }
      default:
        throw new Error(`unexpected: ${request.verb}`);
    }
  }

  #factsOf(path: string) {
    const stored = this.disk.get(path);
    if (stored === undefined) throw new Error(`nothing at ${path}`);
    return {
      ...stored,
      pageSize: 4096,
      migrations: [{ id: 30, name: 'A' }],
      work: { projects: 0, threads: 0, messages: 0, turns: 0, lastActivity: null },
    };
  }
}
