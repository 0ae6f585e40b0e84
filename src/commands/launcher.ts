import { readLauncher } from '../t3/launcher.ts';
import { printable } from '../text/printable.ts';
import { withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';
import { carryOut } from './request.ts';

/** `launcher`: whose version is which. */
export function launcherState(context: CommandContext): Promise<ExitCode> {
  return withHost(context, async ({ host, config }) => {
    const { io, options } = context;
    const found = await readLauncher(host, config);
    const chosen = found.kind === 'whole' ? [...found.chosen] : [];
    const { binary } = config.paths;
    const words = {
      none: `there is none: ${binary} is one t3 for everybody`,
      whole: `in place: ${binary} starts the version of whoever calls it`,
      replaced: `REPLACED: ${binary} is something else now; t3-cockpit launcher install puts it back`,
    }[found.kind];
    io.out(
      options.json
        ? jsonDocument({ launcher: { state: found.kind, versions: Object.fromEntries(chosen) } })
        : [words, ...chosen.map(([user, version]) => `${user}  ${version}`)]
            .map((line) => `${printable(line)}\n`)
            .join(''),
    );
    return found.kind === 'replaced' ? exit.failed : exit.done;
  });
}

/** `launcher install`, `launcher remove`. */
export function launcher(context: CommandContext, on: boolean): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(context, opened, { kind: 'launcher', on }, { versions: true, readers: false }, false),
  );
}
