import type { Config } from '../config/schema.ts';
import { isRunning } from '../host/units/units.ts';
import { newestUsable } from '../snapshots/catalog.ts';
import { knownLevel, schemaAhead } from '../t3/levels.ts';
import { isOff } from '../t3/off.ts';
import { schemaLevel } from '../t3/state-database.ts';
import { probeText, type ProbeStanding } from '../t3/verdict.ts';
import { startsAs, type Fleet, type Instance } from './fleet.ts';
import { mappingProblems } from './mapping.ts';
import { freshness, valueOf, type Observation } from './observation.ts';
import { pinText } from './pins.ts';

/** One thing that was expected, against what was found. */
export interface Check {
  /** Whose; undefined for the host's. */
  user: string | undefined;
  subject: string;
  expected: string;
  found: string;
  /** `inconclusive`: it could not be told, or not freshly enough. Never a pass. */
  verdict: 'ok' | 'wrong' | 'inconclusive';
  /** What to do; empty where nothing is. */
  remedy: string;
}

/** Now, by both clocks, in milliseconds; and since when a probe counts, by the wall clock. */
export interface VerificationTime {
  wall: number;
  tick: number;
  /** A probe from before this says nothing; without, one that is older than `probes.stale`. */
  probedSince?: number;
}

type Judged = Omit<Check, 'user' | 'subject'>;

/** Expected against found, for the host and for everyone on it. Pure: what was not looked at is inconclusive. */
export function verificationReport(fleet: Fleet, config: Config, now: VerificationTime): Check[] {
  return [
    ...hostChecks(fleet, config, now),
    ...fleet.instances.flatMap((instance) =>
      instanceChecks(instance, fleet, config, now).map(({ subject, ...judged }) => ({
        user: instance.user,
        subject,
        ...judged,
      })),
    ),
  ];
}

function hostChecks(fleet: Fleet, config: Config, { tick }: VerificationTime): Check[] {
  const { cadence, paths } = config;
  const check = (subject: string, judged: Judged): Check => ({ user: undefined, subject, ...judged });
  return [
    check(
      'user map',
      judge(fleet.userMap, tick, cadence.accounts, 'every line an entry', (problems) =>
        problems.length === 0
          ? ok(`${fleet.instances.length} users`)
          : wrong(
              problems.map(({ line, message }) => `line ${line}: ${message}`).join('; '),
              `correct ${paths.userMap}, or what generates it`,
            ),
      ),
    ),
    check(
      'dispatch table',
      judge(fleet.dispatchTable, tick, cadence.accounts, 'every entry a user and a port', (problems) =>
        problems.length === 0 ? ok('so') : wrong(problems.join('; '), `correct ${paths.dispatchTable}`),
      ),
    ),
    check(
      'installed t3',
      judge(fleet.installed, tick, cadence.installed, pinned(fleet), (installed) => {
        const pins = valueOf(fleet.pins);
        if (pins === undefined) return unclear(`${installed}; what is pinned is not known`);
        if (pins.agreed?.kind === 'version' && pins.agreed.version !== installed)
          return wrong(installed, 'install the pinned version, or move the pin');
        return pins.agreed === undefined && pins.readings.length > 0
          ? wrong(`${installed}; the pin files disagree or cannot be read`, 'make the pin files say the same')
          : ok(installed);
      }),
    ),
  ];
}

function pinned(fleet: Fleet): string {
  const agreed = valueOf(fleet.pins)?.agreed;
  return agreed === undefined
    ? 'what is pinned'
    : agreed.kind === 'version'
      ? pinText(agreed)
      : 'any (nightly)';
}

function instanceChecks(
  instance: Instance,
  fleet: Fleet,
  config: Config,
  now: VerificationTime,
): Omit<Check, 'user'>[] {
  const { cadence, snapshots } = config;
  const { tick, wall } = now;
  if (instance.account.kind === 'unknown')
    return [
      {
        subject: 'account',
        expected: 'an OS user',
        ...wrong(instance.account.reason, `create ${instance.user}, or take the line out of the user map`),
      },
    ];
  const unit = valueOf(instance.unit);
  const checks: Omit<Check, 'user'>[] = [
    {
      subject: 'unit',
      ...judge(instance.unit, tick, cadence.units, 'active (running), unless disabled', (state) => {
        const found = state.load === 'loaded' ? `${state.active} (${state.sub})` : state.load;
        if (state.load === 'loaded' && isRunning(state)) return ok(found);
        // Somebody has meant it to be off.
        if (state.startup === 'disabled' && isOff(state)) return ok(`${found}, disabled`);
        return wrong(found, `systemctl status ${instance.unitName}`);
      }),
    },
    {
      subject: 'dispatch',
      ...judge(instance.mapping, tick, cadence.accounts, 'every name leads to it', () => {
        const problems = mappingProblems(instance);
        if (instance.port.kind !== 'known') return unclear(reasonOf(instance.port));
        return problems.length === 0
          ? ok(instance.authentik.join(', '))
          : wrong(problems.join('; '), `correct ${config.paths.dispatchTable}, or the environment file`);
      }),
    },
    {
      subject: 'backup',
      ...judge(instance.snapshots, tick, cadence.snapshots, 'verified, and not late', (entries) => {
        const { verified } = newestUsable(entries, wall);
        const remedy = `t3-cockpit backup ${instance.user}`;
        if (verified === undefined) return wrong('no verified snapshot', remedy);
        const hours = Math.round((wall - verified.takenAt) / 3_600_000);
        return wall - verified.takenAt > snapshots.late
          ? wrong(`the newest verified one is ${hours} h old`, remedy)
          : ok(verified.file);
      }),
    },
  ];
  if (unit === undefined || !isRunning(unit)) return checks;
  return [
    ...checks,
    { subject: 'version', ...versionCheck(instance, fleet, config, now) },
    { subject: 'schema', ...schemaCheck(instance, config, now) },
    ...probeChecks(instance, config, now),
  ];
}

