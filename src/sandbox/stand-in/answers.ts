import type { ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { HttpRules } from './profiles.ts';

/** An answer before it is sent; headers in their order on the wire. */
export interface Answer {
  status: number;
  headers: (readonly [name: string, value: string])[];
  /** Absent: an answer of no length, sent in chunks of which there are none. */
  body?: string;
}

export type Refusal = 'missing_credential' | 'invalid_credential';

const anyOrigin = ['access-control-allow-origin', '*'] as const;
const methods = ['access-control-allow-methods', 'GET, POST, OPTIONS'] as const;
const allowed = (names: readonly string[], separator: string) =>
  ['access-control-allow-headers', names.join(separator)] as const;

const page =
  '<!doctype html><html><head><title>T3 Code (stand-in)</title></head><body>A simulation of T3 Code.</body></html>\n';

/** The web app: what any unknown GET answers with, so that a 200 proves nothing (docs/t3-contract.md, Endpoints). */
export function webApp(rules: HttpRules, pathname: string): Answer {
  const type = pathname === '/' ? 'text/html' : 'text/html; charset=utf-8';
  return { status: 200, headers: [...described(rules, type, page), anyOrigin], body: page };
}

/** @param extra Headers of this answer alone, such as its cookie. */
export function jsonAnswer(
  rules: HttpRules,
  status: number,
  document: object,
  extra: Answer['headers'] = [],
): Answer {
  const body = JSON.stringify(document);
  const about = described(rules, 'application/json', body);
  return {
    status,
    headers:
      rules.cors === 'first'
        ? [anyOrigin, methods, allowed(rules.allowHeaders, ', '), ...about, ...extra]
        : [...about, anyOrigin, ...extra],
    body,
  };
}

export function emptyAnswer(status: number): Answer {
  return { status, headers: [anyOrigin] };
}

export function preflightAnswer(rules: HttpRules): Answer {
  return {
    status: 204,
    headers: [anyOrigin, methods, allowed(rules.allowHeaders, ','), ['access-control-max-age', '600']],
  };
}

/** 401, in the version's manner: which of the possible reasons it was is not said. */
export function refusal(rules: HttpRules, reason: Refusal, sentence: string): Answer {
  const tagged = { _tag: 'EnvironmentAuthInvalidError', code: 'auth_invalid', reason, traceId: traceId() };
  return jsonAnswer(rules, 401, rules.errors === 'sentence' ? { error: sentence } : tagged);
}

/** 500 at pairing. Only the one of 0.0.24 was measured. */
export function pairingFailure(rules: HttpRules): Answer {
  const sentence = { error: 'Failed to validate bootstrap credential.' };
  const tagged = {
    _tag: 'EnvironmentInternalError',
    code: 'internal_error',
    reason: 'browser_session_issuance_failed',
    traceId: traceId(),
  };
  return jsonAnswer(rules, 500, rules.errors === 'sentence' ? sentence : tagged);
}

/** What is no pairing request, or no JSON. */
export function invalidRequest(rules: HttpRules, status: number): Answer {
  if (rules.errors === 'tagged') return emptyAnswer(status);
  return jsonAnswer(rules, status, { error: 'Invalid bootstrap payload.' });
}

export function send(response: ServerResponse, { status, headers, body }: Answer, withBody: boolean): void {
  response.writeHead(status, headers.flat());
  response.end(withBody ? body : undefined);
}

function described(rules: HttpRules, type: string, body: string): Answer['headers'] {
  return [
    ['content-type', type],
    ['content-length', String(Buffer.byteLength(body))],
    ...(rules.vary ? [['vary', 'Accept-Encoding'] as const] : []),
  ];
}

const traceId = () => randomBytes(16).toString('hex');
