import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The house has rules (docs/architecture.md): which room may know which. Broken by accident, they are hard to see in a
 * review; here they are a failing test.
 */

const root = path.resolve(import.meta.dirname, '../..');

/** Each room, and the rooms that it may import from (itself always). */
const rooms: Record<string, readonly string[]> = {
  text: [],
  config: ['text'],
  host: ['text', 'config'],
  t3: ['text', 'config', 'host'],
  snapshots: ['text', 'config', 'host', 't3'],
  journal: ['text', 'config', 'host', 't3', 'snapshots'],
  fleet: ['text', 'config', 'host', 't3', 'snapshots'],
  operations: ['text', 'config', 'host', 't3', 'snapshots', 'journal', 'fleet'],
  diagnosis: ['text', 'config', 'host', 't3', 'snapshots', 'journal', 'fleet'],
  view: ['text', 'config', 'host', 't3', 'snapshots', 'journal', 'fleet', 'operations'],
  cockpit: ['text', 'config', 'host', 't3', 'snapshots', 'journal', 'fleet', 'operations', 'view'],
  sandbox: ['text', 'config', 'host', 't3', 'journal'],
  commands: [
    'text',
    'config',
    'host',
    't3',
    'snapshots',
    'journal',
    'fleet',
    'operations',
    'diagnosis',
    'view',
    'sandbox',
  ],
  components: ['cockpit', 'view'],
};

/** What touches the machine, and the only rooms that may have it. The sandbox is a machine of its own. */
const machine =
  /^(node:(fs|fs\/promises|child_process|http|https|net|dgram|tls|worker_threads|dns)|execa|better-sqlite3)$/;
const machineRooms = new Set(['host', 'sandbox']);

/** Single files with a reason to be an exception. */
const exceptions: Record<string, readonly string[]> = {
  // The config cannot be read through the host: the host is opened with it.
  'src/config/load.ts': ['node:fs'],
  // The journal makes sure that its own folder is closed to others.
  'src/journal/journal.ts': ['node:fs'],
  // `demo` needs a folder for a sandbox before there is a host.
  'src/commands/sandbox.ts': ['node:fs'],
};

interface Import {
  file: string;
  room: string;
  from: string;
}

function sources(): string[] {
  return ['src', 'components', 'bin'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => path.join(folder, name)),
  );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const room = roomOf(file);
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({
    file,
    room,
    from: match[1] ?? '',
  }));
}

function roomOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  return top === 'src' ? second : top;
}

const all = sources().flatMap(importsOf);
const inner = all.filter(({ room }) => room !== 'bin');

describe('the rooms of the house', () => {
  it('are all known to this test', () => {
    expect(new Set(inner.map(({ room }) => room))).toEqual(new Set(Object.keys(rooms)));
  });

  it('know only the rooms below them', () => {
    const wrong = inner
      .filter(({ from }) => from.startsWith('.'))
      .map((each) => ({ ...each, to: roomOf(path.join(path.dirname(each.file), each.from)) }))
      .filter(({ room, to }) => to !== room && rooms[room]?.includes(to) !== true)
      .map(({ file, from }) => `${file} imports ${from}`);
    expect(wrong).toEqual([]);
  });

  // What is planned is judged by guards and steps alone when it is run: neither side may count on the other.
  it('part what is planned from what runs it, and the steps from both', () => {
    const inside = (file: string) => /^src\/operations\/(plans|run|steps|guards|pins)\//.exec(file)?.[1];
    const apart: Record<string, readonly string[]> = {
      plans: ['run'],
      run: ['plans'],
      steps: ['plans', 'run'],
      guards: ['plans', 'run'],
      pins: ['plans', 'run', 'steps', 'guards'],
    };
    const wrong = inner
      .map((each) => ({ ...each, to: inside(path.join(path.dirname(each.file), each.from)) }))
      .filter(({ file, to }) => to !== undefined && apart[inside(file) ?? '']?.includes(to) === true)
      .map(({ file, from }) => `${file} imports ${from}`);
    expect(wrong).toEqual([]);
  });

  it('leave the machine to the host', () => {
    const wrong = inner
      .filter(({ room, from }) => machine.test(from) && !machineRooms.has(room))
      .filter(({ file, from }) => exceptions[file]?.includes(from) !== true)
      .map(({ file, from }) => `${file} imports ${from}`);
    expect(wrong).toEqual([]);
    // The other way to a module of Node's.
    const asking = sources().filter((file) =>
      readFileSync(path.join(root, file), 'utf8').includes('getBuiltinModule'),
    );
    expect(asking).toEqual(['src/host/node-http.ts']);
  });

  it('import nothing that every start of a process would pay for', () => {
    const wrong = sources().filter((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      // Of the object `z` nothing can be left out of the bundle: it brings all of zod, in all its languages.
      return /^import \{.* from 'zod'/m.test(text) || /^import (?!type\b).* from 'node:https?'/m.test(text);
    });
    expect(wrong).toEqual([]);
  });

  it('leave React to the components', () => {
    const wrong = all
      .filter(({ from }) => /^(react|ink|ink-table)(\/|$)/.test(from))
      .filter(({ file, room }) => room !== 'components' && file !== 'bin/cockpit.tsx')
      .map(({ file, from }) => `${file} imports ${from}`);
    expect(wrong).toEqual([]);
  });

  it('keep components small', () => {
    const long = sources()
      .filter((file) => file.startsWith('components/'))
      .filter((file) => readFileSync(path.join(root, file), 'utf8').split('\n').length > 250);
    expect(long).toEqual([]);
  });
});
