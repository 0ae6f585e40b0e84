import { sqliteVersion } from '../host/sqlite.ts';
import semver from 'semver';
import { attention, ok, run, say, wrong, type Finding } from './finding.ts';
import type { Diagnosing, Subject } from './subject.ts';

/** What this program needs of the machine to run at all. */
export const runtimeSubject: Subject = {
  name: 'runtime',
  checks: { node: runtime, programs, terminal },
};

/** As package.json has it; the door refuses an older one, because better-sqlite3 would crash under it. */
export const nodeRange = '>=22.22';

function runtime(): Finding[] {
  const { node } = process.versions;
  return [
    semver.satisfies(node, nodeRange)
      ? ok('Node', `${node}, ${process.execPath}`)
      : wrong('Node', `${node}, ${process.execPath}`, say(`run it by a Node ${nodeRange}`)),
    // It loads, or nothing after this line happens: then the check itself is what failed.
    ok('better-sqlite3', `loads, with SQLite ${sqliteVersion()}`),
  ];
}

/** The packages that the programs come in, on Debian. */
const packages: Readonly<Record<string, string>> = {
  flock: 'util-linux',
  prlimit: 'util-linux',
  setpriv: 'util-linux',
  getent: 'libc-bin',
  systemctl: 'systemd',
  'systemd-run': 'systemd',
  journalctl: 'systemd',
};

/** The programs that the cockpit calls, each by its own harmless question. */
async function programs({ host, config }: Diagnosing): Promise<Finding[]> {
  const names = Object.keys(packages).filter(
    (name) => config.sandbox === undefined || packages[name] === 'util-linux',
  );
  const findings = await Promise.all(
    names.map(async (name): Promise<Finding> => {
      const result = await host.commands.run([name, '--version'], { timeout: config.limits.commandTimeout });
      return result.exitCode === 0
        ? ok(name, result.stdout.split('\n')[0] ?? '')
        : wrong(name, 'it does not run', run(['apt-get', 'install', packages[name] ?? name], 'on Debian'));
    }),
  );
  const broken = findings.filter(({ verdict }) => verdict !== 'ok');
  return broken.length > 0 ? broken : [ok('programs', names.join(', '))];
}

/** What the full screen needs of the terminal; the command line needs nothing. */
function terminal({ environment }: Diagnosing): Finding[] {
  const kind = environment['TERM'] ?? '';
  // The first one that is set and not empty decides (setlocale(3)).
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    (each) => each !== undefined && each !== '',
  );
  const findings: Finding[] = [];
  if (kind === '' || kind === 'dumb')
    findings.push(
      attention(
        'terminal',
        kind === '' ? 'TERM is not set' : 'TERM=dumb',
        say('the full screen wants a terminal that can place its cursor; commands do not'),
      ),
    );
  if (locale === undefined || !/utf-?8/i.test(locale))
    findings.push(
      attention(
        'locale',
        locale === undefined ? 'none is set' : `${locale} is not UTF-8`,
        run(['export', 'LC_ALL=C.UTF-8'], 'the screen is drawn in ASCII until then'),
      ),
    );
  return findings.length > 0 ? findings : [ok('terminal', `${kind}, ${locale}`)];
}
