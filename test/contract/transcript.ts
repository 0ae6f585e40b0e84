import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What was recorded of a real t3 server: test/fixtures/t3/transcript-<version>.txt. */
export type Entry = HttpExchange | CliRun;

export interface HttpExchange {
  kind: 'http';
  method: string;
  path: string;
  requestBody: string | undefined;
  /** Which way the request was authenticated; the recorder cut the secrets short. */
  auth: 'none' | 'cookie' | 'bearer';
  status: number;
  headers: Map<string, string>;
  body: string;
}

export interface CliRun {
  kind: 'cli';
  argv: string[];
  exitCode: number;
  stdout: string;
  stderr: string;
}

export function readTranscript(version: string): Entry[] {
  const file = path.resolve(import.meta.dirname, `../fixtures/t3/transcript-${version}.txt`);
  const blocks = readFileSync(file, 'utf8').split(/\n(?=[>$] )/);
  return blocks.map((block) => (block.startsWith('$') ? cliRun(block) : httpExchange(block)));
}

function httpExchange(block: string): HttpExchange {
  const [request = '', ...rest] = block.split('\n');
  const [, method = '', target = '', tail = ''] = /^> (\S+) (\S+) ?(.*)$/.exec(request) ?? [];
  const headersAt = tail.lastIndexOf('{');
  const body = method === 'POST' ? tail.slice(0, headersAt).trim() : '';
  const answer = rest.join('\n');
  const headers = new Map(
    [...answer.matchAll(/^ {4}([\w-]+): (.*)$/gm)].map((match) => [
      (match[1] ?? '').toLowerCase(),
      match[2] ?? '',
    ]),
  );
  return {
    kind: 'http',
    method,
    path: target,
    requestBody: body === '' ? undefined : body,
    auth: tail.includes("'cookie'") ? 'cookie' : tail.includes("'authorization'") ? 'bearer' : 'none',
    status: Number(/^< (\d+)/m.exec(answer)?.[1]),
    headers,
    body:
      /^ {3}body: ([\s\S]*?)(?:\nSET-COOKIE .*)?$/m
        .exec(answer.replace(/\nSET-COOKIE [\s\S]*$/, ''))?.[1]
        ?.trimEnd() ?? '',
  };
}

function cliRun(block: string): CliRun {
  const [command = ''] = block.split('\n');
  const literal = (name: string) =>
    unquote(new RegExp(`^  ${name}=(['"])(.*)\\1$`, 'm').exec(block)?.[2] ?? '');
  return {
    kind: 'cli',
    argv: command.split(' ').slice(2),
    exitCode: Number(/rc=(\d+)/.exec(block)?.[1]),
    stdout: literal('stdout'),
    stderr: literal('stderr'),
  };
}

/** A Python string literal, as the recorder wrote it. */
function unquote(text: string): string {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };
  return text.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}

/** What differs from one run to the next gives way to what it is. */
export function normalise(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\[\d\d:\d\d:\d\d\.\d{3}\]/g, '[<clock>]')
    .replace(/t3_session_\d+_[0-9a-f]{12}/g, 't3_session_<port>_<digest>')
    .replace(/\b[0-9a-f]{32}\b/g, '<trace>')
    .replace(/\b[A-Z2-9]{12}\b/g, '<credential>')
    .replace(/[\w-]{40,}\.[\w-]{40,}/g, '<token>')
    .replace(/Expires=[^;]+/g, 'Expires=<date>');
}
