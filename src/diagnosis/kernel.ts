import { valueOf } from '../fleet/observation.ts';
import { ok, orFine, say, unclear, wrong, type Finding } from './finding.ts';
import { asRoot, seesAll, type Diagnosing, type Subject } from './subject.ts';

/**
 * Whether it can be told which unit a process belongs to: what says that the admin's own session lies in an instance,
 * and so keeps that one from being stopped.
 */
export const kernelSubject: Subject = {
  name: 'kernel',
  checks: { systemd, 'control groups': controlGroups },
};

async function systemd({ host, config }: Diagnosing): Promise<Finding[]> {
  if (config.sandbox !== undefined) return [ok('systemd', 'sandbox: a supervisor of its own')];
  // sd_booted(3).
  return (await host.files.look('/run/systemd/system'))?.kind === 'directory'
    ? [ok('systemd', 'is PID 1')]
    : [wrong('systemd', 'it does not run this machine', say('the cockpit is for hosts that systemd runs'))];
}

async function controlGroups(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, fleet, config } = diagnosing;
  const subject = 'control groups';
  const refused = say('until this can be told, nothing that stops an instance is allowed');
  if ((await host.processes.controlGroup(process.pid)) === undefined)
    return [wrong(subject, 'that of this process cannot be told', refused)];
  const problems = await Promise.all(
    fleet.instances.map(async ({ user, unit }): Promise<Finding[]> => {
      const { mainPid, controlGroup: expected } = valueOf(unit) ?? {};
      if (mainPid === undefined || expected === undefined) return [];
      const found = await host.processes.controlGroup(mainPid);
      // It has ended since the supervisor was asked: nothing to be told.
      if (found === undefined && (await host.processes.facts(mainPid)) === undefined) return [];
      if (found === undefined)
        return [
          seesAll(diagnosing)
            ? wrong(subject, `that of process ${mainPid} of ${user} cannot be told`, refused)
            : unclear(subject, `that of process ${mainPid} of ${user} cannot be told`, asRoot(diagnosing)),
        ];
      return found === expected || found.startsWith(`${expected}/`)
        ? []
        : [wrong(subject, `${user}: the supervisor says ${expected}, the kernel says ${found}`, refused)];
    }),
  );
  return orFine(
    problems.flat(),
    subject,
    config.sandbox === undefined ? await hierarchy(diagnosing) : 'sandbox: marks in their place',
  );
}

/** cgroups(7): which of the three ways this host keeps its units in. */
async function hierarchy({ host }: Diagnosing): Promise<string> {
  const there = async (file: string) => (await host.files.look(file)) !== undefined;
  if (await there('/sys/fs/cgroup/cgroup.controllers')) return 'unified';
  return (await there('/sys/fs/cgroup/unified')) ? 'hybrid' : 'the old hierarchy, name=systemd';
}
