import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Fleet, Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { isOff } from '../../t3/off.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import type { Plan, ProbeStep, Request } from '../plan.ts';

/**
 * Plan the pairing handshake for everybody, or for those named: one at a time, because each runs t3 several times. Users
 * whose server is not meant to run are left out; whatever else is not known is found out, and said, by the step.
 */
export function planProbe(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'probe' | 'verify' }>,
): Plan {
  const lanes: Plan['lanes'] = [];
  const leftOut: Plan['leftOut'] = [];
  for (const instance of chosenInstances(fleet, request.users)) {
    const step = planStep(instance, config);
    if ('reason' in step) leftOut.push({ user: instance.user, ...step });
    else lanes.push({ user: instance.user, steps: [step] });
  }
  return {
    kind: request.kind,
    lanes,
    leftOut,
    parallel: 1,
    notes: [
      'every probe mints a credential and opens a session in the user’s database, and revokes both',
      'users are probed one at a time',
    ],
  };
}

function planStep(instance: Instance, config: Config): ProbeStep | { reason: string; harmless: boolean } {
  const { user, authentik } = instance;
  const account = valueOf(instance.account);
  if (account === undefined)
    return { reason: whyUnknown(instance.account, 'the account was not looked at'), harmless: false };
  const unit = valueOf(instance.unit);
  if (unit !== undefined && isOff(unit)) return { reason: 'not running', harmless: true };
  const port = valueOf(instance.port);
  if (port === undefined)
    return { reason: whyUnknown(instance.port, 'its port was not looked at'), harmless: false };
  const places = { user, home: account.home };
  return {
    kind: 'probe',
    id: `${user}/probe`,
    title: 'pairing handshake',
    user,
    names: [...authentik],
    port,
    baseDir: expand(config.paths.baseDir, places),
    database: expand(config.paths.stateDatabase, places),
  };
}
