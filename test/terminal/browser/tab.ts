import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

/** A Chromium of this machine: the one that CHROME_PATH names, or Debian’s; undefined where there is none. */
export const chromiumPath = [
  process.env['CHROME_PATH'] ?? '',
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
].find((file) => existsSync(file));

export const startChromium = (): Promise<Browser> =>
  chromium.launch(chromiumPath === undefined ? {} : { executablePath: chromiumPath });

/** What the page keeps free at the right, for a bar to scroll with, pixels. */
const scrollbar = 14;

/** A place on the terminal, counted from its top left corner. */
type Place = readonly [column: number, row: number];

/** A page with a terminal in it, as somebody has it in front of them: what is asserted is what the page shows. */
export class Tab {
  readonly page: Page;
  #rendered: () => void = () => undefined;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, url: string): Promise<Tab> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 600 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const tab = new Tab(await context.newPage());
    await tab.page.exposeFunction('rendered', () => tab.#rendered());
    await tab.page.goto(url);
    return tab;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** A key by its name. What it does is to be seen before the next one: two may come in one read, and be something else. */
  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** The lines on the page, without what is empty at their ends. */
  async screen(): Promise<string[]> {
    const rows = await this.page.locator('.xterm-rows > div').allTextContents();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
  }

  /** Wait until the page is as described; what it last showed is in the error when it never is. */
  async until(what: string, holds: (text: string) => boolean, patience = 60_000): Promise<string> {
    const deadline = performance.now() + patience;
    for (;;) {
      const rendered = this.#next(100);
      const text = (await this.screen()).join('\n');
      if (holds(text)) return text;
      if (performance.now() > deadline) throw new Error(`never on the page: ${what}\n${text}`);
      await rendered;
    }
  }

  /** Pull the window to where its terminal has so many columns and rows. */
  async resize(columns: number, rows: number): Promise<void> {
    const { width, height } = await this.#cell();
    await this.page.setViewportSize({
      width: Math.round((columns + 0.5) * width) + scrollbar,
      height: Math.round((rows + 0.5) * height),
    });
    await this.page.waitForFunction(
      `document.body.dataset.columns === '${columns}' && document.body.dataset.rows === '${rows}'`,
    );
  }

  /** Draw the mouse from one place to the left edge of another. @returns what is in the clipboard afterwards */
  async drag(from: Place, to: Place): Promise<string> {
    const { width, height, left, top } = await this.#cell();
    const at = ([column, row]: Place) => [left + column * width + 1, top + (row + 0.5) * height] as const;
    await this.page.mouse.move(...at(from));
    await this.page.mouse.down();
    await this.page.mouse.move(...at(to));
    await this.page.mouse.up();
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** Put a text into the clipboard, and paste it. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await this.press('Shift+Insert');
  }

  async #cell(): Promise<{ width: number; height: number; left: number; top: number }> {
    const box = await this.page.locator('.xterm-screen').boundingBox();
    if (box === null) throw new Error('no terminal on the page');
    const [columns, rows] = await this.page.evaluate<[number, number]>(
      '[Number(document.body.dataset.columns), Number(document.body.dataset.rows)]',
    );
    return { width: box.width / columns, height: box.height / rows, left: box.x, top: box.y };
  }

  #next(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#rendered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
