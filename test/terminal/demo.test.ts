import { existsSync, readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../sandbox/sandbox.ts';
import { Terminal } from './terminal.ts';

const open: Terminal[] = [];
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.dispose();
});

function demo(environment: Record<string, string> = {}): Terminal {
  const terminal = new Terminal(['demo'], { columns: 100, rows: 30, environment });
  open.push(terminal);
  return terminal;
}

const demoFolders = () =>
  new Set(readdirSync(os.tmpdir()).filter((name) => name.startsWith('t3-cockpit-demo-')));

/** Every process that names this folder in its arguments or its environment. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].some((file) =>
          readFileSync(file, 'utf8').includes(folder),
        );
      } catch {
        // Gone meanwhile, or another user's.
        return false;
      }
    });
}

async function started(terminal: Terminal, before: Set<string>): Promise<string> {
  await terminal.until(
    'the whole table',
    (text) => /alice .*unverified/.test(text) && /carol .*none/.test(text),
  );
  const folder = [...demoFolders()].find((name) => !before.has(name));
  return path.join(os.tmpdir(), folder ?? 'missing');
}

describe('the demo', () => {
  it('shows a backup, and leaves no process and no file', async () => {
    const before = demoFolders();
    const terminal = demo();
    const folder = await started(terminal, before);
    expect(processesOf(folder).length).toBeGreaterThan(2);
    terminal.press('b');
    await terminal.until('everyone backed up', (text) => (text.match(/\d+s verified/g) ?? []).length === 3);
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.onAlternateScreen).toBe(false);
    expect(existsSync(folder)).toBe(false);
    expect(processesOf(folder)).toEqual([]);
  });

  it.each(['SIGKILL', 'SIGTERM'])('takes its sandbox with it when it ends by %s', async (signal) => {
    const before = demoFolders();
    const terminal = demo();
    const folder = await started(terminal, before);
    terminal.signal(signal);
    await terminal.ended();
    await until('the end of the sandbox', () =>
      !existsSync(folder) && processesOf(folder).length === 0 ? true : undefined,
    );
  });

  it('gives the terminal back when it crashes, and says why', async () => {
    const boom = `process.on('SIGUSR2', () => { throw new Error('boom') })`;
    const terminal = demo({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(boom)}` });
    await started(terminal, demoFolders());
    terminal.signal('SIGUSR2');
    expect(await terminal.ended()).toBe(1);
    expect(terminal.onAlternateScreen).toBe(false);
    expect(terminal.text()).toContain('t3-cockpit: Error: boom');
    expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
  });
});
