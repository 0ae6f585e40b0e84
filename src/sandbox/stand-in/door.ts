import { runStandIn } from './cli.ts';
import { profileOf } from './versions.ts';

/**
 * The stand-in t3 of the sandbox, a simulation: `--stand-in-version 0.0.24 <what t3 is called with>`.
 *
 * @returns the exit code.
 */
export async function standInDoor(argv: readonly string[]): Promise<number> {
  const [flag, version, ...rest] = argv;
  if (flag !== '--stand-in-version' || version === undefined)
    throw new Error('the stand-in must be told which version it is: --stand-in-version VERSION');
  return runStandIn(profileOf(version), rest);
}
