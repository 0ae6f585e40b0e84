import path from 'node:path';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Account } from '../host/account.ts';
import { failureText } from '../host/commands.ts';
import {
  attention,
  orFine,
  quote,
  run,
  runLine,
  say,
  unclear,
  wrong,
  type Finding,
  type Remedy,
} from './finding.ts';
import type { Diagnosing } from './subject.ts';
import { option, parseProperties, shownProperties, type UnitProperties } from './unit-properties.ts';

/** One thing wrong with how a unit is set up; `key` tells the same thing of several units. */
interface Flaw {
  key: string;
  verdict: 'attention' | 'wrong';
  found: string;
  /** Lines of a [Service] section that would set it right, for the template and for this instance; undefined: words. */
  service?: readonly string[] | undefined;
  words: string;
}

/**
 * What systemd would start for each user, against what the configuration says. A flaw of all is the template's, one of
 * some is theirs.
 */
export async function template(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config, fleet } = diagnosing;
  if (config.sandbox !== undefined) return [];
  const loaded = fleet.instances.filter(
    ({ unit, account }) => valueOf(unit)?.load === 'loaded' && account.kind === 'known',
  );
  if (loaded.length === 0) return [unclear('how units are set up', 'no unit of a user is loaded')];
  const names = loaded.map(({ unitName }) => unitName);
  const result = await host.commands.run(
    ['systemctl', 'show', '--no-pager', `--property=${shownProperties.join(',')}`, '--', ...names],
    { timeout: config.limits.commandTimeout, maxOutput: 64 * 1024 + names.length * 4096 },
  );
  const failure = failureText(result);
  if (failure !== undefined) throw new Error(`${failure}: ${result.stderr.trim()}`);
  const properties = parseProperties(result.stdout, names);
  const flaws = loaded.flatMap((instance) => {
    const shown = properties.get(instance.unitName);
    const account = valueOf(instance.account);
    return shown === undefined || account === undefined
      ? []
      : flawsOf(config, account, shown).map((flaw) => ({ instance, flaw }));
  });
  const findings = [...Map.groupBy(flaws, ({ flaw }) => flaw.key).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    if (same.length < loaded.length)
      return same.map(({ instance, flaw }) => finding(`${instance.user}: unit`, flaw, instance.unitName));
    const alike = same.every(({ flaw }) => flaw.found === first.flaw.found);
    const found = alike
      ? first.flaw.found
      : `${first.flaw.found} (${first.instance.user}, and all others alike)`;
    return [finding('unit template', { ...first.flaw, found }, expand(config.unit, { user: '' }))];
  });
  return orFine(
    findings,
    'how units are set up',
    `as configured, ${loaded.length} of ${fleet.instances.length}`,
  );
}

function finding(subject: string, flaw: Flaw, unit: string): Finding {
  const judged = flaw.verdict === 'wrong' ? wrong : attention;
  return judged(subject, flaw.found, remedyOf(flaw, unit));
}

/** A drop-in of its own for each flaw: nothing that stands in another file is touched (systemd.unit(5)). */
function remedyOf(flaw: Flaw, unit: string): Remedy {
  if (flaw.key === 'reload') return run(['systemctl', 'daemon-reload']);
  if (flaw.service === undefined) return say(flaw.words);
  const folder = `/etc/systemd/system/${unit}.d`;
  const lines = ['[Service]', ...flaw.service].map(quote).join(' ');
  return runLine(
    `mkdir -p ${quote(folder)} && printf '%s\\n' ${lines} > ${quote(`${folder}/50-${flaw.key}.conf`)} && systemctl daemon-reload`,
    flaw.words,
  );
}

function flawsOf(config: Config, account: Account, shown: UnitProperties): Flaw[] {
  return [...flawsOfFiles(config, shown), ...flawsOfCommand(config, account, shown), ...flawsOfEnding(shown)];
}

function flawsOfFiles({ paths }: Config, { fragment, needsReload }: UnitProperties): Flaw[] {
  return [
    ...(needsReload
      ? [
          {
            key: 'reload',
            verdict: 'attention' as const,
            found: 'its files were changed, and systemd has not read them',
            words: '',
          },
        ]
      : []),
    ...(fragment === paths.unitTemplate
      ? []
      : [
          {
            key: 'fragment',
            verdict: 'attention' as const,
            found: `systemd reads ${fragment === '' ? 'no file' : fragment}, not ${paths.unitTemplate}`,
            words: 'set paths.unitTemplate, or remove the file that stands in its way',
          },
        ]),
  ];
}

