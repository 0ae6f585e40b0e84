import type { Clock } from '../clock.ts';
import { failureText, type Commands } from '../commands.ts';
import type { UnitState, Units } from './units.ts';

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
  'ControlGroup',
  'NRestarts',
  'MemoryCurrent',
  'TasksCurrent',
];

/** systemd, by systemctl(1): one `show` for all units. */
export function systemdUnits(commands: Commands, clock: Clock, timeout: number): Units {
  return {
    backend: 'systemd',
    async show(names) {
      if (names.length === 0) return new Map();
      const result = await commands.run(
        ['systemctl', 'show', '--no-pager', `--property=${properties.join(',')}`, '--', ...names],
        { timeout, maxOutput: 64 * 1024 + names.length * 4096 },
      );
      const failure = failureText(result);
      if (failure !== undefined) throw new Error(`${failure}: ${result.stderr.trim()}`);
      return parseShow(result.stdout, names, clock);
    },
  };
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
  const changed = number(
    active === 'active' ? 'ActiveEnterTimestampMonotonic' : 'StateChangeTimestampMonotonic',
  );
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
  };
}
