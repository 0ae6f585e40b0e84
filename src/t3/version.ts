import semver from 'semver';

/** What `t3 --version` prints, exactly: `t3 v0.0.24` and a newline (docs/t3-contract.md, command line). */
export function parseVersionOutput(stdout: string): string | undefined {
  const match = /^t3 v(\S{1,64})\n?$/.exec(stdout);
  return match?.[1] === undefined ? undefined : parseVersion(match[1]);
}

/** A t3 version as semver has it (`0.0.33-nightly.20260808.1031`); undefined for anything else. */
export function parseVersion(text: string): string | undefined {
  return text.length <= 64 && semver.valid(text) === text ? text : undefined;
}
