import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { bootId } from '../../src/host/clock.ts';
import { takeHostLock } from '../../src/host/lock.ts';
import { lockPath, openJournal, openJournalReadOnly } from '../../src/journal/journal.ts';
import { listOperations, readSteps } from '../../src/journal/operations.ts';
import { recordPlace } from '../../src/journal/recorder.ts';
import { recoverCutOff, type Way } from '../../src/operations/run/recovery.ts';
import { hasTables, openedBy } from './aftermath.ts';
import { filesBelow, fingerprint, materialize, type Tree } from './tree.ts';
import { user } from './operation.ts';
import {
  configOf,
  effectsOf,
  hostOf,
  newer,
  older,
  placesOf,
  programText,
  type Effect,
  type Move,
} from './move.ts';

/** What a journal says after a crash. */
interface Told {
  outcome: string | undefined;
  steps: ReadonlyMap<string, string>;
}

/** What must be so of what a crash has left of a move of versions. */
export class MoveAftermath {
  readonly #move: Move;
  readonly #root: string;
  readonly #scratch: string;
  readonly #effects: Effect[];
  readonly #told = new Map<string, Told>();

  /** @param root Where it was made. @param scratch A folder of its own, where a journal is laid out. */
  constructor(move: Move, root: string, scratch: string) {
    this.#move = move;
    this.#root = root;
    this.#scratch = scratch;
    this.#effects = effectsOf(move, root);
  }

