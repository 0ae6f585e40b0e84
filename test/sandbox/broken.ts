import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { TestSandbox } from './sandbox.ts';

/** A healthy host, broken in one way after the other: exactly that is found, with what to do about it. */

export interface Finding {
  group: string;
  subject: string;
  verdict: 'ok' | 'attention' | 'wrong' | 'unknown';
  found: string;
  remedy: string;
  command: string | null;
}
export interface Diagnosis {
  findings: Finding[];
  wrong: number;
  attention: number;
  unknown: number;
}

export const title = ({ verdict, group, subject }: Finding) => `${verdict} ${group}/${subject}`;

/** What the doctor finds that is not as it should be. */
export async function notWell(sandbox: TestSandbox, ...args: string[]): Promise<Finding[]> {
  const { findings } = await sandbox.json<Diagnosis>('doctor', ...args);
  return findings.filter(({ verdict }) => verdict !== 'ok');
}

/** Rewrite a file. @returns puts back what was there, as the others below do. */
export function swap(file: string, change: (text: string) => string): () => void {
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  return () => writeFileSync(file, before);
}

export function moveAway(file: string): () => void {
  renameSync(file, `${file}.away`);
  return () => {
    rmSync(file, { recursive: true, force: true });
    renameSync(`${file}.away`, file);
  };
}

export function mode(file: string, bits: number): () => void {
  const before = lstatSync(file).mode;
  chmodSync(file, bits);
  return () => chmodSync(file, before);
}

export interface Case {
  broken: string;
  /** @returns puts it right again. */
  by: () => (() => unknown) | Promise<() => unknown>;
  /** All that is not well then. */
  findings: string[];
  /** What is found, and what to do about it, of the first of them. */
  found: RegExp;
  remedy: RegExp;
  /** Its command heals. */
  heals?: boolean;
}

/** Break it, see what is found, put it right again. */
export async function tryCase(sandbox: TestSandbox, each: Case): Promise<void> {
  const back = await each.by();
  try {
    const found = await notWell(sandbox);
    expect(found.map(title), JSON.stringify(found)).toEqual(each.findings);
    const [first] = found;
    expect(first?.found).toMatch(each.found);
    expect([first?.remedy, first?.command]).toContainEqual(expect.stringMatching(each.remedy));
    const text = await sandbox.run('doctor');
    expect(text.exitCode).toBe(each.findings.every((line) => line.startsWith('attention')) ? 0 : 1);
    // A command stands on a line of its own, to be pasted.
    if (typeof first?.command === 'string') expect(text.stdout).toContain(`\n    ${first.command}\n`);
    // eslint-disable-next-line no-control-regex
    expect(text.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    if (each.heals === true) {
      execFileSync('sh', ['-c', first?.command ?? 'false'], { stdio: 'ignore' });
      expect((await notWell(sandbox)).map(title)).toEqual([]);
    }
  } finally {
    await back();
  }
}
