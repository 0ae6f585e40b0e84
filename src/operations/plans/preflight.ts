import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { noDatabase } from '../../fleet/collect/state.ts';
import type { Fleet, Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { Account } from '../../host/account.ts';
import { leastLevel } from '../../t3/levels.ts';
import { prefixOf, type Candidate, type NoCandidate } from '../../t3/packages.ts';
import { whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import type { Naming } from './lane.ts';
import type { GateStep, Plan, Step } from '../plan.ts';
import { bytesOf } from './prebump.ts';

/** What judging a version needs to know beyond the fleet. */
export interface CandidateFacts {
  candidate: Candidate | NoCandidate;
  /** In whose checkout the pin files lie, and who runs the config's own commands. */
  administrator: string;
}

/**
 * Plan to fetch a version into a prefix of its own and to try it on copies of real databases, after the one that is
 * installed. Nothing that anybody uses is touched.
 *
 * @throws UsageProblem, Refused
 */
export function planPreflight(fleet: Fleet, config: Config, naming: Naming, facts: CandidateFacts): Plan {
  const { candidate, administrator } = facts;
  if ('problem' in candidate) {
    if (candidate.reason === 'absent') throw new UsageProblem(candidate.problem);
    throw new Refused(candidate.problem);
  }
  const { version } = candidate;
  const installed = valueOf(fleet.installed);
  if (installed === undefined)
    throw new Refused(
      `it is not known what is installed, so nothing can be compared: ${whyUnknown(fleet.installed, 'not looked at')}`,
    );
  if (version === installed)
    throw new UsageProblem(`t3 ${version} is what is installed: there is nothing to judge`);
  const subjects = subjectsOf(fleet, installed);
  const steps: Step[] = [
    downloadStep(config, candidate, naming),
    ...trials(config, subjects, 'control', installed, naming),
    ...trials(config, subjects, 'candidate', version, naming),
    ...config.gate.commands.map((command, index): Step => ({
      kind: 'command',
      id: `command/${index}`,
      title: command.name,
      user: administrator,
      argv: command.argv,
      folder: command.folder,
      timeout: command.timeout,
      version,
    })),
  ];
  const largest = Math.max(...subjects.map(({ bytes }) => bytes));
  return {
    kind: 'preflight',
    lanes: [{ user: null, steps }],
    leftOut: [],
    parallel: 1,
    notes: [
      `nothing that anybody uses is changed: ${version} gets a prefix of its own (${prefixOf(config, version)})`,
      `tried on copies of ${subjects.map(({ user }) => `${user}’s`).join(' and ')} database, and on an empty one; up to ${prettyBytes(largest)} for that, removed again`,
      `${installed} has to pass the same, or it is the gate that is broken`,
    ],
  };
}

interface Subject {
  user: string;
  account: Account;
  bytes: number;
}

/**
 * Whose databases a version is tried on: the largest one, and the one that was used last. Only of those on whose schema
 * the installed version runs: it has to pass as well.
 */
function subjectsOf(fleet: Fleet, installed: string): Subject[] {
  const able = fleet.instances.filter((instance) => mayServe(instance, installed));
  const byBytes = able.toSorted((a, b) => bytesOf(b) - bytesOf(a));
  const byWork = able.toSorted((a, b) => lastWork(b) - lastWork(a));
  const chosen = [...new Set([byBytes[0], byWork[0]])].flatMap((instance): Subject[] => {
    const account = instance === undefined ? undefined : valueOf(instance.account);
    return instance === undefined || account === undefined
      ? []
      : [{ user: instance.user, account, bytes: bytesOf(instance) }];
  });
  if (chosen.length > 0) return chosen;
  const why = fleet.instances
    .filter(({ size }) => size.kind === 'unknown' && size.reason !== noDatabase)
    .map(({ user, size }) => `; ${user}: ${whyUnknown(size, '')}`);
  throw new Refused(
    `gate not trustworthy: there is no database to try it on that ${installed} runs on${why.join('')}`,
  );
}

function mayServe(instance: Instance, installed: string): boolean {
  const running = valueOf(instance.liveness)?.version;
  const level = valueOf(instance.state)?.migrations.at(-1)?.id;
  if (valueOf(instance.account) === undefined || valueOf(instance.size) === undefined || level === undefined)
    return false;
  return running === undefined ? level <= (leastLevel(installed) ?? level) : running === installed;
}

const lastWork = (instance: Instance) => valueOf(instance.state)?.lastActivity ?? 0;

export function downloadStep(
  config: Config,
  { version, integrity, bytes }: Candidate,
  { tail }: Naming,
  id = 'download',
): Step {
  const prefix = prefixOf(config, version);
  return {
    kind: 'download',
    id,
    title: `fetch t3 ${version}`,
    user: null,
    version,
    integrity,
    prefix,
    // Beside it, so that it can take its name; and no version's, so that nobody takes it for one.
    partial: path.join(path.dirname(prefix), `.partial-${tail}${id === 'download' ? '' : '-2'}`),
    bytes,
  };
}

function trials(
  config: Config,
  subjects: readonly Subject[],
  role: GateStep['role'],
  version: string,
  { tail }: Naming,
): GateStep[] {
  const [first] = subjects;
  // An empty one needs somebody to run as, too.
  const all =
    first === undefined
      ? []
      : [{ ...first, empty: true }, ...subjects.map((each) => ({ ...each, empty: false }))];
  return all.map(({ user, account, bytes, empty }, index) => {
    const backups = expand(config.paths.backups, { user });
    return {
      kind: 'gate',
      id: `${role}/${empty ? 'empty' : user}`,
      title: `try ${version} on ${empty ? 'an empty database' : `a copy of ${user}’s`}`,
      user,
      role,
      version,
      database: empty ? null : expand(config.paths.stateDatabase, { user, home: account.home }),
      home: account.home,
      backups,
      scratch: path.join(backups, config.snapshots.folder, `.try-${tail}-${role}-${index}`),
      bytes: empty ? 0 : bytes,
    };
  });
}
