import path from 'node:path';
import type { Config } from '../config/schema.ts';
import { diagnose, type Finding } from '../fleet/diagnosis.ts';
import type { Host } from '../host/host.ts';
import { sqliteVersion } from '../host/sqlite.ts';
import { bytesText } from '../view/format.ts';
import { loadConfigFor, observerFor, withHost, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';
import { table } from './render/table.ts';

/** `doctor`: is this host laid out as configured; what is missing; what to do about it. Exit code 1 when something is wrong. */
export function doctor(context: CommandContext): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, io);
    const [fleet, tools, folders] = await Promise.all([
      observer.once().finally(() => observer.stop()),
      examineTools(opened.host, opened.config),
      examineFolders(opened),
    ]);
    const findings = [
      configFinding(context),
      runtimeFinding(),
      ...tools,
      ...folders,
      ...diagnose(fleet, opened.config),
    ];
    const broken = findings.filter((finding) => finding.verdict === 'wrong').length;
    if (options.json) {
      io.out(jsonDocument({ findings, wrong: broken }));
    } else {
      io.out(
        table(
          ['', 'SUBJECT', 'FOUND'],
          findings.map(({ verdict, subject, found }) => [verdict, subject, found]),
        ),
      );
      const remedies = findings.filter((finding) => finding.remedy !== '');
      if (remedies.length > 0)
        io.out(
          `\n${table(
            ['SUBJECT', 'WHAT TO DO'],
            remedies.map(({ subject, remedy }) => [subject, remedy]),
          )}`,
        );
      io.out(broken === 0 ? '\nnothing is wrong\n' : `\n${broken} wrong\n`);
    }
    return broken === 0 ? exit.done : exit.failed;
  });
}

function configFinding(context: CommandContext): Finding {
  const { file } = loadConfigFor(context);
  return { subject: 'configuration', verdict: 'ok', found: file ?? 'the defaults; no file', remedy: '' };
}

function runtimeFinding(): Finding {
  return {
    subject: 'runtime',
    verdict: 'ok',
    found: `Node ${process.versions.node}, SQLite ${sqliteVersion()}`,
    remedy: '',
  };
}

/** The programs that the cockpit calls, each by its own harmless question. */
async function examineTools(host: Host, config: Config): Promise<Finding[]> {
  const tools = [
    'flock',
    'prlimit',
    'setpriv',
    ...(config.sandbox === undefined ? ['getent', 'systemctl', 'systemd-run'] : []),
  ];
  return Promise.all(
    tools.map(async (tool): Promise<Finding> => {
      const result = await host.commands.run([tool, '--version'], { timeout: config.limits.commandTimeout });
      const [first = ''] = result.stdout.split('\n');
      return result.exitCode === 0
        ? { subject: tool, verdict: 'ok', found: first, remedy: '' }
        : {
            subject: tool,
            verdict: 'wrong',
            found: 'it does not run',
            remedy: `install ${tool} (Debian: util-linux, systemd, libc-bin)`,
          };
    }),
  );
}

async function examineFolders({ host, config, journalProblem }: Opened): Promise<Finding[]> {
  const backups = path.dirname(config.paths.backups);
  const findings: Finding[] = [];
  try {
    const facts = await host.files.look(backups);
    if (facts?.kind !== 'directory') {
      findings.push({
        subject: 'backups',
        verdict: 'wrong',
        found: `${backups}: no such folder`,
        remedy: `install -d -m 755 ${backups}`,
      });
    } else if (facts.uid !== 0 && config.sandbox === undefined) {
      findings.push({
        subject: 'backups',
        verdict: 'wrong',
        found: `${backups}: does not belong to root`,
        remedy: `chown root: ${backups}`,
      });
    } else {
      const free = await host.files.free(backups);
      const tight = free < config.snapshots.keepFree;
      findings.push({
        subject: 'backups',
        verdict: tight ? 'wrong' : 'ok',
        found: `${backups}: ${bytesText(free)} free`,
        remedy: tight
          ? `make room: ${bytesText(config.snapshots.keepFree)} are to stay free (snapshots.keepFree)`
          : '',
      });
    }
  } catch (error) {
    findings.push({
      subject: 'backups',
      verdict: 'wrong',
      found: (error as Error).message,
      remedy: `make ${backups} readable`,
    });
  }
  findings.push(
    journalProblem === undefined
      ? { subject: 'journal', verdict: 'ok', found: config.paths.state, remedy: '' }
      : {
          subject: 'journal',
          verdict: 'wrong',
          found: journalProblem,
          remedy: 'run as root; without, everything that changes the host is refused',
        },
  );
  return findings;
}
