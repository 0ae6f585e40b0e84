import { strangerOn } from '../../host/sockets.ts';
import { environmentPath, runningVersion } from '../../t3/environment.ts';
import type { Instance, Liveness } from '../fleet.ts';
import { known, unknown, valueOf, type Observation } from '../observation.ts';
import { moment, reasonOf, type Collecting } from './context.ts';

/** Instances that answer within so many milliseconds of each other share one reading of who listens. */
const shared = 250;

/** Ask an instance which code it runs. Says that it answers, and what; not that anybody could pair with it. */
export async function observeLiveness(
  collecting: Collecting,
  instance: Instance,
): Promise<Observation<Liveness>> {
  const { host, config } = collecting;
  const unit = valueOf(instance.unit);
  if (unit?.active === 'inactive' || unit?.active === 'failed')
    return unknown('not running', moment(collecting));
  const port = valueOf(instance.port);
  if (port === undefined) {
    return unknown(
      instance.port.kind === 'unknown' ? `port: ${instance.port.reason}` : 'its port is not known',
      moment(collecting),
    );
  }
  try {
    const answer = await host.http.fetch(`http://127.0.0.1:${port}${environmentPath}`, {
      timeout: config.limits.httpTimeout,
      maxBody: config.limits.httpBody,
    });
    const running = runningVersion(answer);
    if ('problem' in running) return unknown(running.problem, moment(collecting), instance.liveness);
    const account = valueOf(instance.account);
    const stranger =
      account === undefined ? undefined : await strangerOn(host.sockets, port, account, shared);
    if (stranger !== undefined) return unknown(stranger, moment(collecting), instance.liveness);
    return known({ version: running.version, latency: answer.took }, moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting), instance.liveness);
  }
}
