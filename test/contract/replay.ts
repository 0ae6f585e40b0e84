import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieShape, jsonShape, parseCookie, shapeOf, type Cookie } from './shape.ts';
import { Bench, type HttpAnswer, type Server, type T3 } from './subject.ts';
import { readTranscript, type Entry, type Exchange, type Run } from './transcript.ts';

/** Do again what was recorded of this version, request by request and call by call. */
export function describeTranscript(t3: T3): void {
  describe('the transcript', () => {
    const bench = new Bench(t3);
    const entries = readTranscript(t3.version);
    /** What was minted here in place of what was minted then. */
    const minted = new Map<string, { credential: string; expiresAt: number }>();
    let cookie: Cookie | undefined;
    let base: string;
    let server: Server;
    beforeAll(async () => {
      base = bench.folder();
      server = await bench.serve(base);
      // The recorder, too, began when the server was ready: `pairing list` knows of the owner's credential.
      await server.logs('T3 Code server is ready.');
    });
    afterAll(() => bench.clear());

    it('holds what it is said to hold', () => {
      expect(entries.filter(({ kind }) => kind === 'http').length).toBeGreaterThanOrEqual(25);
      expect(entries.filter(({ kind }) => kind === 'cli').length).toBe(10);
    });

    for (const [index, entry] of entries.entries())
      it(`${index + 1}. ${nameOf(entry)}`, () => (entry.kind === 'http' ? replay(entry) : rerun(entry)));

    async function replay(entry: Exchange): Promise<void> {
      const answer = await server.request(entry.method, entry.path, {
        headers: sentHeaders(entry),
        ...(entry.body === '' ? {} : { body: await sentBody(entry) }),
      });
      expect(answer.status).toBe(entry.status);
      expect(headerShapes(answer.headers, (value) => lengthShape(answer, entry.method, value))).toEqual(
        headerShapes(entry.headers, () => '<length>'),
      );
      expect(bodyShape(answer)).toBe(bodyShape({ ...entry, body: entry.answer }));
      const set = answer.headers.find(([name]) => name === 'set-cookie')?.[1];
      if (set !== undefined) cookie = parseCookie(set);
    }

    function sentHeaders(entry: Exchange): Record<string, string> {
      const type = entry.sent.get('content-type');
      return {
        ...(type === undefined ? {} : { 'content-type': type }),
        ...(entry.sent.has('authorization') ? { authorization: `Bearer ${live().token}` } : {}),
        ...(entry.sent.has('cookie') ? { cookie: cookieHeader(entry) } : {}),
      };
    }

    function live(): Cookie {
      if (cookie === undefined) throw new Error('no cookie was set before this request');
      return cookie;
    }

    /** The recorder cut cookies short; one that was not accepted had been tampered with behind the cut. */
    function cookieHeader(entry: Exchange): string {
      const { name, token } = live();
      if (entry.answer.includes('"authenticated":true')) return `${name}=${token}`;
      const at = token.indexOf('.') + 1;
      return `${name}=${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    }

    async function sentBody(entry: Exchange): Promise<string> {
      const recorded = /"credential": "([A-Z2-9]+)"/.exec(entry.body)?.[1] ?? '';
      const mine = minted.get(recorded);
      if (mine === undefined) return entry.body;
      // Refused although nobody had used it before: it had run out.
      const usedBefore = entries
        .slice(0, entries.indexOf(entry))
        .some((each) => each.kind === 'http' && each.body === entry.body);
      if (entry.status === 401 && !usedBefore) await delay(Math.max(0, mine.expiresAt - Date.now() + 1));
      return entry.body.replace(recorded, mine.credential);
    }

    async function rerun(entry: Run): Promise<void> {
      const result = await bench.run(entry.argv.map((word) => (word === '/PATH' ? base : word)));
      expect(shapeOf(result.stdout)).toBe(shapeOf(entry.stdout));
      expect(shapeOf(result.stderr)).toBe(shapeOf(entry.stderr));
      expect(result.exitCode).toBe(entry.exitCode);
      const [then, now] = [entry.stdout, result.stdout].map(
        (text) => /"credential": "(\w+)"/.exec(text)?.[1],
      );
      const expires = /"expiresAt": "([^"]+)"/.exec(result.stdout)?.[1];
      if (then !== undefined && now !== undefined && expires !== undefined)
        minted.set(then, { credential: now, expiresAt: Date.parse(expires) });
    }
  });
}

function nameOf(entry: Entry): string {
  if (entry.kind === 'cli') return `t3 ${entry.argv.join(' ')}`;
  return [entry.method, entry.path, entry.body, [...entry.sent.keys()].join(' ')].join(' ').trim();
}

/** All headers but the date, in their order. */
function headerShapes(headers: Exchange['headers'], length: (value: string) => string): string[] {
  return headers
    .filter(([name]) => name !== 'Date')
    .map(([name, value]) => {
      if (name === 'set-cookie') return `${name}: ${cookieShape(value)}`;
      return `${name}: ${name === 'content-length' ? length(value) : value}`;
    });
}

/**
 * A length is right when it is that of the body. Only of an answer: in the transcripts the names of hosts were replaced,
 * and lengths were not.
 */
function lengthShape(answer: HttpAnswer, method: string, value: string): string {
  const right = method === 'HEAD' ? Number(value) > 0 : Number(value) === Buffer.byteLength(answer.body);
  return right ? '<length>' : `${value}, which is wrong`;
}

/** The recorded page stands for the web app: of it, only that it is one is compared. */
function bodyShape({ headers, body }: { headers: Exchange['headers']; body: string }): string {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  if (type === 'application/json') return jsonShape(body);
  if (type.startsWith('text/html'))
    return /^<!doctype html>|^$/i.test(body) ? `page of ${Math.sign(body.length)}` : body;
  return body;
}
