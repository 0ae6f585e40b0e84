import type { Commands, Follower } from '../commands.ts';
import type { UnitWatch } from './units.ts';

/**
 * Hearing of changes of units. Measured (systemd 252, 2 cores): systemd's signals on the bus come 10 ms after a change,
 * 100 ms after a mask; its words in the journal 250 to 450 ms after one, and never about a mask. busctl takes 7 MB and no
 * CPU that could be measured, beside a unit that logs 1,000 lines a second, too; so does journalctl. dbus-monitor says
 * the same in a hundred times as many lines, and a library that speaks D-Bus costs a compiler at install.
 *
 * Neither is all: only root may listen to the bus like that, and systemd says nothing there unless somebody has
 * subscribed, as systemd-logind does; the journal may be closed to us, or not be kept. So the bus first, the journal where
 * that does not work, and asking from time to time in any case.
 */

interface Source {
  argv: readonly [string, ...string[]];
  /** Does it tell of all changes, once it tells of any? */
  tellsAll: boolean;
  /** The unit that a line is about; undefined: any; null: none. */
  unitOf(line: string): string | undefined | null;
}

const sender = "type='signal',sender='org.freedesktop.systemd1'";

const bus: Source = {
  argv: [
    'busctl',
    'monitor',
    '--system',
    '--json=short',
    // A unit's state, not its memory or its main process.
    `--match=${sender},interface='org.freedesktop.DBus.Properties',arg0='org.freedesktop.systemd1.Unit'`,
    // Masked, unmasked, enabled.
    `--match=${sender},interface='org.freedesktop.systemd1.Manager',member='UnitFilesChanged'`,
  ],
  tellsAll: true,
  unitOf(line) {
    const { path, member } = parsed(line) as { path?: unknown; member?: unknown };
    if (member === 'UnitFilesChanged') return undefined;
    const name =
      typeof path === 'string' ? /^\/org\/freedesktop\/systemd1\/unit\/(\w+)$/.exec(path)?.[1] : undefined;
    return name === undefined ? null : unescapedLabel(name);
  },
};

/** PID 1 says in the journal what it does with a unit, with its name in the field UNIT (systemd.journal-fields(7)). */
const journal: Source = {
  argv: ['journalctl', '--follow', '--lines=0', '--quiet', '--output=json', '--output-fields=UNIT', '_PID=1'],
  tellsAll: false,
  unitOf(line) {
    const { UNIT: unit } = parsed(line) as { UNIT?: unknown };
    return typeof unit === 'string' ? unit : null;
  },
};

/** How long to wait before following again, milliseconds: doubled each time all of them end at once. */
const patience = { least: 1000, most: 60_000 };

/** A follower that has lived so long was well. */
const goodLife = 10_000;

/** Follow what tells of changes, and go on with the next source, or again, when it ends. */
export function followChanges(
  commands: Commands,
  changed: (name: string | undefined) => void,
  sources: readonly Source[] = [bus, journal],
): UnitWatch {
  let closed = false;
  let pause = patience.least;
  let timer: NodeJS.Timeout | undefined;
  let follower: Follower | undefined;
  // systemd says nothing on the bus unless somebody has subscribed: that busctl runs is no sign that anything will be told.
  let told = false;
  const follow = (at: number) => {
    const source = sources[at];
    if (source === undefined) return;
    const began = performance.now();
    follower = commands.follow(source.argv, (line) => {
      const name = source.unitOf(line);
      if (name === null) return;
      told ||= source.tellsAll;
      changed(name);
    });
    void follower.ended.then(() => {
      told = false;
      if (closed) return;
      // Whatever happened while nobody listened.
      changed(undefined);
      const well = performance.now() - began > goodLife;
      if (!well && at + 1 < sources.length) return follow(at + 1);
      pause = well ? patience.least : Math.min(patience.most, pause * 2);
      timer = setTimeout(() => follow(0), pause);
    });
  };
  follow(0);
  return {
    tellsAll: () => told,
    async close() {
      closed = true;
      clearTimeout(timer);
      follower?.stop();
      await follower?.ended;
    },
  };
}

/** sd_bus_path_encode(3): `_40` is `@`. */
function unescapedLabel(label: string): string {
  return label.replace(/_([0-9a-f]{2})/g, (_all, code: string) => String.fromCharCode(parseInt(code, 16)));
}

function parsed(line: string): object {
  try {
    const found = JSON.parse(line) as unknown;
    return typeof found === 'object' && found !== null ? found : {};
  } catch {
    // Not JSON: words that were meant for somebody else.
    return {};
  }
}
