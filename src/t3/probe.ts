import type { Config } from '../config/schema.ts';
import { HttpFailure, type Http } from '../host/http.ts';
import { excerpt } from '../text/printable.ts';
import { mint, revoke, type T3Call } from './credential.ts';
import { cookieName, cookieOf, exchange, isAccepted, sessionId, type Endpoint } from './exchange.ts';
import { probeResult, type ProbeResult } from './verdict.ts';

/**
 * The pairing handshake straight at the instance: mint, exchange, cookie; and everything that it made revoked. What
 * cannot be revoked is said, and takes nothing from the verdict: the handshake was what was asked for.
 */
export async function probeDirect(call: T3Call, endpoint: Endpoint, config: Config): Promise<ProbeResult> {
  const credential = await mint(call);
  if ('problem' in credential)
    return probeResult('direct', 'broken', { step: 'mint', reason: credential.problem });
  const { result, session } = await exchange(endpoint, config.dispatch.pairingPaths, credential.credential);
  const left =
    session === undefined
      ? await revoke(call, 'pairing', credential.id)
      : session.id === undefined
        ? 'its token names no session'
        : await revoke(call, 'session', session.id);
  return left === undefined
    ? result
    : { ...result, reason: withRemark(result.reason, `not revoked: ${left}`) };
}

/**
 * A page visit through the dispatch, as a browser without a session makes it: it mints with the global binary, so the
 * caller has made sure that this is the version that the instance runs.
 *
 * @param name The authentik name.
 */
export async function probeDispatch(
  call: T3Call,
  endpoint: Endpoint,
  config: Config,
  name: string,
): Promise<ProbeResult> {
  const { dispatch, limits } = config;
  const say = (verdict: ProbeResult['verdict'], about: Partial<ProbeResult> = {}) =>
    probeResult('dispatch', verdict, { ...about, name });
  const began = performance.now();
  try {
    const answer = await call.host.http.fetch(`${dispatch.url}/`, {
      // It runs t3 before it answers.
      timeout: limits.t3Timeout,
      maxBody: limits.httpBody,
      headers: { [dispatch.header]: name, accept: 'text/html' },
    });
    if (answer.status === 403) return say('unmapped', { reason: 'the dispatch does not know this name' });
    if (answer.status === 500)
      return say('broken', { step: 'mint', reason: 'the dispatch answered 500: minting failed' });
    if (answer.status === 502)
      return say('broken', { step: 'exchange', reason: 'the dispatch answered 502: the exchange failed' });
    const token = cookieOf(answer, dispatch.cookie);
    if (token === undefined)
      return say('broken', {
        step: 'cookie',
        reason: `the dispatch answered ${answer.status} without the cookie ${dispatch.cookie}`,
      });
    if (answer.status !== 302)
      return say('broken', { step: 'cookie', reason: `the dispatch answered ${answer.status}, not 302` });
    const accepted = await isCookieOf(endpoint, token);
    const latency = performance.now() - began;
    const id = sessionId(token);
    const left = id === undefined ? 'its token names no session' : await revoke(call, 'session', id);
    const remark = left === undefined ? undefined : `not revoked: ${left}`;
    if (!accepted)
      return say('broken', {
        step: 'cookie',
        reason: withRemark('the instance does not accept the cookie that the dispatch set', remark),
      });
    return say('ok', { latency, reason: remark });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return say('unreachable', { reason: `the dispatch: ${excerpt(error.message)}` });
  }
}

/** The dispatch renames the instance's cookie to its own name; the instance knows the token by its own. */
async function isCookieOf(endpoint: Endpoint, token: string): Promise<boolean> {
  const own = await cookieName(endpoint);
  return own !== undefined && (await isAccepted(endpoint, own, token));
}

function withRemark(reason: string | undefined, remark: string | undefined): string | undefined {
  return remark === undefined ? reason : reason === undefined ? remark : `${reason}; ${remark}`;
}

/** An instance for `exchange` and `isAccepted`, within the limits of the config. */
export function endpointOf(http: Http, port: number, { limits }: Config): Endpoint {
  return { http, port, timeout: limits.httpTimeout, maxBody: limits.httpBody };
}
