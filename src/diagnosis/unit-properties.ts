/** What systemd says of how a unit is set up (systemctl(1), show), as it counts: specifiers filled in, drop-ins laid over. */
export interface UnitProperties {
  fragment: string;
  user: string;
  /** The argv of the first ExecStart, with variables as they stand there; empty where there is none. */
  argv: readonly string[];
  /** `130`, and names of signals. */
  successExitStatus: readonly string[];
  restart: string;
  oomPolicy: string;
  /** Its files were changed after systemd had read them. */
  needsReload: boolean;
}

export const shownProperties = [
  'FragmentPath',
  'User',
  'ExecStart',
  'SuccessExitStatus',
  'Restart',
  'OOMPolicy',
  'NeedDaemonReload',
];

/**
 * The blocks of `systemctl show`, in the order of the names that were asked for.
 *
 * @throws when their number is not that of the names: then no block can be trusted to be the right unit's.
 */
export function parseProperties(text: string, names: readonly string[]): Map<string, UnitProperties> {
  const blocks = text.trim() === '' ? [] : text.trim().split(/\n\n+/);
  if (blocks.length !== names.length)
    throw new Error(`systemctl show answered for ${blocks.length} of ${names.length} units`);
  return new Map(names.map((name, index) => [name, parseBlock(blocks[index] ?? '')]));
}

function parseBlock(block: string): UnitProperties {
  const values = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf('=');
    // Several ExecStart are several lines: the first one is the server.
    if (at > 0 && !values.has(line.slice(0, at))) values.set(line.slice(0, at), line.slice(at + 1));
  }
  const word = (key: string) => values.get(key) ?? '';
  return {
    fragment: word('FragmentPath'),
    user: word('User'),
    argv: parseArgv(word('ExecStart')),
    successExitStatus: word('SuccessExitStatus').split(' ').filter(Boolean),
    restart: word('Restart'),
    oomPolicy: word('OOMPolicy'),
    needsReload: word('NeedDaemonReload') === 'yes',
  };
}

/** `{ path=/usr/bin/t3 ; argv[]=/usr/bin/t3 serve --port ${T3_PORT} ; ignore_errors=no ; … }`; words with spaces are not told apart. */
function parseArgv(text: string): string[] {
  const argv = /argv\[\]=(.*?) ; ignore_errors=/.exec(text)?.[1];
  return argv?.split(' ').filter(Boolean) ?? [];
}

/** The value of `--name value` or `--name=value`. */
export function option(argv: readonly string[], name: string): string | undefined {
  const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
  const word = argv[at];
  if (word === undefined) return undefined;
  return word === name ? argv[at + 1] : word.slice(name.length + 1);
}

/** The names in the first column of `systemctl list-units` or `list-unit-files`, printed plainly and without a legend. */
export function parseUnitNames(text: string): { name: string; words: string[] }[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', ...words] = line.trim().split(/\s+/);
    return name === '' ? [] : [{ name, words }];
  });
}
