import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournalReadOnly } from '../../src/journal/journal.ts';
import { readOperationDocuments } from '../../src/journal/operations.ts';
import { planSchema, type Plan, type Step } from '../../src/operations/plan.ts';
import { Bumping, unitOf } from './bumping.ts';
import { explains, leaves, within } from './planned.ts';
import { canRecord, record, type Change, type Recorded } from './recorded.ts';

/**
 * A dry run prints the plan that a run executes, and changes nothing: both held against what the kernel saw them do
 * (guarantee 10 of the design). Where there is no strace(1), nobody can say, and nothing here is claimed.
 */

const door = path.resolve(import.meta.dirname, '../../bin/t3-cockpit.js');
const dist = path.resolve(import.meta.dirname, '../../dist');

let on: Bumping;
beforeAll(async () => {
  if (!canRecord) return;
  on = await Bumping.create(3);
  // Whose database grows all the time would be the largest one at one look, and not at the next.
  const file = on.at('etc/t3-serve/bob.env');
  writeFileSync(file, on.environment('bob').replace('T3_STAND_IN_ACTIVITY=busy', ''));
  await on.supervisor.restart(unitOf('bob'));
  await on.runs('bob');
});
afterAll(() => on?.destroy());

const recorded = (...args: string[]): Promise<Recorded> =>
  record([process.execPath, door, '--config', on.sandbox.config, ...args]);

const quick = ['--set', 'gate.watch=100ms', '--set', 'bump.soak=600ms'];
/** As little is kept as can be set. */
const tight = ['last=1', 'daily=0', 'weekly=0', 'perVersion=1'].flatMap((rule) => [
  '--set',
  `snapshots.keep.${rule}`,
]);

describe.runIf(canRecord)('a bump, seen by the kernel,', () => {
  let dry: Recorded;
  let printed: Plan;
  let before: Map<string, string>;

  it('that is only planned changes no name and no content, and asks only what there is', async () => {
    before = tree(on.sandbox.root);
    dry = await recorded('--json', '--dry-run', ...quick, 'bump', '0.0.27');
    expect(dry.run.exitCode, dry.run.stderr).toBe(0);
    printed = planSchema.parse((JSON.parse(dry.run.stdout) as { plan: unknown }).plan);
    // What a reader's SQLite has beside a WAL database comes and goes; and npm's answers, in a folder of their own.
    const remaining = dry.changes.filter(
      ({ path: name }) =>
        !/\/state\.sqlite-(wal|shm)$/.test(name) && !within(name, os.tmpdir(), on.sandbox.root),
    );
    expect(remaining).toEqual([]);
    expect(changedNames(before, tree(on.sandbox.root))).toEqual([]);
    const asked = dry.programs.map(programOf).filter((name) => !wrappers.has(name));
    expect(new Set(asked)).toEqual(
      new Set(['command', 't3 --version', 'npm view', 'reader', 'editor', 'git rev-parse', 'git show']),
    );
  });

  it('does all that its plan says, and nothing that it does not say', async () => {
    const done = await recorded('--yes', ...quick, 'bump', '0.0.27');
    const steps = expectAsPlanned(done, printed, before);
    expect(programsOf(done)).toEqual(
      new Set(
        'command runner flock reader snapshotter keeper editor gate sync'
          .split(' ')
          .concat('npm view', 'npm pack', 'npm install', 'git rev-parse', 'git show')
          .concat('t3 --version', 't3 serve', 't3 auth pairing', 't3 auth session'),
      ),
    );
    // Each t3 at a database of a version that runs there: nobody's is migrated by a hand that is ahead of its server.
    for (const argv of done.programs.filter(
      ([program]) => program?.endsWith('/bin/t3') && program.includes('/usr/lib/'),
    ))
      expect(
        baseDirs(steps).some((folder) => argv.includes(folder)) || argv[1] === '--version',
        argv.join(' '),
      ).toBe(true);
  });
});

/** With what everybody has after that bump, one after the other. */
describe.runIf(canRecord)(
  'seen by the kernel, each other operation does what its plan says, and nothing else:',
  () => {
    const probing = ['t3 --version', 't3 auth pairing', 't3 auth session'];
    const asking = ['command', 'runner', 'flock', 'reader'];
    it.each<[words: string[], programs: string[], first?: () => void]>([
      [['backup'], ['snapshotter', 't3 --version']],
      [['freeze', 'holiday'], []],
      [['unfreeze'], []],
      [
        ['drain'],
        ['snapshotter', 'keeper', ...probing],
        () => {
          mkdirSync(on.at('var/lib/t3-autoupdate/deferred'), { recursive: true });
          writeFileSync(on.at('var/lib/t3-autoupdate/deferred/alice'), '0.0.27\n');
        },
      ],
      [
        ['restore', 'alice', '--snapshot', 'latest'],
        ['snapshotter', 'keeper', ...probing],
      ],
      [['rollback'], ['snapshotter', 'keeper', 'editor', 'git rev-parse', 'git show', ...probing]],
      [[...tight, 'snapshots', 'prune'], ['snapshotter']],
    ])('%j', async (words, programs, first) => {
      first?.();
      const before = tree(on.sandbox.root);
      const flags = ['--set', 'busy.quiet=0s', ...quick];
      const {
        plan: { consent, ...plan },
      } = await on.sandbox.json<{ plan: Record<string, unknown> }>('--dry-run', ...flags, ...words);
      expect(changedNames(before, tree(on.sandbox.root))).toEqual([]);
      const done = await recorded('--yes', ...flags, ...words);
      expectAsPlanned(done, planSchema.parse(consent === null ? plan : { ...plan, consent }), before);
      const allowed = new Set([...asking, ...programs]);
      expect([...programsOf(done)].filter((name) => !allowed.has(name))).toEqual([]);
    });
  },
);

