import path from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import { prefixOf } from './packages.ts';

/**
 * The global t3 as `npm install --global` keeps it: a package in `lib/node_modules`, and a link to its program in `bin`.
 * Under a link that leads elsewhere npm installs nothing (EEXIST); over a package that is itself a link it does, and
 * takes that away, not what it leads to (measured with npm 11). So a version that has a prefix of its own can be given
 * to npm, and nothing that runs from there is ever written over.
 */
export interface GlobalPackage {
  /** The folder of the package, and the program's place in it as the global binary's link says it. */
  folder: string;
  program: string;
}

const binaryBelow = '/bin/t3';

/** @returns why the host's global t3 cannot be such a package */
export function globalPackage(config: Config): GlobalPackage | { problem: string } {
  const { binary } = config.paths;
  if (!binary.endsWith(binaryBelow))
    return { problem: `paths.binary must end in ${binaryBelow} where npm installs it` };
  const folder = path.join(binary.slice(0, -binaryBelow.length), 'lib/node_modules', config.package);
  return { folder, program: path.join('../lib/node_modules', config.package) };
}

/** Is it npm's now: would `npm install --global` put another version in its place? */
export async function isNpms(host: Pick<Host, 'trees'>, config: Config): Promise<boolean> {
  const place = globalPackage(config);
  const link = await host.trees.leadsTo(config.paths.binary);
  if ('problem' in place || link === undefined) return false;
  return path.resolve(path.dirname(config.paths.binary), link).startsWith(`${place.folder}/`);
}

/**
 * Make a version that has a prefix of its own the global one, so that npm can put another in its place. At every moment
 * the global binary is one of the two. Idempotent.
 *
 * @throws when that version's prefix is none that npm has made
 */
export async function handOver(host: Pick<Host, 'trees'>, config: Config, version: string): Promise<void> {
  const place = globalPackage(config);
  if ('problem' in place) throw new Error(place.problem);
  const prefix = prefixOf(config, version);
  const own = await host.trees.leadsTo(path.join(prefix, 'bin/t3'));
  if (own?.startsWith(`${place.program}/`) !== true)
    throw new Error(`${prefix}/bin/t3 does not lead into the package beside it`);
  // Straight there, while the package is being replaced.
  await host.trees.point(config.paths.binary, path.join(prefix, 'bin/t3'));
  await host.trees.make(path.dirname(place.folder));
  await host.trees.remove(place.folder);
  await host.trees.point(place.folder, path.join(prefix, 'lib/node_modules', config.package));
  await host.trees.point(config.paths.binary, own);
}
