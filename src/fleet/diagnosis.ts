import type { Config } from '../config/schema.ts';
import type { Fleet, Instance } from './fleet.ts';
import { valueOf, type Observation } from './observation.ts';

/** One thing looked at, and whether it is as the cockpit needs it. */
export interface Finding {
  /** What was looked at: `user map`, `alice: unit`. */
  subject: string;
  verdict: 'ok' | 'attention' | 'wrong';
  /** What was found. */
  found: string;
  /** What to do about it; empty when nothing is. */
  remedy: string;
}

const ok = (subject: string, found: string): Finding => ({ subject, verdict: 'ok', found, remedy: '' });
const wrong = (subject: string, found: string, remedy: string): Finding => ({
  subject,
  verdict: 'wrong',
  found,
  remedy,
});
const attention = (subject: string, found: string, remedy: string): Finding => ({
  subject,
  verdict: 'attention',
  found,
  remedy,
});

/** What a fleet, looked at once, says about how its host is laid out. Pure. */
export function diagnose(fleet: Fleet, config: Config): Finding[] {
  return [
    ...diagnoseHost(fleet, config),
    ...fleet.instances.flatMap((instance) => diagnoseInstance(instance, config)),
  ];
}

function diagnoseHost(fleet: Fleet, config: Config): Finding[] {
  const { paths } = config;
  return [
    ...judge('user map', fleet.userMap, `make ${paths.userMap} readable, or set paths.userMap`, (problems) =>
      problems.length === 0
        ? [ok('user map', `${fleet.instances.length} users`)]
        : problems.map(({ line, message }) =>
            attention(
              'user map',
              `line ${line}: ${message}`,
              `correct the line in ${paths.userMap}, or in what generates it`,
            ),
          ),
    ),
    ...judge(
      'installed t3',
      fleet.installed,
      `install t3 at ${paths.binary}, or set paths.binary`,
      (version) => [ok('installed t3', version)],
    ),
    ...judge(
      'pins',
      fleet.pins,
      'set host.administrator to the owner of the pin files, or pins: [] if this host pins nothing',
      (pins) => {
        if (pins.readings.length === 0) return [ok('pins', 'this host pins nothing')];
        const broken = pins.readings.filter((reading) => reading.problem !== undefined);
        if (broken.length > 0) {
          return broken.map(({ file, problem }) =>
            attention(
              'pins',
              `${file}: ${problem ?? ''}`,
              'correct the file, or set pins to where the version stands',
            ),
          );
        }
        return pins.agreed === undefined
          ? [
              attention(
                'pins',
                'the pin files disagree',
                `make ${pins.readings.map((reading) => reading.file).join(' and ')} say the same`,
              ),
            ]
          : [ok('pins', pins.readings.map((reading) => reading.file).join(', '))];
      },
    ),
  ];
}

function diagnoseInstance(instance: Instance, config: Config): Finding[] {
  const { user } = instance;
  if (instance.account.kind !== 'known') {
    return judge(
      `${user}: account`,
      instance.account,
      `create the OS user ${user}, or take the line out of the user map`,
      () => [],
    );
  }
  return [
    ...judge(
      `${user}: unit`,
      instance.unit,
      'see that the service supervisor answers (systemctl status)',
      (unit) => {
        if (unit.load === 'not-found')
          return [
            wrong(
              `${user}: unit`,
              `${unit.name} does not exist`,
              `install ${config.paths.unitTemplate}, or set unit`,
            ),
          ];
        if (unit.load !== 'loaded')
          return [wrong(`${user}: unit`, `${unit.name} is ${unit.load}`, `systemctl status ${unit.name}`)];
        return [ok(`${user}: unit`, `${unit.active} (${unit.sub})`)];
      },
    ),
    ...judge(
      `${user}: port`,
      instance.port,
      `write T3_PORT=<port> into the environment file of ${user}`,
      (port) => [ok(`${user}: port`, String(port))],
    ),
    ...judge(
      `${user}: database`,
      instance.state,
      'the message says what is wrong with the file; a snapshot can be put back',
      (state) => [ok(`${user}: database`, `schema ${state.migrations.at(-1)?.id ?? '?'}`)],
    ),
    ...judge(
      `${user}: snapshots`,
      instance.snapshots,
      `make the backup folder of ${user} a folder that belongs to ${user}`,
      (entries) => [ok(`${user}: snapshots`, `${entries.length}`)],
    ),
    ...(valueOf(instance.unit)?.active === 'active'
      ? judge(
          `${user}: answers`,
          instance.liveness,
          `systemctl status ${instance.unitName}; journalctl -u ${instance.unitName}`,
          ({ version }) => [ok(`${user}: answers`, version)],
        )
      : []),
  ];
}

function judge<Value>(
  subject: string,
  observation: Observation<Value>,
  remedy: string,
  known: (value: Value) => Finding[],
): Finding[] {
  if (observation.kind === 'known') return known(observation.value);
  return [
    wrong(subject, observation.kind === 'unknown' ? observation.reason : 'not looked at in time', remedy),
  ];
}