  /** @throws where it is not as was promised. */
  look(tree: Tree): void {
    const { outcome, steps } = this.#toldBy(tree);
    // What is being taken back was done, and may be so no more.
    const goesBack = outcome === undefined && (steps.get(`${user}/stop`) ?? 'pending') !== 'pending';
    for (const { step, file, before, after } of this.#effects) {
      const found = wordOf(tree, file);
      const state = steps.get(step) ?? 'pending';
      // A user's choice comes with the launcher: until that is done there is none.
      const may = step === 'choose' && steps.get('launcher') !== 'succeeded' ? ['nothing', before] : [before];
      if (state === 'succeeded' && !goesBack) expect([step, state, found]).toEqual([step, state, after]);
      else if (state === 'pending' || state === 'undone') expect(may, `${step} is ${state}`).toContain(found);
      else expect([...may, after], `${step} is ${state}: old or new, and whole`).toContain(found);
    }
    this.#programs(tree, steps);
    const { deferral, freeze } = placesOf(this.#root);
    if (this.#move === 'bump' && outcome === 'succeeded')
      expect(tree.files.get(deferral)?.toString(), 'the restart that is owed').toBe(`${newer}\n`);
    if (outcome === 'rolled back')
      expect(tree.files.get(freeze)?.toString(), 'why versions are frozen').toMatch(/ failed .*\n$/);
    for (const file of [deferral, freeze])
      if (tree.files.has(file)) expect(tree.files.get(file)?.toString(), file).toMatch(/^.+\n$/);
  }

  /** Whoever calls t3 gets a program, and all of it; and the version that it was is at hand. */
  #programs(tree: Tree, steps: Told['steps']): void {
    const { binary, chosen, programOf } = placesOf(this.#root);
    const whole = [older, newer].map((version) => fileOf(programText(version)));
    const callable = (file: string) => expect(whole, `${file} is a program`).toContain(resolved(tree, file));
    if (!this.#move.startsWith('launcher') || tree.links.has(binary)) callable(binary);
    else {
      // The launcher: everybody's program, and that of whoever has one; it ends without the folder of those.
      expect(tree.folders).toContain(`${chosen}/users`);
      callable(`${chosen}/default`);
      for (const link of tree.links.keys()) if (link.startsWith(`${chosen}/users/`)) callable(link);
    }
    if (steps.get('install') === 'succeeded')
      expect(resolved(tree, programOf(older)), 'the version that it was').toBe(fileOf(programText(older)));
    if (steps.get('download') === 'succeeded')
      expect(resolved(tree, programOf(newer)), 'what was fetched').toBe(fileOf(programText(newer)));
  }

  #toldBy({ files }: Tree): Told {
    const { state } = placesOf(this.#root);
    const journal = new Map(
      [...files].filter(([file]) => file.startsWith(`${state}/journal`) && !file.endsWith('-shm')),
    );
    const print = fingerprint(journal);
    const known = this.#told.get(print);
    if (known !== undefined) return known;
    materialize(journal, this.#root, this.#scratch);
    const told = readTold(placesOf(this.#scratch).state);
    this.#told.set(print, told);
    return told;
  }

  /** What must be so once somebody has brought it to an end, by what is there. @throws where it is not */
  lookAtEnd(outcome: string): void {
    const now = filesBelow(this.#root);
    this.look(now);
    // All of it, or nothing; what could not be led back is said, and is one or the other.
    if (this.#move.startsWith('bump') && outcome !== 'failed')
      for (const { step, file, before, after } of this.#effects)
        expect([step, wordOf(now, file)], outcome).toEqual([step, outcome === 'succeeded' ? after : before]);
    const left = [...now.files.keys(), ...now.links.keys()].map((file) => path.relative(this.#root, file));
    // Beside a program, what was being made of a link to it may stay: the next one goes over it, and nobody calls it.
    const beside = left.filter((file) => /partial|\.t3-cockpit/.test(file));
    if (outcome !== 'failed')
      expect(beside.filter((file) => !file.endsWith('/bin/t3.t3-cockpit-new'))).toEqual([]);
  }
}

/**
 * Let the next runner take an operation on, or back, whose own has died: as soon as it gets the host's lock.
 *
 * @returns how it has ended then
 */
export async function recovered(
  which: Move,
  root: string,
  way: Extract<Way, 'resume' | 'roll back'>,
): Promise<string> {
  const config = configOf(root);
  // In this order, as whoever asks for something has it: the lock beside a journal of nothing says that there was one.
  const durable = openJournal(config.paths.state);
  const quick = openJournal(config.paths.state, false);
  const lock = await takeHostLock(lockPath(config.paths.state), 10);
  if (lock === undefined) throw new Error('something that the runner has left behind holds the host');
  const host = hostOf(which, root, config, lock);
  try {
    const [newest] = listOperations(durable, 1);
    if (newest === undefined) return 'interrupted';
    if (newest.state === 'ended') return newest.outcome ?? '';
    recordPlace(durable, newest.id, { kind: 'group', group: 1, cookie: 'x', boot: bootId() });
    await recoverCutOff({
      host: { ...host, runners: { ...host.runners, lives: () => Promise.resolve(false) } },
      config,
      durable,
      quick,
      decision: { operation: newest.id, way },
    });
    return listOperations(durable, 1)[0]?.outcome ?? 'none';
  } finally {
    quick.close();
    durable.close();
    await host.close();
    lock.release();
  }
}

/** Nothing, where there is no journal yet. */
function readTold(state: string): Told {
  const steps = new Map<string, string>();
  const journal = path.join(state, 'journal.sqlite');
  if (!existsSync(journal) || !hasTables(journal)) return { outcome: undefined, steps };
  expect(openedBy(journal)).toBe('ok');
  const db = openJournalReadOnly(state);
  try {
    const [newest] = listOperations(db, 1);
    if (newest === undefined) return { outcome: undefined, steps };
    for (const { id, state: each } of readSteps(db, newest.id)) steps.set(id, each);
    return { outcome: newest.outcome, steps };
  } finally {
    db.close();
  }
}

/** As `fileWord`. */
function wordOf({ files, links, modes }: Tree, file: string): string {
  const [bytes, to] = [files.get(file), links.get(file)];
  if (to !== undefined) return `leads to ${to}`;
  if (bytes === undefined) return 'nothing';
  return `${(modes.get(file) ?? 0).toString(8)} ${createHash('sha256').update(bytes).digest('hex')}`;
}

const fileOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** The digest of the executable file at the end of all links. */
function resolved({ files, links, modes }: Tree, file: string): string {
  let at = file;
  for (let step = 0; step < 10; step += 1) {
    const to = links.get(at);
    if (to === undefined) break;
    at = path.resolve(path.dirname(at), to);
  }
  const bytes = files.get(at);
  if (bytes === undefined) return `nothing at ${at}`;
  if (((modes.get(at) ?? 0) & 0o111) === 0) return `${at} may not be executed`;
  return createHash('sha256').update(bytes).digest('hex');
}
