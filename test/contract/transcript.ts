import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What was recorded of a real t3, in order: test/fixtures/t3/transcript-<version>.txt. */
export type Entry = Exchange | Run;

export interface Exchange {
  kind: 'http';
  method: string;
  path: string;
  body: string;
  /** The names of the headers that were sent, with values that the recorder may have cut short. */
  sent: ReadonlyMap<string, string>;
  status: number;
  /** As on the wire, in order. */
  headers: readonly (readonly [name: string, value: string])[];
  answer: string;
}

export interface Run {
  kind: 'cli';
  argv: readonly string[];
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** @throws where a line is not understood: nothing that was recorded may go unchecked. */
export function readTranscript(version: string): Entry[] {
  const file = path.resolve(import.meta.dirname, `../fixtures/t3/transcript-${version}.txt`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const entries: Entry[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    // The recorder's own notes on what it shows anyway.
    if (line === '' || line.startsWith('SET-COOKIE ') || line.startsWith('keys [')) {
      at += 1;
    } else if (line.startsWith('> ')) {
      const end = endOf(lines, at);
      entries.push(exchange(lines.slice(at, end)));
      at = end;
    } else if (line.startsWith('$ ')) {
      entries.push(run(lines.slice(at, at + 4)));
      at += 4;
    } else {
      throw new Error(`${file}:${at + 1}: not understood: ${line}`);
    }
  }
  return entries;
}

const starts = /^(> |\$ |SET-COOKIE |keys \[)/;

function endOf(lines: readonly string[], from: number): number {
  const next = lines.findIndex((line, index) => index > from && starts.test(line));
  return next === -1 ? lines.length : next;
}

function exchange([request = '', answer = '', ...rest]: readonly string[]): Exchange {
  const [, method, target, body, sent] = groups(/^> (\S+) (\S+) (.*?) ?(\{[^{}]*\})$/, request);
  const [, status] = groups(/^< (\d{3}) \(\d+ms\)$/, answer);
  const bodyAt = rest.findIndex((line) => line.startsWith('   body: '));
  return {
    kind: 'http',
    method: method ?? '',
    path: target ?? '',
    body: body ?? '',
    sent: new Map(
      [...(sent ?? '').matchAll(/'([^']+)': '([^']*)'/g)].map(([, name = '', value = '']) => [name, value]),
    ),
    status: Number(status),
    headers: rest.slice(0, bodyAt).map((line) => {
      const [, name = '', value = ''] = groups(/^ {4}([\w-]+): (.*)$/, line);
      return [name, value] as const;
    }),
    answer: rest.slice(bodyAt).join('\n').slice('   body: '.length).trimEnd(),
  };
}

function run([command = '', exit = '', stdout = '', stderr = '']: readonly string[]): Run {
  const [, exitCode] = groups(/^ {2}rc=(\d+) \([\d.]+s\)$/, exit);
  return {
    kind: 'cli',
    argv: command.split(' ').slice(2),
    exitCode: Number(exitCode),
    stdout: literal(groups(/^ {2}stdout=(['"])(.*)\1$/, stdout)[2] ?? ''),
    stderr: literal(groups(/^ {2}stderr=(['"])(.*)\1$/, stderr)[2] ?? ''),
  };
}

function groups(pattern: RegExp, line: string): RegExpExecArray {
  const match = pattern.exec(line);
  if (match === null) throw new Error(`not understood: ${line}`);
  return match;
}

/** A Python string literal, as the recorder wrote it. */
function literal(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
