import { jobUnits, type HostJob } from '../fleet/jobs.ts';
import { attention, ok, orFine, run, say, unclear, wrong, type Finding } from './finding.ts';
import { systemctl, type Diagnosing, type Subject } from './subject.ts';

/** The host's own scheduled jobs: are they there, do their timers wait, how did they end? */
export const jobsSubject: Subject = { name: 'jobs', checks: { jobs } };

function jobs(diagnosing: Diagnosing): Finding[] {
  const { fleet, config } = diagnosing;
  if (config.jobs.length === 0) return [ok('jobs', 'this host has none')];
  if (fleet.jobs.kind !== 'known')
    return [unclear('jobs', fleet.jobs.kind === 'unknown' ? fleet.jobs.reason : 'not looked at in time')];
  if (config.sandbox !== undefined && fleet.jobs.value.every(({ installed }) => !installed))
    return [ok('jobs', 'sandbox: it has none')];
  const problems = fleet.jobs.value.flatMap((job) => judge(diagnosing, job));
  return orFine(problems, 'jobs', fleet.jobs.value.map(({ name }) => name).join(', '));
}

function judge(diagnosing: Diagnosing, job: HostJob): Finding[] {
  const { name } = job;
  const { timer, service } = jobUnits(name);
  if (!job.installed)
    return [
      attention(
        name,
        `there is no ${service}`,
        say(`install it, or take ${name} out of jobs in the configuration`),
      ),
    ];
  if (job.barred !== undefined)
    return [
      job.barred === 'masked'
        ? attention(name, `${service} is masked: it cannot run`, systemctl(diagnosing, ['unmask', service]))
        : wrong(
            name,
            `${service} cannot be loaded: ${job.barred}`,
            run(['systemd-analyze', 'verify', service]),
          ),
    ];
  const findings: Finding[] = [];
  // To start it again is for whoever has read why: an updater that refused a version would try it again.
  if (job.ended === 'failed')
    findings.push(
      wrong(
        name,
        'it failed when it last ran',
        diagnosing.config.sandbox === undefined
          ? run(['journalctl', `--unit=${service}`, '--lines=50'], 'its log says why')
          : say('its log says why'),
      ),
    );
  if (!job.scheduled)
    findings.push(
      attention(
        name,
        `${timer} does not wait: it will not run by itself`,
        systemctl(diagnosing, ['enable', '--now', timer]),
      ),
    );
  return [...findings, ...judgeAge(diagnosing, job)];
}

/** A backup that has not succeeded for too long is late, whatever its timer says. */
function judgeAge(diagnosing: Diagnosing, job: HostJob): Finding[] {
  const { host, config } = diagnosing;
  if (!/backup/.test(job.name) || job.running || job.ended === 'failed') return [];
  const { service } = jobUnits(job.name);
  const last = job.ended === 'well' ? (job.since ?? job.last) : job.last;
  const age = last === undefined ? undefined : host.clock.now() - last;
  if (age !== undefined && age <= config.snapshots.late) return [];
  return [
    attention(
      job.name,
      age === undefined
        ? 'it has not run since this machine started'
        : `it last ended ${Math.round(age / 3_600_000)} h ago`,
      systemctl(diagnosing, ['start', service]),
    ),
  ];
}
