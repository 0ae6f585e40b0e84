import { expand } from '../config/expand.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Instance } from '../fleet/fleet.ts';
import { failureText } from '../host/commands.ts';
import { isRunning, type UnitState } from '../host/units/units.ts';
import { isOff } from '../t3/off.ts';
import { attention, ok, orFine, run, say, unclear, wrong, type Finding, type Remedy } from './finding.ts';
import { judge, lookAt, nothingThere } from './placement.ts';
import { hostOwner, systemctl, type Diagnosing, type Subject } from './subject.ts';
import { parseUnitNames } from './unit-properties.ts';
import { template } from './unit-template.ts';

/** The units of everybody's servers: as they are, as they are meant to be set up, and those that nobody meant. */
export const unitsSubject: Subject = {
  name: 'units',
  checks: { 'unit template': templateFile, 'how units are set up': template, units, 'stray units': strays },
};

/** The file that every instance is made from. */
async function templateFile(diagnosing: Diagnosing): Promise<Finding[]> {
  const subject = 'unit template';
  const file = diagnosing.config.paths.unitTemplate;
  if (diagnosing.config.sandbox !== undefined)
    return [ok(subject, 'sandbox: its supervisor knows what to run')];
  const found = await lookAt(diagnosing, subject, file);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined)
    return [
      wrong(
        subject,
        nothingThere(file),
        say('install it (docs/host.md says what stands in it), or set paths.unitTemplate'),
      ),
    ];
  const owner = hostOwner(diagnosing);
  return orFine(judge(subject, file, found.facts, { kind: 'file', owner, forbidden: 0o022 }), subject, file);
}

/** Each user's unit, as its supervisor says it is. */
function units(diagnosing: Diagnosing): Finding[] {
  const problems = diagnosing.fleet.instances
    .filter(({ account }) => account.kind === 'known')
    .flatMap((instance) => judgeUnit(diagnosing, instance));
  const { instances } = diagnosing.fleet;
  const running = instances.filter(({ unit }) => valueOf(unit)?.sub === 'running').length;
  return orFine(problems, 'units', `${instances.length}, of which ${running} run`);
}

function judgeUnit(diagnosing: Diagnosing, instance: Instance): Finding[] {
  const subject = `${instance.user}: unit`;
  const name = instance.unitName;
  const act = (args: string[], words = '', stops = false) =>
    systemctl(diagnosing, args, words, stops ? instance : undefined);
  if (instance.unit.kind !== 'known')
    return [
      unclear(
        subject,
        instance.unit.kind === 'unknown' ? instance.unit.reason : 'not looked at in time',
        say('see that the service supervisor answers (systemctl is-system-running)'),
      ),
    ];
  const state = instance.unit.value;
  switch (state.load) {
    case 'loaded':
      return [...judgeStartup(subject, name, state, act), ...judgeState(subject, name, state, act)];
    case 'masked':
      return [wrong(subject, `${name} is masked: it cannot be started`, act(['unmask', name]))];
    case 'not-found':
      return [
        wrong(
          subject,
          `${name} does not exist`,
          say(`install ${diagnosing.config.paths.unitTemplate}, or set unit`),
        ),
      ];
    default:
      return [
        wrong(subject, `${name} cannot be loaded: ${state.load}`, run(['systemd-analyze', 'verify', name])),
      ];
  }
}

type Act = (args: string[], words?: string, stops?: boolean) => Remedy;

/** Whether it comes back after a reboot, against whether it runs now. */
function judgeStartup(subject: string, name: string, state: UnitState, act: Act): Finding[] {
  switch (state.startup) {
    case undefined:
      return [
        unclear(subject, 'whether it starts at boot is not known', say(`systemctl is-enabled ${name}`)),
      ];
    case 'static':
      return [
        attention(
          subject,
          'its template has no [Install] section: at boot it starts only if something else wants it',
          say('add one with WantedBy=multi-user.target, and enable the unit'),
        ),
      ];
    case 'disabled':
    case 'enabled-runtime':
      return isRunning(state)
        ? [attention(subject, 'it runs, but will not after a reboot', act(['enable', name]))]
        : [];
    default:
      return [];
  }
}

function judgeState(subject: string, name: string, state: UnitState, act: Act): Finding[] {
  if (state.active === 'failed') {
    if (isOff(state))
      return [
        attention(
          subject,
          'it shows as failed, but was stopped on purpose (exit code 130)',
          act(['reset-failed', name], 'and let the template say SuccessExitStatus=130'),
        ),
      ];
    return [
      wrong(
        subject,
        `it failed (${state.result}${state.exitStatus === undefined ? '' : `, ${state.exitStatus}`})`,
        act(['restart', name], `see why first (journalctl --unit=${name} --lines=50), then`, true),
      ),
    ];
  }
  if (state.active === 'active' && state.sub !== 'running')
    return [wrong(subject, `active, but ${state.sub}`, act(['restart', name], '', true))];
  if (state.sub === 'auto-restart')
    return [
      wrong(
        subject,
        'it crashes, and is started again and again',
        say(`journalctl --unit=${name} --lines=50`),
      ),
    ];
  return state.active === 'inactive' && state.startup === 'enabled'
    ? [
        attention(
          subject,
          'it does not run, though it is enabled',
          act(['start', name], `or, if that is meant, systemctl disable ${name}`),
        ),
      ]
    : [];
}

/** Instances that run, or will after a reboot, for somebody whom the user map does not name. */
async function strays(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config, fleet } = diagnosing;
  if (config.sandbox !== undefined) return [];
  const subject = 'stray units';
  if (fleet.userMap.kind !== 'known')
    return [unclear(subject, 'without the user map it cannot be told which are', say('see paths: user map'))];
  const ask = async (question: string[]) => {
    const result = await host.commands.run(
      [
        'systemctl',
        ...question,
        '--plain',
        '--no-legend',
        '--full',
        '--no-pager',
        '--',
        expand(config.unit, { user: '*' }),
      ],
      { timeout: config.limits.commandTimeout },
    );
    const failure = failureText(result);
    if (failure !== undefined) throw new Error(`${failure}: ${result.stderr.trim()}`);
    return parseUnitNames(result.stdout);
  };
  const [live, files] = await Promise.all([ask(['list-units', '--all']), ask(['list-unit-files'])]);
  // Columns: name, load, active, sub; and name, state.
  const active = live.filter(({ words }) => words[1] !== 'inactive').map(({ name }) => name);
  const enabled = files.filter(({ words }) => words[0] === 'enabled').map(({ name }) => name);
  const meant = new Set([
    ...fleet.instances.map(({ unitName }) => unitName),
    expand(config.unit, { user: '' }),
  ]);
  const found = [...new Set([...active, ...enabled])].filter((name) => !meant.has(name));
  return orFine(
    found.map((name) =>
      attention(
        name,
        'its user is not in the user map',
        systemctl(diagnosing, ['disable', '--now', name], 'put the user into the map, or'),
      ),
    ),
    subject,
    'none',
  );
}
