import path from 'node:path';
import type { Files } from '../host/files.ts';

/** Reports of operations that were saved from the cockpit (`W`), in a folder beside the journal. */

/** What became of saving one. */
export interface Saved {
  file: string;
  /** Why older ones are still there, if so. */
  unpruned: string | undefined;
}

const ownName = /^operation-\d{1,15}\.txt$/;

/**
 * Write a report, and let the oldest of this folder go where there are more than so many; the one that was just written
 * never, nor anything that has another name.
 *
 * @throws FileProblem when it cannot be written
 */
export async function saveReport(
  files: Files,
  folder: string,
  operation: number,
  text: string,
  keep: number,
): Promise<Saved> {
  const file = path.join(folder, `operation-${operation}.txt`);
  await files.write(file, text, 0o600);
  try {
    await prune(files, folder, path.basename(file), keep);
    return { file, unpruned: undefined };
  } catch (error) {
    return { file, unpruned: error instanceof Error ? error.message : String(error) };
  }
}

async function prune(files: Files, folder: string, newest: string, keep: number): Promise<void> {
  const names = (await files.names(folder)).filter((name) => ownName.test(name) && name !== newest);
  // Most of the time there is nothing to do, and then nothing is looked at.
  if (names.length < keep) return;
  const found: { file: string; modified: number }[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    const facts = await files.look(file);
    if (facts?.kind === 'file') found.push({ file, modified: facts.modified });
  }
  const old = found.toSorted((a, b) => b.modified - a.modified).slice(Math.max(0, keep - 1));
  for (const { file } of old) await files.remove(file);
}
