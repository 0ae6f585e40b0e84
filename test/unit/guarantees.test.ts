import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** docs/guarantees.md says which test tries to break what: each of them has to be there. */

const root = path.join(import.meta.dirname, '../..');
const text = readFileSync(path.join(root, 'docs/guarantees.md'), 'utf8');
const tests = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' });
const named = [...text.matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? '');
const rows = text
  .split('\n')
  .filter((line) => /^\| (\d|[a-z`“])/i.test(line) && !/^\| (trap|symptom|in short)/.test(line));

describe('the page of guarantees', () => {
  it('names tests that exist', () => {
    const files = [...new Set(named)].filter((name) => /\.test\.tsx?$/.test(name));
    expect(files.length).toBeGreaterThan(50);
    const missing = files.filter((name) =>
      name.includes('/')
        ? !existsSync(path.join(root, name))
        : !tests.some((file) => path.basename(file) === name),
    );
    expect(missing).toEqual([]);
  });

  it('names folders and sources that exist', () => {
    const paths = named.filter((name) => /^(src|test|docs)\//.test(name));
    expect(paths.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  it('names no npm script that there is not', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const asked = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect(asked.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  it('has no promise that nothing tries', () => {
    expect(rows.filter((row) => !/\.test\.tsx?|test\/|\d/.test(row.split('|').slice(2).join('|')))).toEqual(
      [],
    );
  });

  it('counts its promises without a gap', () => {
    const table = text.slice(0, text.indexOf('## By the numbers'));
    const numbers = [...table.matchAll(/^\| (\d+) /gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
