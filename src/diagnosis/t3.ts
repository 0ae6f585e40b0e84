import { expand } from '../config/expand.ts';
import { valueOf } from '../fleet/observation.ts';
import { startsAs, type Instance } from '../fleet/fleet.ts';
import { failureText } from '../host/commands.ts';
import { isRunning } from '../host/units/units.ts';
import { Binaries } from '../t3/binaries.ts';
import { knownLevel, schemaAhead } from '../t3/levels.ts';
import { attention, ok, orFine, quote, runLine, say, wrong, type Finding } from './finding.ts';
import { backupAndRestart, type Diagnosing, type Subject } from './subject.ts';
import { trust } from './trust.ts';

/** The t3 that is installed, those that run, and those that a probe needs beside them. */
export const t3Subject: Subject = {
  name: 't3',
  checks: {
    'installed t3': installed,
    trust: trusted,
    npm: npm,
    'running versions': running,
    prefixes: prefixes,
    schemas: schemas,
  },
};

function installed({ fleet, config }: Diagnosing): Finding[] {
  const subject = 'installed t3';
  if (fleet.installed.kind !== 'known')
    return [
      wrong(
        subject,
        fleet.installed.kind === 'unknown' ? fleet.installed.reason : 'not looked at in time',
        say(`install t3 at ${config.paths.binary}, or set paths.binary`),
      ),
    ];
  const version = fleet.installed.value;
  const level = knownLevel(version);
  return [
    ok(
      subject,
      `${version}, ${level === undefined ? 'whose schema nobody has measured' : `which makes schema ${level}`}`,
    ),
  ];
}

/** Root and every user run it. */
async function trusted(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config, fleet } = diagnosing;
  // One that is not there at all is said already; and in a sandbox all is one user's.
  if (config.sandbox !== undefined || fleet.installed.kind !== 'known') return [];
  const { binary } = config.paths;
  return orFine(await trust(diagnosing, 'global t3', binary), 'global t3', `${binary}, root’s alone`);
}

async function npm({ host, config }: Diagnosing): Promise<Finding[]> {
  if (config.sandbox !== undefined) return [];
  const result = await host.commands.run(['npm', '--version'], {
    timeout: config.limits.commandTimeout,
    family: true,
  });
  return failureText(result) === undefined
    ? [ok('npm', result.stdout.trim())]
    : [
        attention(
          'npm',
          'it does not run: no version can be installed',
          say('install npm where root finds it: /usr/local/bin or /usr/bin'),
        ),
      ];
}

/** Whom a new installation has not reached yet. */
function running(diagnosing: Diagnosing): Finding[] {
  const { fleet } = diagnosing;
  const everybodys = valueOf(fleet.installed);
  if (everybodys === undefined) return [];
  const old = runningInstances(diagnosing).filter(
    ({ instance, version }) => version !== startsAs(fleet, instance.user),
  );
  return orFine(
    old.map(({ instance, version: runs }) =>
      attention(
        `${instance.user}: version`,
        `it runs ${runs}, ${startsAs(fleet, instance.user) === everybodys ? 'installed' : 'theirs'} is ${startsAs(fleet, instance.user) ?? 'not known'}: any page visit mints with that one, and may migrate the database`,
        backupAndRestart(diagnosing, instance, 'when nobody works there'),
      ),
    ),
    'running versions',
    'each runs what it would be started as',
  );
}

/** A t3 that is newer than a running server must not touch its database: probes need the very version that runs. */
async function prefixes({ host, config, fleet }: Diagnosing): Promise<Finding[]> {
  const binaries = new Binaries(host, config);
  const runs = [...new Set(runningInstances({ fleet }).map(({ version }) => version))];
  const needed = runs.filter((version) => version !== valueOf(fleet.installed));
  const problems = await Promise.all(
    needed.map(async (version): Promise<Finding[]> => {
      const found = await binaries.of(version);
      if ('binary' in found) return [];
      const file = expand(config.paths.versionBinary, { version });
      const prefix = /^(.+)\/bin\/t3$/.exec(file)?.[1];
      return [
        attention(
          `t3 ${version}`,
          `it runs, and is not at hand: who runs it cannot be probed (${found.problem})`,
          prefix === undefined
            ? say(`install ${config.package}@${version} at ${file}`)
            : runLine(
                `umask 022 && npm install --global --prefix ${quote(prefix)} ${quote(`${config.package}@${version}`)}`,
              ),
        ),
      ];
    }),
  );
  return orFine(problems.flat(), 'prefixes', needed.length === 0 ? 'none needed' : needed.join(', '));
}

/** Databases that somebody has migrated past the server that runs on them (docs/t3-contract.md, command line). */
function schemas(diagnosing: Diagnosing): Finding[] {
  const problems = runningInstances(diagnosing).flatMap(({ instance, version }) => {
    const state = valueOf(instance.state);
    if (state === undefined) return [];
    const ahead = schemaAhead(version, state.migrations, state.migratedAt, valueOf(instance.unit)?.since);
    return ahead === undefined
      ? []
      : [
          wrong(
            `${instance.user}: schema`,
            `${ahead}: pairing is broken until a restart onto the version that migrated it`,
            backupAndRestart(diagnosing, instance, 'a copy first'),
          ),
        ];
  });
  return orFine(problems, 'schemas', 'none ahead of its server');
}

function runningInstances({ fleet }: Pick<Diagnosing, 'fleet'>): { instance: Instance; version: string }[] {
  return fleet.instances.flatMap((instance) => {
    const unit = valueOf(instance.unit);
    const version = valueOf(instance.liveness)?.version;
    return unit === undefined || !isRunning(unit) || version === undefined ? [] : [{ instance, version }];
  });
}
