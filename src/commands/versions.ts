import { valueOf } from '../fleet/observation.ts';
import { findOffered } from '../t3/packages.ts';
import { knownLevel } from '../t3/levels.ts';
import { observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';
import { table } from './render/table.ts';

/** `versions`: what the package source has, and who runs which of it. */
export function versions(context: CommandContext): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, io);
    const [offered, fleet] = await Promise.all([
      findOffered(opened.host, opened.config),
      observer.once({ versions: true, readers: false }).finally(() => observer.stop()),
    ]);
    if ('problem' in offered) throw new Error(offered.problem);
    const installed = valueOf(fleet.installed);
    const rows = offered.versions.map((version) => ({
      version,
      tags: Object.keys(offered.tags).filter((tag) => offered.tags[tag] === version),
      schema: knownLevel(version) ?? null,
      installed: version === installed,
      users: fleet.instances
        .filter(({ liveness }) => valueOf(liveness)?.version === version)
        .map(({ user }) => user),
    }));
    io.out(
      options.json
        ? jsonDocument({ versions: rows })
        : table(
            ['VERSION', 'TAGS', 'SCHEMA', 'USERS'],
            rows.map(({ version, tags, schema, users, installed: here }) => [
              version,
              [...tags, ...(here ? ['installed'] : [])].join(' '),
              schema === null ? '-' : String(schema),
              users.join(' '),
            ]),
            [2],
          ),
    );
    return exit.done;
  });
}
