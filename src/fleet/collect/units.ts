import { isWithin } from '../../host/processes.ts';
import { surveySession, type SessionMember } from '../../host/session.ts';
import type { UnitState } from '../../host/units/units.ts';
import type { Hosting } from '../fleet.ts';
import { jobOf, jobUnits, type HostJob } from '../jobs.ts';
import { known, pending, unknown, valueOf, type Observation } from '../observation.ts';
import { moment, reasonOf, type Collecting } from './context.ts';

/** The states of all units, by one question to the supervisor. */
export async function observeUnits(
  collecting: Collecting,
  names: readonly string[],
): Promise<(name: string) => Observation<UnitState>> {
  try {
    const states = await collecting.host.units.show(names);
    const at = moment(collecting);
    return (name) => {
      const state = states.get(name);
      return state === undefined ? unknown('the supervisor does not know it', at) : known(state, at);
    };
  } catch (error) {
    const failed = unknown(reasonOf(error), moment(collecting));
    return () => failed;
  }
}

/** The host's own jobs, from the same answer. */
export function observeJobs(
  collecting: Collecting,
  units: (name: string) => Observation<UnitState>,
): Observation<readonly HostJob[]> {
  const jobs: HostJob[] = [];
  for (const name of collecting.config.jobs) {
    const of = jobUnits(name);
    const [service, timer] = [units(of.service), units(of.timer)];
    if (service.kind === 'pending' || timer.kind === 'pending') return pending;
    if (service.kind === 'unknown') return unknown(service.reason, service.at);
    if (timer.kind === 'unknown') return unknown(timer.reason, timer.at);
    jobs.push(jobOf(name, service.value, timer.value));
  }
  return known(jobs, moment(collecting));
}

/** The processes of this session with the control group of each, as far as they can be told. */
export type SessionGroups = Observation<readonly SessionMember[]>;

export async function observeSession(
  collecting: Collecting,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SessionGroups> {
  const { host, config } = collecting;
  try {
    const members = await surveySession(
      host.processes,
      host.commands,
      environment,
      config.limits.commandTimeout,
    );
    return known(members, moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}

/**
 * Is this the hosting instance? (Design, section 6.) A unit without a control group runs nothing, and so hosts nothing;
 * a process whose group cannot be told might be in any.
 */
export function judgeHosting(unit: Observation<UnitState>, session: SessionGroups): Observation<Hosting> {
  const state = valueOf(unit);
  if (state === undefined)
    return unit.kind === 'pending' ? unit : unknown('the unit’s state is not known', unit.at);
  if (session.kind !== 'known')
    return session.kind === 'pending' ? session : unknown(session.reason, session.at);
  const group = state.controlGroup;
  if (group === undefined) return known({ hosts: false }, session.at);
  const inside = session.value.find(({ controlGroup }) => isWithin(controlGroup, group));
  if (inside !== undefined) return known({ hosts: true, because: inside.role }, session.at);
  const obscure = session.value.find(({ controlGroup }) => controlGroup === undefined);
  if (obscure !== undefined) return unknown(`cannot tell where process ${obscure.pid} belongs`, session.at);
  return known({ hosts: false }, session.at);
}
