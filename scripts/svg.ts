import type { Cell } from '../test/terminal/terminal.ts';

const cellWidth = 8.4;
const cellHeight = 18;
const margin = 12;

/** The eight colours and their bright kin, of a dark theme. */
const palette = ['#45475a', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#f5c2e7', '#94e2d5', '#bac2de'];
const grounds = {
  dark: { foreground: '#cdd6f4', background: '#1e1e2e' },
  light: { foreground: '#2b2f3a', background: '#fbfbf9' },
} as const;
type Ground = (typeof grounds)[keyof typeof grounds];

/** A picture of a terminal's screen; text stays text. */
export function svgOf(
  rows: readonly (readonly Cell[])[],
  title: string,
  ground: keyof typeof grounds = 'dark',
): string {
  const colours = grounds[ground];
  const columns = Math.max(...rows.map((row) => row.length));
  const width = Math.round(columns * cellWidth + 2 * margin);
  const height = Math.round(rows.length * cellHeight + 2 * margin);
  const lines = rows.map((row, index) => lineOf(row, index, colours)).filter((line) => line !== '');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
<title>${escape(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${colours.background}"/>
${lines.join('\n')}
</svg>
`;
}

function lineOf(row: readonly Cell[], index: number, ground: Ground): string {
  const top = margin + index * cellHeight;
  const runs = runsOf(row).filter(
    ({ text, look }) => text.trim() !== '' || look.inverse || look.background !== undefined,
  );
  return runs
    .map(({ column, columns, text, look }) => {
      const x = (margin + column * cellWidth).toFixed(1);
      const length = (columns * cellWidth).toFixed(1);
      const colour = shade(look.colour) ?? ground.foreground;
      const behind = look.inverse ? colour : shade(look.background);
      const box =
        behind === undefined
          ? ''
          : `<rect x="${x}" y="${top}" width="${length}" height="${cellHeight}" fill="${behind}"/>`;
      if (text.trim() === '') return box;
      const style = [
        `fill="${look.inverse ? ground.background : colour}"`,
        look.bold ? 'font-weight="bold"' : '',
        look.italic ? 'font-style="italic"' : '',
        look.dim ? 'opacity="0.6"' : '',
      ].filter((each) => each !== '');
      return `${box}<text x="${x}" y="${top + 13}" textLength="${length}" xml:space="preserve" ${style.join(' ')}>${escape(text)}</text>`;
    })
    .join('');
}

/** A colour of the palette, or one of its own. */
const shade = (colour: Cell['colour']): string | undefined =>
  typeof colour === 'number' ? palette[colour % 8] : colour;

interface Run {
  column: number;
  columns: number;
  text: string;
  look: Cell;
}

/** Neighbouring cells that look the same, together. */
function runsOf(row: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  row.forEach((cell, column) => {
    const last = runs.at(-1);
    const text = cell.columns === 0 ? '' : cell.text === '' ? ' ' : cell.text;
    if (last !== undefined && looks(last.look) === looks(cell)) {
      last.text += text;
      last.columns += 1;
    } else {
      runs.push({ column, columns: 1, text, look: cell });
    }
  });
  return runs;
}

/** Wide characters stand by themselves: what is drawn beside them begins at its own column, whatever the font has. */
const looks = ({ colour, background, bold, dim, italic, inverse, columns }: Cell) =>
  JSON.stringify([colour, background, bold, dim, italic, inverse, columns !== 1]);

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