function versionCheck(instance: Instance, fleet: Fleet, config: Config, { tick }: VerificationTime): Judged {
  const installed = startsAs(fleet, instance.user);
  return judge(
    instance.liveness,
    tick,
    config.cadence.liveness,
    installed ?? 'the one that it would be started as',
    ({ version }) => {
      if (installed === undefined) return unclear(`${version}; what is installed is not known`);
      return version === installed
        ? ok(version)
        : wrong(version, `it runs what was installed when it started: restart ${instance.unitName}`);
    },
  );
}

function schemaCheck(instance: Instance, config: Config, { tick }: VerificationTime): Judged {
  const running = valueOf(instance.liveness)?.version;
  const level = running === undefined ? undefined : knownLevel(running);
  const expected = level === undefined ? 'the one that the running version made' : String(level);
  return judge(instance.state, tick, config.cadence.state, expected, ({ migrations, migratedAt }) => {
    const found = schemaLevel(migrations);
    if (running === undefined) return unclear(`${found?.id}; which version runs is not known`);
    const ahead = schemaAhead(running, migrations, migratedAt, valueOf(instance.unit)?.since);
    if (ahead !== undefined) return wrong(ahead, schemaAheadRemedy(instance));
    if (level !== undefined && found !== undefined && found.id < level)
      return wrong(`${found.id}: its migration did not finish`, `journalctl -u ${instance.unitName}`);
    return ok(`${found?.id} ${found?.name}`);
  });
}

/** Only the newer version understands such a database, and only a restart brings it (docs/t3-contract.md). */
export function schemaAheadRemedy(instance: Pick<Instance, 'user' | 'unitName'>): string {
  return `t3-cockpit backup ${instance.user}, then restart onto the version that migrated it: systemctl restart ${instance.unitName}`;
}

/** The direct route, and each name through the dispatch. */
function probeChecks(instance: Instance, config: Config, now: VerificationTime): Omit<Check, 'user'>[] {
  const routes = [
    { subject: 'pairing, direct', name: undefined },
    ...instance.authentik.map((name) => ({ subject: `pairing as ${name}`, name })),
  ];
  return routes.map(({ subject, name }) => ({
    subject,
    ...judge(instance.probes, now.tick, config.cadence.state, 'ok', (standings) =>
      judgeProbe(
        standings.find(
          ({ last }) => last.name === name && last.route === (name === undefined ? 'direct' : 'dispatch'),
        ),
        instance,
        config,
        now,
      ),
    ),
  }));
}

function judgeProbe(
  standing: ProbeStanding | undefined,
  instance: Instance,
  config: Config,
  { wall, probedSince }: VerificationTime,
): Omit<Judged, 'expected'> {
  if (standing === undefined) return unclear('never probed', `t3-cockpit probe ${instance.user}`);
  const { last } = standing;
  if (last.at < (probedSince ?? wall - config.probes.stale))
    return unclear(`${last.verdict}, but that was ${new Date(last.at).toISOString()}`);
  switch (last.verdict) {
    case 'ok':
      return ok(`${last.endpoint ?? 'ok'} in ${Math.round(last.latency ?? 0)} ms`);
    case 'unknown':
      return unclear(probeText(last));
    case 'broken':
    case 'unreachable':
    case 'unmapped':
      return wrong(probeText(last), `journalctl -u ${instance.unitName}`);
  }
}

function judge<Value>(
  observation: Observation<Value>,
  tick: number,
  cadence: number,
  expected: string,
  known: (value: Value) => Omit<Judged, 'expected'>,
): Judged {
  if (observation.kind !== 'known') return { expected, ...unclear(reasonOf(observation)) };
  const judged = known(observation.value);
  return freshness(observation, tick, cadence) === 'stale' && judged.verdict === 'ok'
    ? { expected, ...unclear(`${judged.found}, but not looked at lately`) }
    : { expected, ...judged };
}

function reasonOf(observation: Observation<unknown>): string {
  return observation.kind === 'unknown' ? observation.reason : 'not looked at';
}

const ok = (found: string) => ({ found, verdict: 'ok' as const, remedy: '' });
const wrong = (found: string, remedy: string) => ({ found, verdict: 'wrong' as const, remedy });
const unclear = (found: string, remedy = '') => ({ found, verdict: 'inconclusive' as const, remedy });
