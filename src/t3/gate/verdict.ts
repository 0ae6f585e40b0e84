import { schemaLevel, type Migration, type Work } from '../state-database.ts';
import { withoutOrigin } from '../command-line.ts';
import type { TrialReport } from './protocol.ts';

/** What a database held: before a trial, and after. */
export interface Holding {
  migrations: readonly Migration[];
  work: Work;
}

/** What is known of a trial when it is over. */
export interface Tried {
  version: string;
  report: TrialReport;
  /** Undefined of an empty base directory. */
  before: Holding | undefined;
  /** Undefined where it cannot be read. */
  after: Holding | undefined;
  /** What the dispatch knows: it cannot speak with a server that calls them otherwise. */
  dispatch: { pairingPaths: readonly string[]; cookie: string };
}

/** `host`: the trial itself could not be held. `version`: it was held, and this is what came of it. */
export type GateFinding = { of: 'host' | 'version'; words: string } | undefined;

const updateFirst = 'the dispatch cannot speak it: update it first';

/**
 * Is this version fit for what it was tried on? Every rule looks at something that happened; what was not seen to work
 * has not worked (guarantee 14).
 *
 * @returns the first thing that is wrong; undefined when nothing is.
 */
export function judgeTrial({ version, report, before, after, dispatch }: Tried): GateFinding {
  const { pairing } = report;
  if (report.problem !== null) return { of: 'host', words: report.problem };
  if (report.log.some((line) => line.includes('EADDRINUSE')))
    return { of: 'host', words: 'its port was taken by somebody else' };
  const bad = (words: string): GateFinding => ({ of: 'version', words });
  const migration = report.log.find((line) => /migration\b.*\bfailed|MigrationError/i.test(line));
  if (migration !== undefined) return bad(`its migration fails: ${withoutOrigin(migration)}`);
  if (report.startMs === null)
    return bad(
      report.ended === null
        ? 'it does not answer'
        : `it does not start (${report.ended})${lastWords(report)}`,
    );
  if (report.version !== version) return bad(`it says that it is ${report.version ?? 'nothing'}`);
  if (pairing.verdict === 'broken' && /none of .* exists/.test(pairing.reason ?? ''))
    return bad(`${pairing.reason}; ${updateFirst}`);
  if (pairing.verdict !== 'ok')
    return bad(
      `it answers, and cannot be paired with${pairing.step === null ? '' : ` (${pairing.step})`}: ${pairing.reason ?? pairing.verdict}`,
    );
  if (!dispatch.pairingPaths.includes(pairing.endpoint ?? ''))
    return bad(`it exchanges credentials at ${pairing.endpoint}; ${updateFirst}`);
  if (report.cookie !== dispatch.cookie)
    return bad(`it calls its session cookie ${report.cookie}, not ${dispatch.cookie}; ${updateFirst}`);
  if (!report.ready) return bad('it answers, but never said that it is ready');
  if (report.ended !== null)
    return bad(`it ended by itself after a while (${report.ended})${lastWords(report)}`);
  return judgeDatabase(before, after);
}

function judgeDatabase(before: Holding | undefined, after: Holding | undefined): GateFinding {
  const bad = (words: string): GateFinding => ({ of: 'version', words });
  if (after === undefined) return bad('what it left of the database cannot be read');
  if (before === undefined) return undefined;
  const changed = before.migrations.find(
    (migration) => after.migrations.find(({ id }) => id === migration.id)?.name !== migration.name,
  );
  if (changed !== undefined)
    return bad(
      `it knows migration ${changed.id} by another name than ${changed.name}: it is of another kind`,
    );
  const lost = (['projects', 'threads', 'messages', 'turns'] as const).filter(
    (what) => after.work[what] < before.work[what],
  );
  if (lost.length > 0)
    return bad(
      `it loses work: ${lost.map((what) => `${before.work[what]} ${what} became ${after.work[what]}`).join(', ')}`,
    );
  return undefined;
}

/** The migrations that a trial has run, as t3 writes them: `31_AuthAuthorizationScopes`. */
export function migrationsRun(before: Holding | undefined, after: Holding | undefined): string[] {
  const known = new Set(before?.migrations.map(({ id }) => id) ?? []);
  return (after?.migrations ?? []).filter(({ id }) => !known.has(id)).map(({ id, name }) => `${id}_${name}`);
}

/** The level that a database is at after a trial. */
export const levelAfter = (after: Holding | undefined): Migration | undefined =>
  schemaLevel(after?.migrations ?? []);

function lastWords({ log }: TrialReport): string {
  const last = log.findLast((line) => /ERROR|FATAL|Error:/.test(line));
  return last === undefined ? '' : `: ${withoutOrigin(last)}`;
}