/** It was done as it was printed, and every name that changed is one that the plan is about. @returns the steps */
function expectAsPlanned(done: Recorded, printed: Plan, before: Map<string, string>): Step[] {
  expect(done.run.exitCode, done.run.stdout + done.run.stderr).toBe(0);
  const id = on.sandbox.newestOperation();
  const executed = executedPlan(id);
  expect(alike(executed)).toEqual(alike(printed));

  const steps = executed.lanes.flatMap((lane) => lane.steps);
  const own = [on.sandbox.loaded().paths.state];
  const temporary = ({ path: name }: Change) => within(name, os.tmpdir(), on.sandbox.root);
  const unexplained = done.changes.filter(
    (change) =>
      !temporary(change) &&
      !own.some((folder) => within(change.path, folder)) &&
      !steps.some((step) => explains(step, change)),
  );
  expect(unexplained).toEqual([]);

  const states = on.states(id);
  for (const step of steps.filter(({ id: each }) => states[each] === 'succeeded'))
    for (const effect of leaves(step))
      expect(
        done.changes.some(({ path: name }) => name === effect),
        `${step.id} leaves ${effect}`,
      ).toBe(true);

  // And in place: whatever has other contents now is something that a step is about.
  const changed = changedNames(before, tree(on.sandbox.root)).filter(
    (name) =>
      !own.some((folder) => within(name, folder)) &&
      !steps.some((step) => explains(step, { call: 'write', path: name })),
  );
  expect(changed).toEqual([]);
  return steps;
}

const programsOf = ({ programs }: Recorded) =>
  new Set(programs.map(programOf).filter((name) => !wrappers.has(name)));

/** What only goes in front of another program, and a try whether it may. */
const wrappers = new Set(['prlimit', 'setpriv', 'sh', 'unshare', 'ip', 'true']);

/** What was executed, in a word or two. */
function programOf(argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  const name = path.basename(program);
  const words = (count: number, args: readonly string[]) =>
    args
      .filter((arg) => !arg.startsWith('-') || arg === '--version')
      .slice(0, count)
      .join(' ');
  if (name === 't3') return `t3 ${words(rest[0] === 'auth' ? 2 : 1, rest)}`;
  if (name === 'npm') return `npm ${words(1, rest)}`;
  if (name === 'git') return `git ${words(1, rest[0] === '-C' ? rest.slice(2) : rest)}`;
  if (!name.startsWith('node')) return name;
  const [script = ''] = rest;
  if (/\/npm(-cli\.js)?$/.test(script)) return `npm ${words(1, rest.slice(1))}`;
  if (path.basename(script) === 'stand-in-t3.js')
    return `t3 ${words(rest[3] === 'auth' ? 2 : 1, rest.slice(3))}`;
  if (script === door) return 'command';
  return script.startsWith(dist) ? path.basename(script, '.js') : script;
}

/** The plan that an operation was recorded with. */
function executedPlan(id: number): Plan {
  const journal = openJournalReadOnly(on.sandbox.loaded().paths.state);
  try {
    return planSchema.parse(readOperationDocuments(journal, id)?.plan);
  } finally {
    journal.close();
  }
}

/** But for the moment it was made at, the names that count it, and what grows meanwhile. */
const alike = (plan: Plan): unknown =>
  JSON.parse(
    JSON.stringify(plan, (key, value: unknown) => (['bytes', 'takenAt', 'free'].includes(key) ? 0 : value))
      .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'THEN')
      .replaceAll(/\d{8}-\d{6}/g, 'THEN')
      .replaceAll(/(t3-cockpit-|\.partial-|\.try-)[0-9a-f]{8}/g, '$1TAIL')
      .replaceAll(/up to [^;]*/g, 'up to')
      .replaceAll(/worked \d+s ago/g, 'worked'),
  );

/** The base directories that a plan has t3 opened at. */
const baseDirs = (steps: readonly Step[]) =>
  steps.flatMap((step) =>
    step.kind === 'prove' ? [step.baseDir] : step.kind === 'gate' ? [step.scratch] : [],
  );

/** Every name below a folder, with what it is: a folder, where a link leads, the digest of a file. */
function tree(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const each of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const name = path.join(root, each);
    const stat = lstatSync(name, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const mode = (stat.mode & 0o7777).toString(8);
    found.set(
      name,
      stat.isFile()
        ? `${mode} ${createHash('sha256').update(readFileSync(name)).digest('hex')}`
        : stat.isSymbolicLink()
          ? readlinkSync(name)
          : mode,
    );
  }
  return found;
}

/** What changed between two looks, but for what the host's own processes write all the time. */
function changedNames(before: Map<string, string>, after: Map<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter(
    (name) =>
      before.get(name) !== after.get(name) &&
      !within(name, path.join(on.sandbox.root, 'run')) &&
      // Where readers of the journal leave their marks.
      !name.endsWith('/journal.sqlite-shm') &&
      !within(name, path.join(on.sandbox.root, 'var/log')) &&
      !(
        before.has(name) &&
        after.has(name) &&
        on.users.some((user) => name.startsWith(on.sandbox.database(user)))
      ),
  );
}
