import xterm from '@xterm/headless';
import * as fc from 'fast-check';
import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { describe, expect, it } from 'vitest';
import { Screen } from '../../components/screen.tsx';
import { ThemeContext, themeOf } from '../../components/theme.tsx';
import type { CockpitState } from '../../src/cockpit/state.ts';
import { screenModel } from '../../src/cockpit/view-models/screen.ts';
import { printable } from '../../src/text/printable.ts';
import { width } from '../../src/view/format.ts';
import { configureProperties, runs } from '../unit/properties/runs.ts';
import { fields, size } from './hostile-fields.ts';

/**
 * Hostile text in every field that a screen is made of, put there past the door where foreign text is made printable,
 * drawn by the real components, and read from a true emulator: what is in one field changes nothing outside of it.
 */

configureProperties();

const theme = themeOf({ palette: 'dark', glyphs: 'unicode' });

/** What a terminal that is asked for anything would show, and answer. */
interface Seen {
  rows: string[];
  title: string | undefined;
  answered: string;
  bells: number;
  modes: unknown;
}

async function seen(state: CockpitState): Promise<Seen> {
  const app = render(
    <ThemeContext value={theme}>
      <Box flexDirection="column" width={size.columns}>
        <Screen screen={screenModel(state, theme.glyphs)} />
      </Box>
    </ThemeContext>,
  );
  const frame = app.lastFrame() ?? '';
  app.unmount();
  const emulator = new xterm.Terminal({ cols: size.columns, rows: size.rows + 2, allowProposedApi: true });
  let title: string | undefined;
  let answered = '';
  let bells = 0;
  emulator.onTitleChange((text) => (title = text));
  emulator.onData((data) => (answered += data));
  emulator.onBell(() => (bells += 1));
  await new Promise<void>((resolve) => emulator.write(frame.replaceAll('\n', '\r\n'), resolve));
  const buffer = emulator.buffer.active;
  const rows = Array.from({ length: emulator.rows }, (_, row) => {
    const line = buffer.getLine(buffer.baseY + row);
    return Array.from({ length: size.columns }, (_cell, column) => {
      const cell = line?.getCell(column);
      if (cell === undefined) return '';
      const looks = [cell.isBold(), cell.isDim(), cell.isInverse(), cell.isInvisible(), cell.getFgColor()];
      return `${cell.getChars() || ' '}\u0000${looks.join()}`;
    }).join('\u0001');
  });
  const result = { rows, title, answered, bells, modes: { ...emulator.modes, scrolled: buffer.baseY } };
  emulator.dispose();
  return result;
}

const hostile = fc.oneof(
  fc.constantFrom(
    '\u001b[2J\u001b[H',
    '\u001b]0;owned\u0007',
    '\u001b]52;c;b3duZWQ=\u0007',
    '\u001b[?1049h',
    '\u001b[?1003h',
    '\u001b[c',
    '\u001b[6n',
    '\u001b[31;7mred',
    '\u001bc',
    '\u009b2J',
    '\u0090q\u009c',
    'a\rb',
    'a\nb',
    'a\u0008\u0008\u0008b',
    '\u0007',
    '\u202eabc',
    '\u200b\u200d\ufeff',
    'Z\u0334\u0335\u0336\u0337\u0338\u0339\u033a',
    '表'.repeat(60),
    'x'.repeat(400),
    '\u001b]8;;http://evil\u0007click\u001b]8;;\u0007',
    '\u001b[10A\u001b[K',
    '\u001b[5;5r',
    '\u001b(0lqk',
    '\u000e\u000f',
  ),
  fc
    .array(
      fc.constantFrom(
        '\u001b',
        '[',
        ']',
        '0',
        ';',
        '2',
        'J',
        '?',
        'h',
        '\u0007',
        '\r',
        '\n',
        '\u009b',
        'm',
        'A',
        '\\',
        'P',
        'a',
      ),
      { maxLength: 20 },
    )
    .map((all) => all.join('')),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => text.replaceAll(/[ \t]/g, '')),
);

/** Drawn, emulated and read three times each: tenths of a second. */
const numRuns = Math.max(16, Math.round(runs / 9));

describe('hostile text', () => {
  it('stays in its place, whichever that is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(fields)), hostile, async (field, raw) => {
        const stateOf = fields[field];
        if (stateOf === undefined) throw new Error(`no such field: ${field}`);
        // Two benign texts of the same width say, by being different, which cells are its own.
        const text = `x${raw}`;
        const benign = (letter: string) => `x${letter.repeat(width(printable(text)) - 1)}`;
        const one = await seen(stateOf(benign('a')));
        const other = await seen(stateOf(benign('b')));
        const theirs = await seen(stateOf(text));
        expect({ ...theirs, rows: [] }).toEqual({ ...one, rows: [] });
        for (const [row, expected] of one.rows.entries()) {
          // What stands before it; and all of a row in which it does not stand.
          const own = commonStart(expected, other.rows[row] ?? '');
          expect(theirs.rows[row]?.slice(0, own), `row ${row}`).toBe(expected.slice(0, own));
        }
      }),
      { numRuns },
    );
  }, 900_000);
});

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
