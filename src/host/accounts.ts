import type { Account } from './account.ts';
import type { Commands } from './commands.ts';
import { failureText } from './commands.ts';

export interface Accounts {
  /**
   * The accounts of these names; a name without one is missing from the map.
   *
   * @throws when the account database gives no answer: that no account was found is then not known.
   */
  byName(names: readonly string[]): Promise<Map<string, Account>>;
}

/**
 * A name that may be a Linux user (useradd(8), relaxed to what directories hand out). Anything else is refused before
 * it can become a path, a unit name or an argument: `../root`, `-rf`, a name with a newline in it.
 */
export const userNamePattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/** The accounts of the system, of whatever name service: one `getent passwd` for all names (getent(1)). */
export function systemAccounts(commands: Commands, timeout: number): Accounts {
  return {
    async byName(names) {
      const valid = names.filter((name) => userNamePattern.test(name));
      if (valid.length === 0) return new Map();
      const result = await commands.run(['getent', 'passwd', '--', ...valid], { timeout });
      // Exit code 2: one or more of the names have no account. Those found were printed all the same.
      if (result.exitCode !== 0 && result.exitCode !== 2)
        throw new Error(failureText(result) ?? 'getent failed');
      const wanted = new Set(valid);
      const found = new Map<string, Account>();
      for (const line of result.stdout.split('\n')) {
        const [name, , uid, gid, , home] = line.split(':');
        if (name === undefined || !wanted.has(name) || home === undefined || !home.startsWith('/')) continue;
        if (!/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
        found.set(name, { name, uid: Number(uid), gid: Number(gid), home });
      }
      return found;
    },
  };
}

/** The sandbox's users: all of them are the one who runs it, each with a home under the sandbox's root. */
export function sandboxAccounts(root: string): Accounts {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return {
    byName: (names) =>
      Promise.resolve(
        new Map(
          names
            .filter((name) => userNamePattern.test(name))
            .map((name) => [name, { name, uid, gid, home: `${root}/home/${name}` }]),
        ),
      ),
  };
}
