import type { Config } from '../config/schema.ts';
import { HttpFailure, type Http } from '../host/http.ts';
import { excerpt } from '../text/printable.ts';
import type { T3Call } from './command-line.ts';
import { mint, revoke } from './credential.ts';
import { cookieName, cookieOf, exchange, isAccepted, sessionId, type Endpoint } from './exchange.ts';
import { probeResult, type ProbeResult } from './verdict.ts';

/** What a probe has made in a user's database, and is to revoke. */
export interface Made {
  what: 'pairing' | 'session';
  id: string;
}

/** What a probe works with. */
export interface Probing {
  call: T3Call;
  endpoint: Endpoint;
  config: Config;
  /** Why what answers at the endpoint is not the user's own server; undefined when it is. Asked before it is trusted. */
  stranger: () => Promise<string | undefined>;
  /** Told of everything that was made before the handshake goes on: whoever clears up after a crash needs it. */
  made: (made: Made) => void;
}

/**
 * The pairing handshake straight at the instance: mint, exchange, cookie; and everything that it made revoked. What
 * cannot be revoked is said, and takes nothing from the verdict: the handshake was what was asked for.
 */
export async function probeDirect({ call, endpoint, config, stranger, made }: Probing): Promise<ProbeResult> {
  const credential = await mint(call);
  if ('problem' in credential)
    return probeResult('direct', 'broken', { step: 'mint', reason: credential.problem });
  made({ what: 'pairing', id: credential.id });
  // Minting takes seconds, and a server that has died since has left its port to whoever wants it.
  const other = await stranger();
  if (other !== undefined) {
    const left = await revoke(call, 'pairing', credential.id);
    return probeResult('direct', 'unreachable', {
      reason: withRemark(other, left === undefined ? undefined : `not revoked: ${left}`),
    });
  }
  const { result, session } = await exchange(
    endpoint,
    config.dispatch.pairingPaths,
    credential.credential,
    ({ id }) => {
      if (id !== undefined) made({ what: 'session', id });
    },
  );
  const link =
    // Whoever answered may have kept it for itself, and named a session that is none of ours.
    result.verdict === 'ok' ? undefined : await revoke(call, 'pairing', credential.id);
  const left =
    session === undefined
      ? link
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
  { call, endpoint, config, stranger, made }: Probing,
  name: string,
): Promise<ProbeResult> {
  const { dispatch, limits } = config;
  const say = (verdict: ProbeResult['verdict'], about: Partial<ProbeResult> = {}) =>
    probeResult('dispatch', verdict, { ...about, name });
  // The dispatch exchanges what it mints with whoever listens there.
  const other = await stranger();
  if (other !== undefined) return say('unknown', { reason: other });
  const began = performance.now();
  try {
    const answer = await endpoint.http.fetch(`${dispatch.url}/`, {
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
    const id = sessionId(token);
    if (id !== undefined) made({ what: 'session', id });
    const result: Pick<ProbeResult, 'verdict'> & Partial<ProbeResult> =
      answer.status === 302
        ? await judgeCookie(endpoint, token, () => performance.now() - began)
        : { verdict: 'broken', step: 'cookie', reason: `the dispatch answered ${answer.status}, not 302` };
    const left = id === undefined ? 'its token names no session' : await revoke(call, 'session', id);
    return say(result.verdict, {
      ...result,
      reason: left === undefined ? result.reason : withRemark(result.reason, `not revoked: ${left}`),
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return say('unreachable', { reason: `the dispatch: ${excerpt(error.message)}` });
  }
}

/** Is the session, which the dispatch says it has made, one of this instance? Never rejects for what HTTP does. */
async function judgeCookie(
  endpoint: Endpoint,
  token: string,
  elapsed: () => number,
): Promise<Pick<ProbeResult, 'verdict'> & Partial<ProbeResult>> {
  try {
    return (await isCookieOf(endpoint, token))
      ? { verdict: 'ok', latency: elapsed() }
      : {
          verdict: 'broken',
          step: 'cookie',
          reason: 'the instance does not accept the cookie that the dispatch set',
        };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { verdict: 'unreachable', step: 'cookie', reason: `the instance: ${excerpt(error.message)}` };
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
