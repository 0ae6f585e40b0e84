import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestSandbox, until } from '../sandbox/sandbox.ts';
import { chromiumPath, startChromium, Tab } from './browser/tab.ts';
import { WebTerminal } from './browser/web-terminal.ts';
import { doorPath } from './terminal.ts';

/** The built cockpit in a browser, as ttyd gives it to an admin: a page, xterm.js, a connection, a pseudo terminal. */

let sandbox: TestSandbox;
let browser: Browser;
let web: WebTerminal;
const tabs: Tab[] = [];
const command = () => [process.execPath, doorPath, '--config', sandbox.config] as const;

async function open(at = web): Promise<Tab> {
  const tab = await Tab.open(browser, at.url);
  tabs.push(tab);
  return tab;
}

const complete = (text: string) =>
  (text.match(/^. . (alice|bob|carol) (?!.* … )(?!.*…\s*$).*$/gm) ?? []).length === 3;
const none =
  chromiumPath === undefined ? ' (skipped: no Chromium here; Debian: chromium-headless-shell)' : '';

describe.skipIf(chromiumPath === undefined)(`the cockpit in a browser${none}`, () => {
  beforeAll(async () => {
    [sandbox, browser] = await Promise.all([
      TestSandbox.create({ users: 3, large: 40 * 1024 * 1024 }),
      startChromium(),
    ]);
    web = await WebTerminal.listen(command());
  });
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close();
  });
  afterAll(async () => {
    await browser.close();
    await web.close();
    await sandbox.destroy();
  });

  it('has its keys, its title, and is drawn anew at every size', async () => {
    const tab = await open();
    await tab.until('the fleet', complete);
    await tab.press('ArrowDown');
    await tab.until('one down', (text) => /^› ● bob/m.test(text));
    // On a screen of its own a terminal makes arrows of the wheel.
    await tab.page.mouse.move(300, 100);
    await tab.page.mouse.wheel(0, 100);
    await tab.until('further down', (text) => /^› ○ carol/m.test(text));
    await tab.press('k');
    await tab.until('one up', (text) => /^› ● bob/m.test(text));
    await tab.press('?');
    await tab.until('the help', (text) => text.includes('Back up everyone'));
    await tab.press('Escape');
    await tab.until('the fleet', complete);
    await tab.press(':');
    await tab.until('a command', (text) => /^ :█/m.test(text));
    await tab.press('Escape');
    await tab.until('the fleet', complete);
    await tab.press('Enter');
    await tab.until(
      'bob, wholly',
      (text) => /unit +t3-serve@bob\.service/.test(text) && !/ USER /.test(text),
    );
    await tab.press('Enter');
    await tab.until('the fleet', complete);
    await tab.press('Control+z');
    await tab.until('that no shell waits', (text) => text.includes('no shell waits behind this cockpit'));
    expect(await tab.page.title()).toMatch(/^t3-cockpit sandbox: \d need you$/);

    for (const [columns, rows] of [
      [80, 24],
      [200, 60],
      [60, 15],
      [120, 40],
    ] as const) {
      await tab.resize(columns, rows);
      const text = await tab.until(`all of ${columns}x${rows}`, (each) => {
        const lines = each.split('\n');
        return complete(each) && / b back up all/.test(lines[rows - 2] ?? '') && lines[rows - 1] === '';
      });
      expect(text.match(/t3-cockpit/g)).toHaveLength(1);
      expect(text.match(/ USER /g)).toHaveLength(1);
    }
    await tab.press('q');
    await web.sessions.at(-1)?.ended;
  });

  it('leaves the mouse to whoever copies: what is in the clipboard is what was shown', async () => {
    const tab = await open();
    await tab.resize(100, 30);
    await tab.until('the fleet', (text) => complete(text) && / b back up all/.test(text));
    const lines = await tab.screen();
    const row = lines.findIndex((line) => line.includes(' bob '));
    const line = lines[row] ?? '';
    const end = line.indexOf('running') + 'running'.length;
    expect(await tab.drag([4, row], [end, row])).toBe(line.slice(4, end));
    // Over several lines, to their ends.
    const rule = lines.findIndex((each) => each.startsWith('──'));
    expect(await tab.drag([0, row], [99, rule])).toBe(
      lines
        .slice(row, rule + 1)
        .join('\n')
        .slice(0, -1),
    );
    expect(await tab.until('nobody else selected', complete)).toMatch(/^› ● alice/m);
  });

  it('takes a paste for text, never for keys', async () => {
    const before = sandbox.newestOperation();
    const tab = await open();
    await tab.until('the fleet', complete);
    await tab.paste('b\nB\nb');
    await tab.press('j');
    await tab.until('the key that came after', (text) => /^› ● bob/m.test(text));
    await tab.press('/');
    await tab.paste('carol');
    await tab.until(
      'what is pasted is looked for',
      (text) => /^ \/carol█/m.test(text) && !/bob +running/.test(text),
    );
    expect(sandbox.newestOperation()).toBe(before);
  });

  it('ends with its page; the operation goes on, and the page that is loaded again shows it', async () => {
    const tab = await open();
    await tab.until('the fleet', complete);
    const before = sandbox.newestOperation();
    await tab.press('b');
    const id = await until('the operation', () => {
      const now = sandbox.newestOperation();
      return now > before ? now : undefined;
    });
    const goOn = await sandbox.holdCopy('alice', id);
    await tab.until('the backup', (text) => text.includes(`operation ${id}: backup: running`));
    const session = web.sessions.at(-1);
    await tab.page.reload();
    await session?.ended;
    await tab.until('the backup, still', (text) => text.includes(`operation ${id}: backup: running`));
    goOn();
    await tab.until('its end', (text) => text.includes(`operation ${id}: backup: succeeded`));
  });

  it('is where it was in tmux, when the page is loaded again, and as large as its window', async () => {
    const socket = `t3-cockpit-browser-${process.pid}`;
    const tmux = ['tmux', '-L', socket, '-f', '/dev/null'] as const;
    const inTmux = await WebTerminal.listen([
      ...tmux,
      'new-session',
      '-A',
      '-s',
      'cockpit',
      command()
        .map((word) => `'${word}'`)
        .join(' '),
    ]);
    try {
      const tab = await open(inTmux);
      await tab.until('the fleet', complete);
      await tab.press('j');
      await tab.until('bob', (text) => /^› ● bob/m.test(text));
      await tab.press('Enter');
      const detail = (text: string) => /unit +t3-serve@bob\.service/.test(text) && !/ USER /.test(text);
      await tab.until('bob, wholly', detail);
      await tab.page.reload();
      await inTmux.sessions[0]?.ended;
      await tab.until('bob, wholly, again', detail);
      await tab.resize(150, 45);
      await tab.press('Escape');
      await tab.until(
        'the fleet at this size, bob selected',
        (text) => complete(text) && /^› ● bob .*│/m.test(text) && text.split('\n').length === 45,
      );
    } finally {
      execFileSync(tmux[0], [...tmux.slice(1), 'kill-server']);
      await inTmux.close();
    }
  });
});
