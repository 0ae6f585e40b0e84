import semver from 'semver';
import type { Config } from '../config/schema.ts';
import { startsAs, type Fleet, type Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { isRunning } from '../host/units/units.ts';
import { newestUsable } from '../snapshots/catalog.ts';
import { isOff } from '../t3/off.ts';
import type { Tone } from './cell.ts';
import { ageText, clockText } from './format.ts';
import { unitCell, unitWords } from './unit.ts';
import { pinsText } from './pins.ts';
import { worstProbe } from './probe.ts';
import { hostProblemTexts, problemsOf, type InstanceProblem } from './problems.ts';

/** What helps; each is a key of the cockpit. `look`: nothing but the admin does. */
export type Remedy = 'back up' | 'probe' | 'restart' | 'drain' | 'bump' | 'freeze' | 'launcher' | 'look';

/** Something that wants the admin: what, how badly, whose, and what helps. */
export interface Finding {
  /** The same finding, whatever its numbers are by now. */
  key: string;
  tone: Extract<Tone, 'danger' | 'attention' | 'unknown'>;
  /** What weighs more is higher. */
  gravity: number;
  /** Whom it is about, in the order of the map; nobody: the host. */
  users: readonly string[];
  text: string;
  remedy: Remedy;
  /** What helps, in words, where that is not plain. */
  advice?: string;
  /** The version that a bump would be to. */
  version?: string;
}

/** The command that helps with a finding, its words one by one; none where only the admin does. */
export function findingCommand({ remedy, users, version }: Finding): readonly string[] | undefined {
  switch (remedy) {
    case 'back up':
      return ['backup', ...users];
    case 'probe':
    case 'restart':
      return [remedy, ...users];
    case 'drain':
      return ['drain'];
    case 'bump':
      return version === undefined ? undefined : ['bump', version];
    case 'freeze':
      return ['unfreeze'];
    case 'launcher':
      return ['launcher', 'install'];
    case 'look':
      return undefined;
  }
}

/** A finding in one line, with what helps. */
export function findingText(found: Finding): string {
  const command = findingCommand(found);
  const advice = found.advice === undefined ? '' : `; ${found.advice}`;
  return `${found.text}${advice}${command === undefined ? '' : ` (t3-cockpit ${command.join(' ')})`}`;
}

/** What weighs how much. Who cannot work comes first, then whose work could be lost, then what only looks wrong. */
const gravities = {
  'cannot pair': 90,
  down: 80,
  ahead: 85,
  launcher: 75,
  'backup late': 70,
  damaged: 60,
  owed: 40,
  versions: 38,
  pins: 36,
  'host problem': 34,
  mapping: 50,
  'not known': 30,
  stopped: 28,
  memory: 26,
  unverified: 24,
  'never probed': 10,
  frozen: 12,
} as const;

type Sort = keyof typeof gravities;

export interface Beholding {
  config: Config;
  /** Now, milliseconds since 1970. */
  wall: number;
}

/** Everything that wants the admin now, the gravest first. What holds of many is said once. */
export function findingsOf(fleet: Fleet, beholding: Beholding): Finding[] {
  return [
    ...hostFindings(fleet, beholding),
    ...fleet.instances.flatMap((instance) => ownFindings(instance, fleet, beholding.wall)),
    ...sharedFindings(fleet, beholding),
  ].toSorted((a, b) => b.gravity - a.gravity);
}

function finding(
  sort: Sort,
  tone: Finding['tone'],
  users: readonly string[],
  text: string,
  remedy: Remedy,
): Finding {
  const { [sort]: gravity } = gravities;
  return { key: `${sort}:${users.join(' ') || text}`, tone, gravity, users, text, remedy };
}

function hostFindings(fleet: Fleet, { wall }: Beholding): Finding[] {
  const installed = valueOf(fleet.installed);
  const pins = valueOf(fleet.pins);
  const freeze = valueOf(fleet.freeze);
  const found: Finding[] = hostProblemTexts(fleet).map((text) => ({
    ...finding('host problem', 'danger', [], text, 'look'),
    key: `host problem:${text}`,
  }));
  if (pins !== undefined && pins.agreed === undefined && pins.readings.length > 0)
    found.push(finding('pins', 'attention', [], `pins ${pinsText(pins)}`, 'look'));
  if (pins?.agreed?.kind === 'version' && installed !== undefined && pins.agreed.version !== installed)
    found.push({
      ...finding(
        'pins',
        'attention',
        [],
        `${pins.agreed.version} is pinned, but ${installed} is installed`,
        'bump',
      ),
      version: pins.agreed.version,
    });
  if (valueOf(fleet.launcher)?.kind === 'replaced')
    found.push(finding('launcher', 'danger', [], 'something else is in the launcher’s place', 'launcher'));
  if (freeze?.frozen === true && freeze.operation === undefined) {
    const why = freeze.reason === '' ? '' : `: ${freeze.reason}`;
    found.push(
      finding(
        'frozen',
        'attention',
        [],
        `versions are frozen, for ${ageText(wall - freeze.since)}${why}`,
        'freeze',
      ),
    );
  }
  return found;
}

/** What is of one user alone, and has words of its own. */
function ownFindings(instance: Instance, fleet: Fleet, wall: number): Finding[] {
  const { user } = instance;
  const found: Finding[] = [];
  const unit = valueOf(instance.unit);
  if (unit !== undefined) {
    const { text, tone } = unitCell(unit);
    const meant = unit.startup === 'disabled' && isOff(unit);
    const words = unitWords(unit);
    if (tone === 'danger')
      found.push({
        ...finding('down', 'danger', [user], `${user}: ${text}`, 'look'),
        ...(words === undefined ? {} : { advice: words }),
      });
    else if (tone === 'attention' && !meant)
      found.push(finding('stopped', 'attention', [user], `${user}: ${text}`, 'look'));
  }
  const worst = worstProbe(valueOf(instance.probes) ?? []);
  if (worst !== undefined && ['broken', 'unreachable', 'unmapped'].includes(worst.last.verdict)) {
    const { last, since } = worst;
    const at = last.step === undefined ? '' : ` at ${last.step}`;
    const by = last.name === undefined ? '' : ` as ${last.name}`;
    const words = `${user}: pairing${by} ${last.verdict}${at} since ${clockText(since, wall)}`;
    if (unit === undefined || isRunning(unit))
      found.push(finding('cannot pair', 'danger', [user], words, 'probe'));
  }
  for (const problem of problemsOf(instance, wall)) found.push(problemFinding(problem, instance, fleet));
  return found;
}

const problemSorts: Record<InstanceProblem['sort'], { sort: Sort; tone: Finding['tone'] }> = {
  account: { sort: 'down', tone: 'danger' },
  ahead: { sort: 'ahead', tone: 'danger' },
  mapping: { sort: 'mapping', tone: 'danger' },
  snapshot: { sort: 'damaged', tone: 'danger' },
  memory: { sort: 'memory', tone: 'attention' },
  'not known': { sort: 'not known', tone: 'unknown' },
};

function problemFinding(problem: InstanceProblem, instance: Instance, fleet: Fleet): Finding {
  const { user } = instance;
  const { sort, tone } = problemSorts[problem.sort];
  // A restart brings the version that knows the database, if that is the one that it would be started as.
  const helps = sort === 'ahead' && startsAs(fleet, user) !== valueOf(instance.liveness)?.version;
  return {
    ...finding(sort, tone, [user], `${user}: ${problem.words}`, helps ? 'restart' : 'look'),
    key: `${sort}:${user}:${problem.words}`,
    ...(problem.remedy === undefined ? {} : { advice: problem.remedy }),
  };
}

/** What may hold of several, and is said of all of them in one line. */
function sharedFindings(fleet: Fleet, { config, wall }: Beholding): Finding[] {
  const { instances } = fleet;
  const late: { user: string; age: number | undefined }[] = [];
  const unverified: string[] = [];
  const other: string[] = [];
  const owed: string[] = [];
  const neverProbed: string[] = [];
  for (const instance of instances) {
    const { user } = instance;
    const entries = valueOf(instance.snapshots);
    if (entries !== undefined) {
      const { verified, any } = newestUsable(entries, wall);
      const age = any === undefined ? undefined : wall - any.takenAt;
      if (age === undefined || age > config.snapshots.late) late.push({ user, age });
      else if (verified === undefined || wall - verified.takenAt > config.snapshots.late)
        unverified.push(user);
    }
    const running = valueOf(instance.liveness)?.version;
    const starts = startsAs(fleet, user);
    const owes = valueOf(instance.deferral) !== undefined;
    if (owes) owed.push(user);
    else if (running !== undefined && starts !== undefined && running !== starts) other.push(user);
    const standings = valueOf(instance.probes);
    if (standings?.length === 0 && running !== undefined) neverProbed.push(user);
  }
  const of = (users: readonly string[]) => `${users.length} of ${instances.length}`;
  const said = (users: readonly string[], one: (user: string) => string, many: string) =>
    users.length === 1 ? one(users[0] ?? '') : `${of(users)} ${many}: ${namesOf(users)}`;
  const found: Finding[] = [...lateFindings(late, instances.length, config.snapshots.late)];
  if (unverified.length > 0)
    found.push(
      finding(
        'unverified',
        'attention',
        unverified,
        said(unverified, (user) => `${user}: no verified backup`, 'have no verified backup'),
        'back up',
      ),
    );
  if (owed.length > 0)
    found.push(
      finding(
        'owed',
        'attention',
        owed,
        said(owed, (user) => `${user}: a restart is owed`, 'are owed a restart'),
        'drain',
      ),
    );
  const which = isOlder(fleet, other) ? 'an older' : 'another';
  if (other.length > 0)
    found.push(
      finding(
        'versions',
        'attention',
        other,
        said(
          other,
          (user) => `${user} runs ${which} version than installed`,
          `run ${which} version than installed`,
        ),
        'restart',
      ),
    );
  if (neverProbed.length > 0)
    found.push(
      finding(
        'never probed',
        'unknown',
        neverProbed,
        said(neverProbed, (user) => `${user}: pairing never tried`, 'never tried to pair'),
        'probe',
      ),
    );
  return found;
}

/** So many who are late are said each by themselves; of more it is said how many they are. */
const lateNamed = 3;

function lateFindings(
  late: readonly { user: string; age: number | undefined }[],
  all: number,
  limit: number,
): Finding[] {
  const words = (age: number | undefined) =>
    age === undefined ? 'no backup' : `no backup for ${spanText(age)}`;
  if (late.length <= lateNamed)
    return late
      .toSorted((a, b) => (b.age ?? Number.POSITIVE_INFINITY) - (a.age ?? Number.POSITIVE_INFINITY))
      .map(({ user, age }) => finding('backup late', 'danger', [user], `${user}: ${words(age)}`, 'back up'));
  const users = late.map(({ user }) => user);
  return [
    finding(
      'backup late',
      'danger',
      users,
      `${users.length} of ${all} have no backup of the last ${spanText(limit)}: ${namesOf(users)}`,
      'back up',
    ),
  ];
}

const hour = 3_600_000;

/** A span as one says it: `31 hours`, `3 days`. */
function spanText(span: number): string {
  const hours = Math.floor(span / hour);
  return hours < 48 ? `${hours} hour${hours === 1 ? '' : 's'}` : `${Math.floor(hours / 24)} days`;
}

/** So many names are said; of the others, how many they are. */
const namesSaid = 4;

function namesOf(users: readonly string[]): string {
  return users.length <= namesSaid
    ? users.join(', ')
    : `${users.slice(0, namesSaid - 1).join(', ')} and ${users.length - namesSaid + 1} more`;
}

/** Do all of these run an older version than they would be started as? */
function isOlder(fleet: Fleet, users: readonly string[]): boolean {
  return fleet.instances
    .filter(({ user }) => users.includes(user))
    .every(({ user, liveness }) => {
      const running = valueOf(liveness)?.version;
      const starts = startsAs(fleet, user);
      return running !== undefined && starts !== undefined && semver.lt(running, starts);
    });
}
