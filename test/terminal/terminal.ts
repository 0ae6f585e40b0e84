import path from 'node:path';
import xterm from '@xterm/headless';
import * as pty from '@lydell/node-pty';

/** The door of the built program. */
export const doorPath = path.resolve(import.meta.dirname, '../../bin/t3-cockpit.js');

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Over what is inherited, and what an emulator is told; undefined takes away. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Instead of the door of the built program. */
  command?: readonly [string, ...string[]];
}

export interface Cell {
  text: string;
  /** 2 for a wide character, 0 for the cell after one. */
  columns: number;
  /** Of the 256 of the palette, or `#rrggbb`; undefined for the terminal's own. */
  colour: number | string | undefined;
  background: number | string | undefined;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  inverse: boolean;
}

/** What is on an emulator's screen, with its looks. */
export function cellsOf(emulator: xterm.Terminal): Cell[][] {
  const buffer = emulator.buffer.active;
  return Array.from({ length: emulator.rows }, (_, row): Cell[] => {
    const line = buffer.getLine(buffer.baseY + row);
    return Array.from({ length: emulator.cols }, (_cell, column): Cell => {
      const cell = line?.getCell(column);
      return {
        text: cell?.getChars() ?? '',
        columns: cell?.getWidth() ?? 1,
        colour: colourOf(cell?.isFgRGB(), cell?.isFgPalette(), cell?.getFgColor()),
        background: colourOf(cell?.isBgRGB(), cell?.isBgPalette(), cell?.getBgColor()),
        bold: (cell?.isBold() ?? 0) !== 0,
        dim: (cell?.isDim() ?? 0) !== 0,
        italic: (cell?.isItalic() ?? 0) !== 0,
        inverse: (cell?.isInverse() ?? 0) !== 0,
      };
    });
  });
}

function colourOf(
  rgb: boolean | undefined,
  palette: boolean | undefined,
  colour: number | undefined,
): number | string | undefined {
  if (rgb === true) return `#${(colour ?? 0).toString(16).padStart(6, '0')}`;
  return palette === true ? colour : undefined;
}

/**
 * The built program in a pseudo terminal with a true emulator behind it: keys go in, what is asserted is the screen
 * that an admin would see.
 */
export class Terminal {
  readonly #pty: pty.IPty;
  readonly #emulator: xterm.Terminal;
  /** Everything that was written to the terminal, escapes included. */
  raw = '';
  exitCode: number | undefined;
  /** When the last of it came, by `performance.now()`. */
  arrivedAt = 0;
  /** How much of `raw` is on the emulator's screen. */
  #drawn = 0;
  #changed: () => void = () => undefined;

  constructor(
    args: readonly string[],
    { columns = 80, rows = 24, environment = {}, command }: TerminalOptions = {},
  ) {
    const [file, ...rest] = command ?? [process.execPath, doorPath];
    const { CI: _ci, NO_COLOR: _noColor, TMUX: _tmux, ...inherited } = process.env;
    this.#emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
    this.#pty = pty.spawn(file, [...rest, ...args], {
      cols: columns,
      rows,
      env: Object.fromEntries(
        Object.entries({
          ...inherited,
          TERM: 'xterm-256color',
          LANG: 'C.UTF-8',
          FORCE_COLOR: '1',
          ...environment,
        }).filter(([, value]) => value !== undefined),
      ),
    });
    this.#pty.onData((data) => {
      this.arrivedAt = performance.now();
      this.raw += data;
      const written = this.raw.length;
      this.#emulator.write(data, () => {
        this.#drawn = written;
        this.#changed();
      });
    });
    this.#emulator.onData((data) => this.#pty.write(data));
    this.#pty.onExit(({ exitCode }) => {
      this.exitCode = exitCode;
      this.#changed();
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Is the program on the alternate screen? */
  get onAlternateScreen(): boolean {
    return this.#emulator.buffer.active.type === 'alternate';
  }

  /** The visible lines, without trailing spaces. */
  screen(): string[] {
    const buffer = this.#emulator.buffer.active;
    return Array.from(
      { length: this.#emulator.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
    );
  }

  /** The visible cells with their looks, for drawing a picture of the screen. */
  cells(): Cell[][] {
    return cellsOf(this.#emulator);
  }

  text(): string {
    return this.screen().join('\n');
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  /** Type the word that a plan asks for as fingers do: a letter, and what it does on the screen, and the next one. */
  async type(word: string): Promise<void> {
    for (let length = 1; length <= word.length; length += 1) {
      this.press(word.charAt(length - 1));
      const typed = word.slice(0, length);
      await this.until(`${typed} typed`, (text) => text.includes(`to go on: ${typed}`));
    }
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Read nothing from it for a while, as a terminal that is stopped; and go on. */
  hold(held: boolean): void {
    if (held) this.#pty.pause();
    else this.#pty.resume();
  }

  /** The terminal goes away: its window is closed, its line is cut. */
  close(): void {
    const { destroy } = this.#pty as pty.IPty & { destroy(): void };
    destroy.call(this.#pty);
  }

  signal(signal: string): void {
    this.#pty.kill(signal);
  }

  /** Wait until the screen is as described; the last screen is in the error when it never is. */
  async until(what: string, holds: (text: string) => boolean, patience = 60_000): Promise<string> {
    const deadline = performance.now() + patience;
    while (!this.#betweenFrames || !holds(this.text())) {
      if (performance.now() > deadline)
        throw new Error(
          `never on screen: ${what}\n${this.text()}\n(exit code: ${this.exitCode ?? 'running'})`,
        );
      await this.#next(100);
    }
    return this.text();
  }

  /** A frame is drawn between two marks (synchronized output): what is on the screen between them is half a frame. */
  get #betweenFrames(): boolean {
    const drawn = this.raw.slice(Math.max(0, this.#drawn - 200_000), this.#drawn);
    return drawn.lastIndexOf('\u001b[?2026l') >= drawn.lastIndexOf('\u001b[?2026h');
  }

  async ended(patience = 60_000): Promise<number> {
    // What it wrote last may be on its way to the emulator yet.
    const drawn = () => this.#drawn === this.raw.length;
    await this.until('the end of the program', () => this.exitCode !== undefined && drawn(), patience);
    return this.exitCode ?? -1;
  }

  dispose(): void {
    if (this.exitCode === undefined) this.#pty.kill('SIGKILL');
    this.#emulator.dispose();
  }

  #next(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
