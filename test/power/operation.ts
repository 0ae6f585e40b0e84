import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { openHost, type Host } from '../../src/host/host.ts';
import { HttpFailure } from '../../src/host/http.ts';
import type { Sqlite } from '../../src/host/sqlite.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { Recorder, recordOperation, recordOutcome } from '../../src/journal/recorder.ts';
import { readSnapshots } from '../../src/journal/snapshots.ts';
import { execute } from '../../src/operations/run/executor.ts';
import { movesVersions, prepareMoving } from '../../src/operations/run/version-move.ts';
import { planSchema, type Plan, type Step } from '../../src/operations/plan.ts';
import { formatHostName, formatName } from '../../src/snapshots/names.ts';
import type { Binaries } from '../../src/t3/binaries.ts';

/**
 * One operation on one user's database, below a folder: what the runner does of it, by the real executor, the real steps
 * and the real processes of the owner, without a server. As a program of its own: run.ts.
 */

export const scenarios = ['snapshot', 'cold copy', 'restore', 'restore that goes back', 'removal'] as const;
export type Scenario = (typeof scenarios)[number];

export const user = 'vera';

/** Where everything is. */
export function placesIn(root: string) {
  const home = `${root}/home/${user}`;
  const backups = `${root}/backups/${user}`;
  return {
    home,
    live: `${home}/.t3/userdata/state.sqlite`,
    backups,
    folder: `${backups}/cockpit`,
    state: `${root}/state`,
  };
}

export function configOf(root: string): Config {
  return loadConfig({
    set: [
      `paths.stateDatabase={home}/.t3/userdata/state.sqlite`,
      `paths.backups=${root}/backups/{user}`,
      `paths.state=${root}/state`,
      'jobs=[]',
      'snapshots.keepFree=1kb',
      'snapshots.keep.last=1',
      'snapshots.keep.daily=0',
      'snapshots.keep.weekly=0',
      'snapshots.keep.perVersion=1',
    ],
  }).config;
}

/** The machine as it is, but for servers: none runs, and none answers. */
export function hostOf(root: string, config: Config): Host {
  const { home } = placesIn(root);
  const account = { name: user, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, home };
  return {
    ...openHost(config),
    accounts: { byName: () => Promise.resolve(new Map([[user, account]])) },
    holders: () => Promise.resolve([]),
    http: {
      fetch: () => Promise.reject(new HttpFailure('refused', 'nothing listens there')),
      close: () => Promise.resolve(),
    },
  };
}

const version = '0.0.24';
const takenAt = Date.UTC(2026, 10, 23, 12);

/** The steps of an operation on what is there. */
function stepsOf(scenario: Scenario, root: string, journal: ReturnType<typeof openJournal>): Step[] {
  const { home, live, backups, folder } = placesIn(root);
  const base = `${live}.t3-cockpit-abcdef12`;
  const place = { user, backups, folder };
  const beside = { live, home, base };
  const named = (kind: 'prebump' | 'prerestore', at = takenAt) =>
    formatName({ kind, version, takenAt: at }, 'abcdef12');
  // The one that is taken after another is named after another moment.
  const at = scenario === 'cold copy' ? takenAt + 60_000 : takenAt;
  const copied = {
    ...place,
    snapshotKind: 'prebump' as const,
    file: named('prebump', at),
    alias: formatHostName(version, at),
    takenAt: at,
    version,
    bytes: 500_000,
  };
  const newest = () => {
    const [record] = readSnapshots(journal, user);
    if (record === undefined) throw new Error('no snapshot to work on');
    return record;
  };
  switch (scenario) {
    case 'snapshot':
      return [{ kind: 'snapshot', id: `${user}/snapshot`, title: 'snapshot', source: live, ...copied }];
    case 'cold copy':
      return [{ kind: 'cold-copy', id: `${user}/cold-copy`, title: 'cold copy', ...beside, ...copied }];
    case 'removal': {
      const { file, bytes, sha256 } = readSnapshots(journal, user).at(-1) ?? newest();
      return [{ kind: 'remove-snapshot', id: `${user}/remove`, title: file, ...place, file, bytes, sha256 }];
    }
    default: {
      const { file, bytes, sha256, kind } = newest();
      return [
        {
          kind: 'stage',
          id: `${user}/stage`,
          title: 'stage',
          ...place,
          ...beside,
          file,
          bytes,
          sha256,
          snapshotKind: kind,
          takenAt,
          version,
          seen: null,
        },
        {
          kind: 'replace',
          id: `${user}/replace`,
          title: 'replace',
          ...place,
          ...beside,
          file: named('prerestore'),
          givenUp: named('prerestore', takenAt + 1000),
          takenAt,
          version,
          bytes: 500_000,
        },
        // Nothing answers: that is where it goes back.
        ...(scenario === 'restore'
          ? []
          : [
              {
                kind: 'check' as const,
                id: `${user}/check`,
                title: 'check',
                user,
                unit: 'none.service',
                port: 1,
                version,
                live,
                home,
                schema: null,
              },
            ]),
        { kind: 'settle', id: `${user}/settle`, title: 'settle', user, ...beside, deferral: null },
      ];
    }
  }
}

/** What a scenario is about, of what is there. */
export function planOf(scenario: Scenario, root: string, journal: Sqlite): Plan {
  return planSchema.parse({
    kind: scenario === 'removal' ? 'prune' : scenario.startsWith('restore') ? 'restore' : 'backup',
    lanes: [{ user, steps: stepsOf(scenario, root, journal) }],
    leftOut: [],
    parallel: 1,
    notes: [],
  });
}

/** What an operation is done to, and with. */
export interface Performing {
  config: Config;
  host: Host;
  durable: Sqlite;
  quick: Sqlite;
  /** Told when the first step is about to begin. */
  begun: () => void;
}

/** Record a plan, do it as the runner does, and give it its outcome. @returns how it ended */
export async function perform(
  plan: Plan,
  { config, host, durable, quick, begun }: Performing,
  binaries: Binaries,
): Promise<string> {
  const id = recordOperation(durable, host.clock, {
    kind: plan.kind,
    request: {},
    plan,
    config: {},
    actor: { user: 'root', uid: 0, surface: 'test', pid: 1 },
    steps: plan.lanes.flatMap(({ steps }) => steps),
    session: [],
  });
  const recorder = new Recorder(durable, quick, host.clock, id);
  recorder.started();
  begun();
  const execution = { host, config, recorder, binaries, signal: new AbortController().signal };
  const { outcome, reason } = movesVersions(plan)
    ? await (await prepareMoving(plan, execution)).forward()
    : await execute(plan, execution);
  recordOutcome(durable, host.clock, id, outcome, reason);
  return outcome;
}

/**
 * Do what a scenario is about.
 *
 * @param between What stands between the steps and the machine.
 * @returns how it ended
 */
export async function operate(
  scenario: Scenario,
  root: string,
  between: (host: Host) => Host = (host) => host,
  begun: () => void = () => undefined,
): Promise<string> {
  const config = configOf(root);
  const host = between(hostOf(root, config));
  const durable = openJournal(config.paths.state);
  const quick = openJournal(config.paths.state, false);
  try {
    const plan = planOf(scenario, root, durable);
    const binaries = { startedFor: () => Promise.resolve({ version }) } as unknown as Binaries;
    return await perform(plan, { config, host, durable, quick, begun }, binaries);
  } finally {
    quick.close();
    durable.close();
    await host.close();
  }
}
