import { excerpt } from '../../text/printable.ts';
import type { Commands } from '../commands.ts';
import type { UnitLogLine, UnitLogOptions } from './units.ts';

/** What journald keeps of a line that is longer than journalctl tells unasked (journalctl(1), --all). */
const tooLong = '[a line of more than 4 kB]';

/**
 * The log of a unit, by journalctl(1): what the unit wrote, and what systemd wrote about it. Who wrote a line is told by
 * the fields that journald sets itself, `_PID`: a user may log under any name. Fields of more than 4 kB are left out by
 * journalctl, so no line of it is long.
 */
export async function* followLog(
  commands: Commands,
  name: string,
  timeout: number,
  { lines, follow, signal }: UnitLogOptions,
): AsyncGenerator<UnitLogLine, void> {
  // Who may read some journals and not this one is told so on standard error, and gets nothing, or a part, with success.
  const may = await commands.run(['journalctl', '--no-pager', '--lines=0', `--unit=${name}`], { timeout });
  const words = may.stderr.split('\n')[0] ?? '';
  if (words !== '' || may.exitCode !== 0)
    throw new Error(
      `no permission to read the log of ${name}: ${excerpt(words)}; as root, or in the group systemd-journal`,
    );
  const argv: [string, ...string[]] = [
    'journalctl',
    '--no-pager',
    '--quiet',
    '--output=json',
    '--output-fields=MESSAGE,_PID',
    `--lines=${lines}`,
    `--unit=${name}`,
    ...(follow ? ['--follow'] : []),
  ];
  for await (const line of commands.lines(argv, signal)) {
    const entry = parseEntry(line);
    if (entry !== undefined) yield entry;
  }
}

/** An entry as journalctl has it (systemd-journal JSON format): bytes that are no text come as numbers. */
export function parseEntry(line: string): UnitLogLine | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // A line of journalctl's own.
    return undefined;
  }
  const { MESSAGE: message, _PID: pid, __REALTIME_TIMESTAMP: time } = entry;
  const at = Number(time);
  return {
    at: Number.isFinite(at) ? Math.floor(at / 1000) : undefined,
    from: pid === '1' ? 'supervisor' : 'unit',
    text: textOf(message),
  };
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (message === null) return tooLong;
  // A field that was set several times comes as several values.
  if (Array.isArray(message)) {
    return message.every((each) => typeof each === 'number')
      ? Buffer.from(message).toString('utf8')
      : message.map(textOf).join(' ');
  }
  return '';
}
