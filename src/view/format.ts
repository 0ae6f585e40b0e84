import cliTruncate from 'cli-truncate';
import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';
import stringWidth from 'string-width';

/** Quantities in words that fit a cell. */

/**
 * `201 MB`, `4.2 GB`, `438 kB`: at most three digits, so at most seven columns. Rounded before it is said, for to be said
 * with a number of digits it would be said by the locale, which takes thirty times as long (measured: of a thousand users
 * 30 ms a frame).
 */
export function bytesText(bytes: number): string {
  const unit = 1000 ** Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const tenths = Math.round((bytes / unit) * 10) / 10;
  if (tenths < 10) return prettyBytes(tenths * unit);
  return prettyBytes(tenths >= 999.5 ? unit * 1000 : bytes);
}

const hour = 3_600_000;

/**
 * An age in its largest unit: `8s`, `12m`, `31h`, `5d`. Hours up to two days, because a backup of 25 hours and one of 47
 * are not the same. Never negative: clocks differ by a little.
 */
export function ageText(milliseconds: number): string {
  const age = Math.max(0, milliseconds);
  if (age >= 24 * hour && age < 48 * hour) return `${Math.floor(age / hour)}h`;
  return prettyMs(Math.floor(age / 1000) * 1000, { compact: true, hideYear: true }).replace('0ms', '0s');
}

/** How long something took: `340ms`, `1.2s`, `2m 3s`. */
export function durationText(milliseconds: number): string {
  const rounded = milliseconds < 1000 ? Math.round(milliseconds) : milliseconds;
  return prettyMs(Math.max(0, rounded), { secondsDecimalDigits: 1, unitCount: 2 });
}

/** A time of day by the admin's clock, `14:02:09`. */
export function timeText(wall: number): string {
  return new Date(wall).toTimeString().slice(0, 8);
}

/** A date and time by the admin's clock, `2026-11-23 14:02:09`. */
export function dateText(wall: number): string {
  const date = new Date(wall);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeText(wall)}`;
}

/** A moment as one says it: the time of a day that is today, else with its date. */
export function clockText(wall: number, now: number): string {
  const [day, time] = dateText(wall).split(' ');
  return day === dateText(now).split(' ')[0]
    ? (time ?? '').slice(0, 5)
    : `${(day ?? '').slice(5)} ${(time ?? '').slice(0, 5)}`;
}

/** Columns of a terminal that a text takes. */
export function width(text: string): number {
  return stringWidth(text);
}

/** At most so many columns; what does not fit is cut out of the middle, where names differ least. */
export function fit(text: string, columns: number, where: 'middle' | 'end' = 'end'): string {
  if (columns <= 0) return '';
  if (width(text) <= columns) return text;
  // cli-truncate keeps a wide character of which only one half has room: 表表表表 in 6 columns came out in 7.
  for (let room = columns; room > 0; room -= 1) {
    const cut = cliTruncate(text, room, { position: where });
    if (width(cut) <= columns) return cut;
  }
  return '';
}

/** A sentence in lines of at most so many columns, broken between words; a word that is too long is cut. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(fit(word, columns));
  }
  return lines;
}

/** As `wrapped`, with nothing cut: what is too long for a line is broken where the line ends. An exact command is one. */
export function broken(text: string, columns: number): string[] {
  return text
    .split(' ')
    .flatMap((word) => pieces(word, columns))
    .reduce((lines: string[], word) => {
      const last = lines.at(-1);
      if (last !== undefined && width(last) + 1 + width(word) <= columns)
        lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
      return lines;
    }, []);
}

function pieces(word: string, columns: number): string[] {
  if (width(word) <= columns) return [word];
  const found = [''];
  for (const character of word) {
    const last = found.at(-1) ?? '';
    if (width(last + character) <= columns) found[found.length - 1] = last + character;
    else found.push(character);
  }
  return found;
}

/** Exactly so many columns. */
export function pad(
  text: string,
  columns: number,
  align: 'left' | 'right' = 'left',
  where: 'middle' | 'end' = 'end',
): string {
  const fitted = fit(text, columns, where);
  const space = ' '.repeat(Math.max(0, columns - width(fitted)));
  return align === 'left' ? fitted + space : space + fitted;
}
