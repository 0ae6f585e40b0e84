import { expand } from '../../config/expand.ts';
import { parseVersion } from '../../t3/version.ts';
import { excerpt } from '../../text/printable.ts';
import type { Deferral, Freeze } from '../fleet.ts';
import { operationOfFreeze } from '../freeze.ts';
import { known, unknown, type Observation } from '../observation.ts';
import { moment, reasonOf, type Collecting } from './context.ts';

/** What the host's own scripts keep about versions (docs/host.md, later additions). These folders are root's. */

/** None of these files is longer than a line or two. Bytes. */
const longest = 4096;

/** Does the freeze file exist, since when, and what does it say? Its existence is what counts. */
export async function observeFreeze(collecting: Collecting): Promise<Observation<Freeze>> {
  const { host, config } = collecting;
  const file = config.paths.freeze;
  try {
    const facts = await host.files.look(file);
    if (facts === undefined) return known({ frozen: false }, moment(collecting));
    let reason: string;
    try {
      reason = excerpt((await host.files.read(file, longest)).split('\n')[0] ?? '', 120);
    } catch (error) {
      // Frozen it is, whatever stands in it.
      reason = `? ${reasonOf(error)}`;
    }
    const operation = operationOfFreeze(reason);
    return known(
      { frozen: true, reason, since: facts.modified, ...(operation === undefined ? {} : { operation }) },
      moment(collecting),
    );
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}

/** The version that the host's updater last found good. */
export async function observeLastGood(collecting: Collecting): Promise<Observation<string | undefined>> {
  return readVersion(collecting, collecting.config.paths.lastGood);
}

/** The restart that is owed to a user who was busy. */
export async function observeDeferral(
  collecting: Collecting,
  user: string,
): Promise<Observation<Deferral | undefined>> {
  const { host, config } = collecting;
  const file = expand(config.paths.deferral, { user });
  try {
    const facts = await host.files.look(file);
    if (facts === undefined) return known(undefined, moment(collecting));
    const text = (await host.files.read(file, longest)).trim();
    // An empty one owes a restart all the same.
    const version = text === '' ? undefined : (parseVersion(text) ?? `? ${excerpt(text, 40)}`);
    return known({ version, since: facts.modified }, moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}

async function readVersion(collecting: Collecting, file: string): Promise<Observation<string | undefined>> {
  const { host } = collecting;
  try {
    if ((await host.files.look(file)) === undefined) return known(undefined, moment(collecting));
    const text = (await host.files.read(file, longest)).trim();
    const version = parseVersion(text);
    return version === undefined
      ? unknown(`${file}: "${excerpt(text, 40)}" is no version`, moment(collecting))
      : known(version, moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}
