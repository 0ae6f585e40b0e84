import * as z from 'zod';
import { HttpFailure, type Http, type HttpAnswer } from '../host/http.ts';
import { excerpt, publicLine } from '../text/printable.ts';
import { probeResult, type ProbeResult } from './verdict.ts';

/** An instance, as HTTP reaches it. */
export interface Endpoint {
  http: Http;
  port: number;
  /** Milliseconds for each request. */
  timeout: number;
  /** Bytes. */
  maxBody: number;
}

/** A session that an exchange has made; it is to be revoked. */
export interface MadeSession {
  id: string | undefined;
}

const sessionDocument = z.object({
  authenticated: z.boolean(),
  auth: z.object({ sessionCookieName: z.string().regex(/^[\w-]{1,128}$/) }),
});

/**
 * Exchange a credential for a session cookie, and see that the cookie is accepted.
 *
 * @param paths Where to exchange, in order: the next one on 404 (docs/t3-contract.md, endpoints).
 * @param made Told of the session as soon as there is one, before anything else can go wrong.
 * @returns the verdict of the direct route, and the session that was made, if any.
 */
export async function exchange(
  endpoint: Endpoint,
  paths: readonly string[],
  credential: string,
  made: (session: MadeSession) => void,
): Promise<{ result: ProbeResult; session: MadeSession | undefined }> {
  const began = performance.now();
  let session: MadeSession | undefined;
  try {
    const name = await cookieName(endpoint);
    if (name === undefined)
      return {
        result: broken('cookie', 'it does not say what its session cookie is called'),
        session: undefined,
      };
    for (const path of paths) {
      const answer = await ask(endpoint, path, { credential });
      if (answer.status === 404) continue;
      const token = cookieOf(answer, name);
      if (answer.status !== 200)
        return {
          result: broken('exchange', `${path} answered ${answer.status}${bodyWords(answer)}`, path),
          session: undefined,
        };
      if (token === undefined)
        return { result: broken('cookie', `${path} set no cookie ${name}`, path), session: undefined };
      session = { id: sessionId(token) };
      made(session);
      if (!(await isAccepted(endpoint, name, token)))
        return { result: broken('cookie', 'the cookie that it set is not accepted', path), session };
      return {
        result: probeResult('direct', 'ok', { endpoint: path, latency: performance.now() - began }),
        session,
      };
    }
    return {
      result: broken('exchange', `none of ${paths.join(', ')} exists: the pairing endpoint has moved again`),
      session: undefined,
    };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return {
      result: probeResult('direct', 'unreachable', { step: 'exchange', reason: excerpt(error.message) }),
      session,
    };
  }
}

/** Does an instance accept this cookie as a session? @throws HttpFailure */
export async function isAccepted(endpoint: Endpoint, name: string, token: string): Promise<boolean> {
  const answer = await endpoint.http.fetch(url(endpoint, '/api/auth/session'), {
    timeout: endpoint.timeout,
    maxBody: endpoint.maxBody,
    headers: { cookie: `${name}=${token}` },
  });
  return parseSession(answer)?.authenticated === true;
}

/** What the instance calls its session cookie: from 0.0.29 on that depends on its address. @throws HttpFailure */
export async function cookieName(endpoint: Endpoint): Promise<string | undefined> {
  const answer = await endpoint.http.fetch(url(endpoint, '/api/auth/session'), {
    timeout: endpoint.timeout,
    maxBody: endpoint.maxBody,
  });
  return parseSession(answer)?.auth.sessionCookieName;
}

/** The value of a cookie that an answer sets. */
export function cookieOf(answer: HttpAnswer, name: string): string | undefined {
  const header = answer.headers['set-cookie'] ?? [];
  const cookies = typeof header === 'string' ? [header] : header;
  const prefix = `${name}=`;
  const value = cookies
    .find((cookie) => cookie.startsWith(prefix))
    ?.slice(prefix.length)
    .split(';')[0];
  return value === undefined || value === '' ? undefined : value;
}

const payload = z.object({ sid: z.string().regex(/^[\w-]{1,64}$/) });

/** The session's id, from the payload in its token: `<payload>.<signature>`. */
export function sessionId(token: string): string | undefined {
  try {
    return payload.safeParse(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')))
      .data?.sid;
  } catch {
    // Not JSON: a token of an unknown shape, whose session cannot be named, and so not be revoked.
    return undefined;
  }
}

function ask(endpoint: Endpoint, path: string, body: object): Promise<HttpAnswer> {
  return endpoint.http.fetch(url(endpoint, path), {
    method: 'POST',
    timeout: endpoint.timeout,
    maxBody: endpoint.maxBody,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function parseSession(answer: HttpAnswer): z.output<typeof sessionDocument> | undefined {
  if (answer.status !== 200) return undefined;
  try {
    return sessionDocument.safeParse(JSON.parse(answer.body)).data;
  } catch {
    // Any unknown path answers 200 with a web page: then there is no such document.
    return undefined;
  }
}

const url = ({ port }: Endpoint, path: string) => `http://127.0.0.1:${port}${path}`;

function broken(step: 'exchange' | 'cookie', reason: string, endpoint?: string): ProbeResult {
  return probeResult('direct', 'broken', { step, reason, endpoint });
}

function bodyWords(answer: HttpAnswer): string {
  const words = excerpt(publicLine(answer.body), 80);
  return words === '' ? '' : `: ${words}`;
}