/** Addresses that only this machine reaches: a newer t3 names its cookie differently there (docs/t3-contract.md, endpoints). */
const loopback = /^(127\.|localhost$|\[?::1\]?$)/;

function flawsOfCommand(config: Config, account: Account, { argv, user }: UnitProperties): Flaw[] {
  const { binary, baseDir } = config.paths;
  const meant = commandLine(config, account);
  const restart = 'it counts from each unit’s next start on';
  const flaw = (key: string, verdict: Flaw['verdict'], found: string): Flaw => ({
    key,
    verdict,
    found,
    service:
      key === 'user' ? ['User=%i'] : meant === undefined ? undefined : ['ExecStart=', `ExecStart=${meant}`],
    words: meant === undefined ? 'correct ExecStart in the template' : restart,
  });
  const flaws: Flaw[] = [];
  if (user !== account.name)
    flaws.push(flaw('user', 'wrong', `it runs as ${user === '' ? 'root' : user}, not as its user`));
  if (argv[0] !== binary) {
    flaws.push(flaw('command', 'wrong', `it starts ${argv[0] ?? 'nothing'}, not ${binary}`));
    // Of a wrapper nobody knows what it makes of its arguments.
    return flaws;
  }
  const host = option(argv, '--host');
  if (host === undefined || loopback.test(host))
    flaws.push(
      flaw(
        'command',
        'attention',
        `it binds ${host ?? 'whatever t3 likes'}: t3 from 0.0.29 on names its cookie differently there, which the dispatch does not know`,
      ),
    );
  const folder = option(argv, '--base-dir');
  const expected = expand(baseDir, { user: account.name, home: account.home });
  if (folder === undefined || path.resolve('/', folder) !== expected)
    flaws.push(flaw('command', 'wrong', `its --base-dir is ${folder ?? 'not given'}, not ${expected}`));
  const port = option(argv, '--port');
  if (port === undefined || !/^\$\{?T3_PORT\}?$/.test(port))
    flaws.push(
      flaw(
        'command',
        'wrong',
        `its --port is ${port ?? 'not given'}, not \${T3_PORT} of the environment file`,
      ),
    );
  // All of them have one remedy: say them in one.
  const commands = flaws.filter(({ key }) => key === 'command');
  const [first] = commands;
  return first === undefined
    ? flaws
    : [
        ...flaws.filter(({ key }) => key !== 'command'),
        {
          ...first,
          verdict: commands.some(({ verdict }) => verdict === 'wrong') ? 'wrong' : 'attention',
          found: commands.map(({ found }) => found).join('; '),
        },
      ];
}

/** The ExecStart that the configuration asks for, with `%i`; undefined where this user's paths are not made by one rule. */
function commandLine({ paths }: Config, { name, home }: Account): string | undefined {
  if (path.basename(home) !== name) return undefined;
  const folder = expand(paths.baseDir, { user: '%i', home: path.join(path.dirname(home), '%i') });
  return `${paths.binary} serve --host 0.0.0.0 --port \${T3_PORT} --base-dir ${folder}`;
}

function flawsOfEnding({ successExitStatus, restart, oomPolicy }: UnitProperties): Flaw[] {
  const flaws: Flaw[] = [];
  if (!successExitStatus.includes('130'))
    flaws.push({
      key: 'success-exit-status',
      verdict: 'attention',
      found: 'SuccessExitStatus=130 is missing: every deliberate stop shows as failed',
      service: ['SuccessExitStatus=130'],
      words: '',
    });
  if (!['on-failure', 'always', 'on-abnormal'].includes(restart))
    flaws.push({
      key: 'restart',
      verdict: 'attention',
      found: `Restart=${restart}: a server that crashes stays down`,
      service: ['Restart=on-failure'],
      words: '',
    });
  if (oomPolicy !== 'continue')
    flaws.push({
      key: 'oom-policy',
      verdict: 'attention',
      found: `OOMPolicy=${oomPolicy}: an agent that eats too much memory takes the whole server down with it`,
      service: ['OOMPolicy=continue'],
      words: '',
    });
  return flaws;
}
