import { expand } from '../config/expand.ts';
import { valueOf } from '../fleet/observation.ts';
import { parseEnvironmentPort } from '../fleet/ports.ts';
import { FileProblem } from '../host/files.ts';
import type { Instance } from '../fleet/fleet.ts';
import type { Listener } from '../host/sockets.ts';
import { isRunning } from '../host/units/units.ts';
import { excerpt } from '../text/printable.ts';
import { attention, orFine, say, unclear, wrong, type Finding } from './finding.ts';
import { asRoot, seesAll, systemctl, type Diagnosing, type Subject } from './subject.ts';

/** Where each server is said to listen, and who really does. */
export const portsSubject: Subject = {
  name: 'ports',
  checks: { ports: ports, 'shared ports': shared, listeners: listeners },
};

/** How long a server may take from its start until it listens and answers, milliseconds (docs/t3-contract.md: 2.2 to 5 s measured). */
export const startup = 60_000;

/** The environment file, which is what a unit really uses, and the dispatch table say the same. */
async function ports(diagnosing: Diagnosing): Promise<Finding[]> {
  const { fleet, config } = diagnosing;
  const problems = await Promise.all(
    fleet.instances.map(async (instance): Promise<Finding[]> => {
      const { user } = instance;
      const subject = `${user}: port`;
      const written = await writtenPort(diagnosing, user);
      if ('findings' in written) return written.findings;
      return (valueOf(instance.mapping) ?? []).flatMap(({ name, leadsTo }): Finding[] =>
        leadsTo === undefined || leadsTo.user !== user || leadsTo.port === written.port
          ? []
          : [
              wrong(
                subject,
                `the environment file says ${written.port}, the dispatch leads ${name} to ${leadsTo.port}`,
                say(
                  `let what generates ${config.paths.dispatchTable} say ${written.port}, or write T3_PORT=${leadsTo.port} and restart ${instance.unitName}`,
                ),
              ),
            ],
      );
    }),
  );
  return orFine(problems.flat(), 'ports', 'environment files and dispatch table say the same');
}

/** The fleet makes do with the dispatch table where an environment file says nothing; a unit cannot. */
async function writtenPort(
  diagnosing: Diagnosing,
  user: string,
): Promise<{ port: number } | { findings: Finding[] }> {
  const { host, config } = diagnosing;
  const subject = `${user}: port`;
  const file = expand(config.paths.environmentFile, { user });
  const remedy = say(`write T3_PORT=PORT into ${file}, with a port that is nobody else’s`);
  try {
    const parsed = parseEnvironmentPort(await host.files.read(file, config.limits.fileSize));
    return 'port' in parsed ? parsed : { findings: [wrong(subject, `${file}: ${parsed.problem}`, remedy)] };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    // That there is none is said of the paths.
    if (error.code === 'ENOENT') return { findings: [] };
    const denied = error.code === 'EACCES' && !seesAll(diagnosing);
    return {
      findings: [
        denied ? unclear(subject, error.message, asRoot(diagnosing)) : wrong(subject, error.message, remedy),
      ],
    };
  }
}

function shared({ fleet }: Diagnosing): Finding[] {
  const known = fleet.instances.filter(({ port }) => port.kind === 'known');
  const problems = [...Map.groupBy(known, ({ port }) => valueOf(port)).entries()].flatMap(([port, users]) =>
    users.length < 2
      ? []
      : [
          wrong(
            `port ${port}`,
            `is that of ${users.map(({ user }) => user).join(' and ')}`,
            say('give each a port of their own, in the environment files and in the dispatch table'),
          ),
        ],
  );
  return orFine(problems, 'shared ports', 'none');
}

/** A port without its own server behind it is where the dispatch sends a user’s credentials. */
async function listeners(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, fleet } = diagnosing;
  const asked = new Set(fleet.instances.flatMap(({ port }) => valueOf(port) ?? []));
  const found = await host.sockets.listeners(asked);
  const problems = await Promise.all(
    fleet.instances.map((instance) => {
      const port = valueOf(instance.port);
      return port === undefined
        ? []
        : judge(
            diagnosing,
            instance,
            port,
            found.filter((each) => each.port === port),
          );
    }),
  );
  return orFine(problems.flat(), 'listeners', 'each server on its own port, and nobody else');
}

async function judge(
  diagnosing: Diagnosing,
  instance: Instance,
  port: number,
  found: readonly Listener[],
): Promise<Finding[]> {
  const { host } = diagnosing;
  const subject = `${instance.user}: listens`;
  const unit = valueOf(instance.unit);
  if (unit === undefined) return [unclear(subject, 'the unit’s state is not known')];
  if (isRunning(unit) && found.length === 0) {
    const starting = unit.since !== undefined && host.clock.now() - unit.since < startup;
    const words = `see why first (journalctl --unit=${instance.unitName} --lines=50), then`;
    return [
      (starting ? attention : wrong)(
        subject,
        `its unit runs, and nobody listens on port ${port}${starting ? ' yet' : ''}`,
        systemctl(diagnosing, ['restart', instance.unitName], words, instance),
      ),
    ];
  }
  const findings: Finding[] = [];
  for (const { address, pids, uid } of found) {
    const where = `${address}:${port}`;
    if (pids.length === 0) {
      findings.push(
        seesAll(diagnosing)
          ? unclear(subject, `uid ${uid} listens on ${where}; by which process cannot be told`)
          : unclear(subject, `who listens on ${where} is not ours to see`, asRoot(diagnosing)),
      );
      continue;
    }
    for (const pid of pids) {
      const group = await host.processes.controlGroup(pid);
      const own = unit.controlGroup;
      if (own !== undefined && group !== undefined && (group === own || group.startsWith(`${own}/`)))
        continue;
      const facts = await host.processes.facts(pid);
      // It has ended in the meantime.
      if (facts === undefined) continue;
      const who = `process ${pid} (${excerpt(facts.name, 20)}, uid ${uid})`;
      findings.push(
        group === undefined
          ? unclear(subject, `${who} listens on ${where}; whose it is cannot be told`)
          : wrong(
              subject,
              `${who} listens on ${where}, and does not belong to ${instance.unitName}`,
              systemctl(
                diagnosing,
                ['restart', instance.unitName],
                `see what process ${pid} is, and end it; then`,
                instance,
              ),
            ),
      );
    }
  }
  return findings;
}
