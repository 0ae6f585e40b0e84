import path from 'node:path';
import * as z from 'zod';
import type { Host } from '../../host/host.ts';
import { askVersion } from '../../t3/binaries.ts';
import { npm, sourceProblem } from '../../t3/packages.ts';
import { failureText } from '../../host/commands.ts';
import { excerpt, publicLine } from '../../text/printable.ts';
import { roomForPackageGuard } from '../guards/free-space.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { DownloadStep } from '../plan.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

/** A file system with less room than this is full, as far as a package is concerned. Bytes. */
const fullBelow = 1024 * 1024;

/** What remains of it: the bits that are there, so that what was judged can be told from what is installed. */
export interface DownloadResult {
  version: string;
  integrity: string;
  /** Over all of the prefix (host/trees.ts). */
  digest: string;
  /** It was there already, and unchanged. */
  reused: boolean;
}

/** Beside what npm has installed: which package it was, and what came of it. */
const noteName = 't3-cockpit.json';
const noteSchema = z.object({
  schema: z.literal(1),
  version: z.string(),
  integrity: z.string(),
  digest: z.string(),
});
type Note = z.output<typeof noteSchema>;

/**
 * A version fetched into a prefix of its own, where nothing uses it yet. The package has to be the one that the source
 * announced when this was planned; what came of it is noted, for the version that was judged has to be the one that is
 * installed later.
 */
export const downloadStep: StepKind<DownloadStep> = {
  guards: [readOnlyGuard, roomForPackageGuard],
  whenStopped: 'what was fetched is removed',

  async run(context, step) {
    const before = await noteIn(context, step.prefix);
    if (before !== undefined && before.integrity === step.integrity) {
      if ((await digestOf(context.host, step.prefix)) === before.digest)
        return { result: resultOf(before, true) };
      context.event('warning', { type: 'text', text: `${step.prefix} was changed since: it is made anew` });
    }
    // Servers may run from it: another program must not take its place under the same number.
    if (before !== undefined && before.integrity !== step.integrity)
      throw new StepRefused(
        `the package source has other bits for ${step.version} than the ones in ${step.prefix}: somebody has published it anew`,
      );
    await fetchPackage(context, step);
    const note = await checked(context, step);
    await context.host.files.write(path.join(step.partial, noteName), `${JSON.stringify(note)}\n`);
    await flush(context.host, step.partial, context.config.limits.commandTimeout);
    await context.host.trees.replace(step.partial, step.prefix);
    return { result: resultOf(note, false) };
  },

  async recover(context, step) {
    await context.host.trees.settle(step.partial, step.prefix);
    return undefined;
  },
};

/** What is in a prefix that was fetched; undefined where it was not. */
export async function bitsOf(
  context: StepContext,
  prefix: string,
): Promise<{ integrity: string; unchanged: boolean } | undefined> {
  const note = await noteIn(context, prefix);
  if (note === undefined) return undefined;
  return { integrity: note.integrity, unchanged: (await digestOf(context.host, prefix)) === note.digest };
}

const resultOf = ({ version, integrity, digest }: Note, reused: boolean): DownloadResult => ({
  version,
  integrity,
  digest,
  reused,
});

/** The package as a file first: its checksum is ours to compare, not only npm's. */
async function fetchPackage(
  context: StepContext,
  { version, integrity, partial, prefix }: DownloadStep,
): Promise<void> {
  const { host, config, signal } = context;
  const spec = `${config.package}@${version}`;
  const packages = path.join(partial, 'package');
  await host.trees.settle(partial, prefix);
  for (const folder of [partial, packages]) await host.trees.make(folder);
  const run = async (args: readonly string[]) => {
    context.event('info', { type: 'command', argv: [config.paths.npm, ...args] });
    const result = await npm(host, config, args, {
      timeout: config.limits.installTimeout,
      signal,
      onLine: (line) => {
        if (line.trim() !== '') context.event('info', { type: 'output', text: excerpt(publicLine(line)) });
      },
    });
    if (result.failure === 'cancelled') throw new Error('stopped');
    if (failureText(result) === undefined) return;
    // Measured: on a full disk npm unpacks an empty package.json, and complains of that.
    const full = (await host.files.free(partial)) < fullBelow;
    throw new Error(
      `${spec} cannot be installed: ${full ? `no space left on the file system of ${partial}` : sourceProblem(result)}`,
    );
  };
  await run(['pack', spec, `--pack-destination=${packages}`, '--silent']);
  const tarball = (await host.trees.names(packages)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm fetched no package of ${spec}`);
  if ((await host.trees.integrity(path.join(packages, tarball))) !== integrity)
    throw new StepRefused(`the package source serves other bits for ${version} than it announced`);
  await run(['install', '--global', `--prefix=${partial}`, path.join(packages, tarball)]);
  await host.trees.remove(packages);
}

/** It is what it is called: a package may hold anything. */
async function checked({ host, config }: StepContext, step: DownloadStep): Promise<Note> {
  const asked = await askVersion(path.join(step.partial, 'bin/t3'), host, config);
  if ('problem' in asked) throw new Error(`t3 ${step.version} does not run here: ${asked.problem}`);
  if (asked.version !== step.version)
    throw new StepRefused(`the package of ${step.version} says that it is ${asked.version}`);
  return {
    schema: 1,
    version: step.version,
    integrity: step.integrity,
    digest: await digestOf(host, step.partial),
  };
}

/**
 * All of it on the disk before it has its name: after a power cut the global binary must not lead to empty files. One
 * syncfs(2) by sync(1), not an fsync for each of the thousands of files that a package has.
 */
async function flush({ commands }: Host, folder: string, timeout: number): Promise<void> {
  const failure = failureText(await commands.run(['sync', '--file-system', folder], { timeout }));
  if (failure !== undefined) throw new Error(`${folder} cannot be flushed to the disk: ${failure}`);
}

const digestOf = ({ trees }: Host, prefix: string) => trees.digest(prefix, [noteName]);

/** What a prefix was made of; undefined where it is not there, or was not made by this step. */
async function noteIn({ host }: StepContext, prefix: string): Promise<Note | undefined> {
  const file = path.join(prefix, noteName);
  if ((await host.files.look(file)) === undefined) return undefined;
  try {
    return noteSchema.safeParse(JSON.parse(await host.files.read(file, 64 * 1024))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
