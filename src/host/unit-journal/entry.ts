import { publicLog } from '../../text/log.ts';
import type { UnitRecord } from './unit-journal.ts';

/** What PID 1 says of a unit, by the message's identity (systemd's catalog, sd-messages(3)). */
const messages: Readonly<Record<string, UnitRecord['kind']>> = {
  // A job says that it is starting, and "started" when it has come to its end; a server says only the latter.
  '7d4958e842da4a758f6c1cdc7b36dcc5': 'started',
  '39f53479d3a045ac8e11786248231fbf': 'started',
  '7ad2d189f7e94e70a38c781354912448': 'ended',
  d9b373ed55a64feb8242e02dbe79a49c: 'failed',
  fe6faa94e7774663a0da52717891d8ef: 'out of memory',
};

/** What journald keeps of a line that is longer than journalctl tells unasked (journalctl(1), --all). */
const tooLong = '[a line of more than 4 kB]';

/**
 * Parses the lines of one `journalctl --output=json` (systemd-journal JSON format), in order: an entry of several lines is
 * several records, and one that says nothing here is none.
 *
 * Who wrote an entry is told by the fields that journald sets itself, those that begin with `_`: any process may log under
 * any name, and with `UNIT=` and `MESSAGE_ID=` of another unit.
 */
export function recordParser(): (line: string) => UnitRecord[] {
  const logs = new Map<string, (text: string) => string[]>();
  return (line) => {
    const entry = parsed(line);
    const word = (key: string) => (typeof entry[key] === 'string' ? entry[key] : undefined);
    const at = Math.floor(Number(word('__REALTIME_TIMESTAMP')) / 1000);
    if (!Number.isFinite(at)) return [];
    const supervisor = word('_PID') === '1';
    const unit = word(supervisor ? 'UNIT' : '_SYSTEMD_UNIT');
    if (unit === undefined) return [];
    const kind = supervisor ? (messages[word('MESSAGE_ID') ?? ''] ?? 'said') : 'line';
    const invocation = word(supervisor ? 'INVOCATION_ID' : '_SYSTEMD_INVOCATION_ID');
    let log = logs.get(unit);
    if (log === undefined) logs.set(unit, (log = publicLog()));
    const texts = log(textOf(entry['MESSAGE']));
    // What became of a unit is one record, in however many words it is said.
    return (supervisor ? [texts.join(' ')] : texts).map((text) => ({ at, unit, kind, invocation, text }));
  };
}

function parsed(line: string): Record<string, unknown> {
  try {
    const entry = JSON.parse(line) as unknown;
    return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
  } catch {
    // Not JSON: the empty line at the end, or a word of journalctl's own.
    return {};
  }
}

/** What is no text is an array of bytes there, or null where it is too long. */
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
