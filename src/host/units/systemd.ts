import type { Clock } from '../clock.ts';
import { excerpt } from '../../text/printable.ts';
import { complaint, failureText, type Commands } from '../commands.ts';
import { systemFiles } from '../files.ts';
import { killsIn } from './memory-kills.ts';
import { followChanges } from './changes.ts';
import type { UnitState, Units, UnitVerb } from './units.ts';

const properties = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'MainPID',
  'ExecMainStatus',
  'StateChangeTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
  'InactiveEnterTimestampMonotonic',
  'ControlGroup',
  'NRestarts',
  'MemoryCurrent',
  'TasksCurrent',
  'UnitFileState',
  'NextElapseUSecRealtime',
  'NextElapseUSecMonotonic',
  'LastTriggerUSec',
  'DropInPaths',
  'ExecStart',
  'TimeoutStopUSec',
];

/** systemd.unit(5): below /run until the next boot, and over what lies in /etc. */
const overrideOf = (name: string) => `/run/systemd/system/${name}.d/${override}`;
const override = '50-t3-cockpit.conf';

const systemctlVerbs: Readonly<Record<UnitVerb, readonly string[]>> = {
  start: ['start'],
  stop: ['stop'],
  mask: ['mask', '--runtime', '--quiet'],
  unmask: ['unmask', '--runtime', '--quiet'],
  'reset-failed': ['reset-failed'],
};

/** systemd, by systemctl(1): one `show` for all units. */
export function systemdUnits(commands: Commands, clock: Clock, timeout: number): Units {
  return {
    backend: 'systemd',
    async show(names) {
      if (names.length === 0) return new Map();
      const result = await commands.run(
        ['systemctl', 'show', '--no-pager', `--property=${properties.join(',')}`, '--', ...names],
        // systemctl prints times in the zone of whoever asks; in this one they can be parsed.
        { timeout, maxOutput: 64 * 1024 + names.length * 4096, environment: { TZ: 'UTC' } },
      );
      const failure = failureText(result);
      if (failure !== undefined) throw new Error(`${failure}: ${result.stderr.trim()}`);
      const states = parseShow(result.stdout, names, clock);
      for (const state of states.values()) {
        const kills = state.controlGroup === undefined ? undefined : killsIn(state.controlGroup);
        if (kills !== undefined) state.kills = kills;
      }
      return states;
    },
    async act(verb, name, limit) {
      const result = await commands.run(
        ['systemctl', '--no-ask-password', ...systemctlVerbs[verb], '--', name],
        {
          timeout: limit,
        },
      );
      const failure = failureText(result);
      if (failure !== undefined) throw new Error(`${verb} ${name}: ${whyRefused(result.stderr) ?? failure}`);
    },
    async override(name, program, limit) {
      const file = overrideOf(name);
      const run = async (...args: string[]) => {
        const result = await commands.run(['systemctl', ...args], { timeout: limit });
        const failure = failureText(result);
        if (failure !== undefined) throw new Error(`${name}: ${excerpt(complaint(result)) || failure}`);
        return result.stdout;
      };
      if (program === null) await systemFiles.remove(file);
      else {
        const shown = await run('show', '--property=ExecStart', '--value', '--', name);
        const argv = /argv\[\]=\S+((?: .*?)?) ; ignore_errors=/.exec(shown);
        if (argv === null) throw new Error(`${name}: its command line cannot be read`);
        const rest = (argv[1] ?? '').replaceAll('%', '%%');
        await systemFiles.write(file, `[Service]\nExecStart=\nExecStart=${program}${rest}\n`);
      }
      await run('daemon-reload');
    },
    watch: (changed) => followChanges(commands, changed),
  };
}

/** Why systemctl did not do it: its first words, not where it says that one may read more, nor what it has done besides. */
export function whyRefused(stderr: string): string | undefined {
  const about = /^(Warning: |Created symlink |Removed |See |To force a start |followed by )/;
  const words = stderr
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !about.test(line));
  return words === undefined ? undefined : excerpt(words);
}

/**
 * `systemctl show` prints a block a unit, separated by an empty line, in the order asked for. An alias shows another
 * Id than was asked for, so it is the order that counts.
 *
 * @throws when the number of blocks is not that of the names: then no block can be trusted to be the right unit's.
 */
