import { rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { startActivity, type ActivityKind } from './activity.ts';
import { connectionString, inUrl, originOf } from './addresses.ts';
import { baseDirAt, type BaseDir } from './base-dir.ts';
import { openState } from './database.ts';
import { pairingUrl } from './documents.ts';
import { causes, log, logMigrations } from './log.ts';
import { migrate } from './migrations/migrate.ts';
import { issueLink } from './pairing-links.ts';
import type { VersionProfile } from './profiles.ts';
import { StandInServer, type Binding } from './server.ts';

export interface ServeOptions extends Binding {
  folder: string;
}

/** After a deliberate stop: a unit without `SuccessExitStatus=130` shows `failed` (docs/t3-contract.md, Process). */
const stoppedExitCode = 130;
/** The number of the fiber in a server's log lines. */
const fiber = 1;

/**
 * `t3 serve`, until SIGTERM or SIGINT. SIGHUP is left to the system: it kills without cleaning up
 * (docs/t3-contract.md, Process). What happens in the instance is simulated, and told by the environment:
 * `T3_STAND_IN_ACTIVITY` (`idle`, the default, or `busy`), `T3_STAND_IN_STARTUP_MS`, how long it takes to start,
 * `T3_STAND_IN_AGENT=1`, a child process that does nothing, as an agent's that waits,
 * `T3_STAND_IN_STOP` (`clean`, the default, or `ignored`), what a SIGTERM does, and, of versions that are bad on
 * purpose, `T3_STAND_IN_CRASH_MS` and `T3_STAND_IN_REFUSES` (versions.ts).
 *
 * @returns the exit code.
 * @throws what keeps it from starting: a port in use, a database that cannot be opened or migrated.
 */
export async function serve(profile: VersionProfile, options: ServeOptions): Promise<number> {
  const simulation = simulationOf(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => (simulation.stop === 'ignored' ? undefined : stop.abort()));
  if (simulation.startup > 0) await stopped(delay(simulation.startup, undefined, { signal: stop.signal }));
  if (stop.signal.aborted) return stoppedExitCode;
  const base = baseDirAt(options.folder);
  const db = openState(base);
  try {
    logMigrations(fiber, () => migrate(db, profile.migrations));
    const server = new StandInServer(profile, db, base, options);
    await server.listen();
    try {
      log('INFO', fiber, `Listening on http://${inUrl(options.host)}:${options.port}`);
      writeRuntime(base, options);
      touchRuntimeRows(db);
      announce(profile, db, options);
      crashLater(profile, simulation.crash);
      if (simulation.agent) startAgent();
      const endActivity = startActivity(db, simulation.activity);
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
      endActivity();
    } finally {
      await server.close();
    }
    stopRuntimeRows(db);
    rmSync(base.runtime, { force: true });
    return stoppedExitCode;
  } finally {
    // The last to close folds the WAL in and removes the side files.
    db.close();
  }
}

interface Simulation {
  activity: ActivityKind;
  /** Milliseconds. */
  startup: number;
  stop: 'clean' | 'ignored';
  /** An agent's process waits in it. */
  agent: boolean;
  /** When a version that crashes does, milliseconds. */
  crash: number | undefined;
}

function simulationOf(environment: NodeJS.ProcessEnv): Simulation {
  const {
    T3_STAND_IN_ACTIVITY: activity = 'idle',
    T3_STAND_IN_STARTUP_MS: startup = '0',
    T3_STAND_IN_STOP: stop = 'clean',
    T3_STAND_IN_AGENT: agent,
    T3_STAND_IN_CRASH_MS: crash,
  } = environment;
  if (activity !== 'idle' && activity !== 'busy')
    throw new Error(`T3_STAND_IN_ACTIVITY is idle or busy, not ${activity}`);
  if (!/^\d{1,6}$/.test(startup))
    throw new Error(`T3_STAND_IN_STARTUP_MS is a number of milliseconds, not ${startup}`);
  if (stop !== 'clean' && stop !== 'ignored')
    throw new Error(`T3_STAND_IN_STOP is clean or ignored, not ${stop}`);
  if (crash !== undefined && !/^\d{1,6}$/.test(crash))
    throw new Error(`T3_STAND_IN_CRASH_MS is a number of milliseconds, not ${crash}`);
  return {
    activity,
    startup: Number(startup),
    stop,
    agent: agent === '1',
    crash: crash === undefined ? undefined : Number(crash),
  };
}

/** It ends with this process, however that does. */
function startAgent(): void {
  spawn('setpriv', ['--pdeathsig=KILL', '--', 'sleep', 'infinity'], { stdio: 'ignore' });
}

/** Wait for something that a stop may cut short. */
async function stopped(waiting: Promise<unknown>): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  }
}

function writeRuntime(base: BaseDir, { host, port }: Binding): void {
  const runtime = {
    pid: process.pid,
    host,
    port,
    origin: originOf(host, port),
    startedAt: new Date().toISOString(),
  };
  writeFileSync(base.runtime, `${JSON.stringify(runtime)}\n`, { mode: 0o644 });
}

/** `last_seen_at` moves at every start and stop, and so is no sign of activity (docs/t3-contract.md, State database). */
function touchRuntimeRows(db: Database.Database): void {
  db.prepare('UPDATE provider_session_runtime SET last_seen_at = ?').run(new Date().toISOString());
}

/** As the fixtures show it after a stop. */
function stopRuntimeRows(db: Database.Database): void {
  const now = new Date().toISOString();
  const payload = { activeTurnId: null, lastRuntimeEvent: 'provider.stopAll', lastRuntimeEventAt: now };
  db.prepare(
    `UPDATE provider_session_runtime SET status = 'stopped', last_seen_at = ?, runtime_payload_json = ?`,
  ).run(now, JSON.stringify(payload));
}

/**
 * Say how to pair. An old server on a newer schema fails here, goes on, and is never `ready`
 * (docs/t3-contract.md, State database).
 */
function announce(profile: VersionProfile, db: Database.Database, { host, port }: Binding): void {
  let credential: string;
  try {
    ({ credential } = issueLink(db, profile, { standing: 'owner' }));
  } catch (error) {
    log('ERROR', fiber, `Failed to issue pairing credential.\n${causes(error).trimEnd()}`);
    return;
  }
  const connection = connectionString(host, port);
  process.stdout.write(
    [
      'T3 Code server is ready.',
      `Connection string: ${connection}`,
      `Token: ${credential}`,
      `Pairing URL: ${pairingUrl(connection, credential)}`,
      '',
      ...pretendQrCode,
      '',
      '',
    ].join('\n'),
  );
}

/** Lines as a QR code has them; no camera reads this one. */
const pretendQrCode = [
  '  █▀▀▀▀▀█ ▄▀█▄▀ █▀▀▀▀▀█',
  '  █ ███ █ ▀▄▀ ▄ █ ███ █',
  '  █ ▀▀▀ █ █▀▄▀█ █ ▀▀▀ █',
  '  ▀▀▀▀▀▀▀ ▀ ▀ ▀ ▀▀▀▀▀▀▀',
];

/** @param sooner Milliseconds, in place of its own. */
function crashLater({ version, faults }: VersionProfile, sooner: number | undefined): void {
  if (faults.crashAfter === undefined) return;
  setTimeout(() => {
    throw new Error(`t3 ${version} crashes, on purpose`);
  }, sooner ?? faults.crashAfter).unref();
}