export function parseShow(text: string, names: readonly string[], clock: Clock): Map<string, UnitState> {
  const blocks = text.trim() === '' ? [] : text.trim().split(/\n\n+/);
  if (blocks.length !== names.length)
    throw new Error(`systemctl show answered for ${blocks.length} of ${names.length} units`);
  return new Map(names.map((name, index) => [name, parseBlock(name, blocks[index] ?? '', clock)]));
}

/** Since when it is in its state. One that never ran has a time of its last change, too: when its file was read. */
const entered: Readonly<Record<string, string>> = {
  active: 'ActiveEnterTimestampMonotonic',
  inactive: 'InactiveEnterTimestampMonotonic',
  failed: 'InactiveEnterTimestampMonotonic',
};

function parseBlock(name: string, block: string, clock: Clock): UnitState {
  const values = new Map(
    block.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const word = (key: string) => values.get(key) ?? '';
  const number = (key: string): number | undefined => {
    // "[not set]" where there is no accounting, 2^64-1 from older systemd.
    const value = /^\d+$/.test(word(key)) ? Number(word(key)) : undefined;
    return value !== undefined && value < Number.MAX_SAFE_INTEGER ? value : undefined;
  };
  const active = word('ActiveState');
  const pid = number('MainPID');
  const changed = number(entered[active] ?? 'StateChangeTimestampMonotonic');
  return {
    name,
    load: word('LoadState'),
    active,
    sub: word('SubState'),
    result: word('Result'),
    mainPid: pid === 0 ? undefined : pid,
    exitStatus: pid === 0 || pid === undefined ? number('ExecMainStatus') : undefined,
    // Microseconds of CLOCK_MONOTONIC, 0 for never: an age that no jump of the wall clock can falsify.
    since:
      changed === undefined || changed === 0
        ? undefined
        : clock.now() - (clock.monotonic() - Math.round(changed / 1000)),
    controlGroup: word('ControlGroup') === '' ? undefined : word('ControlGroup'),
    restarts: number('NRestarts'),
    memory: number('MemoryCurrent'),
    tasks: number('TasksCurrent'),
    startup: word('UnitFileState') === '' ? undefined : word('UnitFileState'),
    nextRun: nextRun(time(word('NextElapseUSecRealtime')), span(word('NextElapseUSecMonotonic')), clock),
    lastRun: time(word('LastTriggerUSec')),
    ...stopLimit(span(word('TimeoutStopUSec'))),
    ...heldOn(word('DropInPaths'), word('ExecStart')),
  };
}

/** The program that is started by our own drop-in, where there is one: `{ path=/usr/bin/t3 ; argv[]=… }`. */
function heldOn(dropIns: string, command: string): Pick<UnitState, 'heldOn'> {
  const ours = dropIns.split(' ').some((file) => file.startsWith('/run/') && file.endsWith(`/${override}`));
  const program = /^\{ path=(\S+) ;/.exec(command)?.[1];
  return ours && program !== undefined ? { heldOn: program } : {};
}

const stopLimit = (limit: number | undefined): Pick<UnitState, 'stopLimit'> =>
  limit === undefined ? {} : { stopLimit: limit };

/** `Mon 2026-11-23 03:30:00 UTC`; empty or `n/a` where there is none. */
function time(text: string): number | undefined {
  const match = /^\w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text);
  return match === null ? undefined : Date.parse(`${match[1]}T${match[2]}Z`);
}

/** A timer may wait for a time of day, for so long after something, or for both: the earlier one starts its service. */
function nextRun(at: number | undefined, sinceBoot: number | undefined, clock: Clock): number | undefined {
  const after = sinceBoot === undefined ? undefined : clock.now() + sinceBoot - clock.monotonic();
  return at === undefined || after === undefined ? (at ?? after) : Math.min(at, after);
}

/** systemd.time(7), in milliseconds. */
const spanUnits: Readonly<Record<string, number>> = {
  y: 31_557_600_000,
  month: 2_629_800_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  min: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
};

/** `5h 48min 27.825439s` in milliseconds; empty, `0` or `infinity` where there is none. */
function span(text: string): number | undefined {
  let sum = 0;
  for (const part of text.split(' ')) {
    const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(part) ?? [];
    const size = spanUnits[unit];
    if (count === undefined || size === undefined) return undefined;
    sum += Number(count) * size;
  }
  return Math.round(sum);
}
