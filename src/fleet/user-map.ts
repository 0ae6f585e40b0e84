import { userNamePattern } from '../host/accounts.ts';
import { excerpt } from '../text/printable.ts';

/** The host's own list of who may use t3 (docs/host.md, user map). Only read: a roster writes it hourly. */
export interface UserMap {
  users: MappedUser[];
  problems: UserMapProblem[];
}

export interface MappedUser {
  user: string;
  /** All names that the reverse proxy knows this user by, in the order of the file. */
  authentik: string[];
}

export interface UserMapProblem {
  /** From 1. */
  line: number;
  message: string;
}

/** What a reverse proxy may send as a name: a login or an email address. */
const authentikPattern = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}$/;

/**
 * Read the user map: lines `authentik_name=os_user`, `#` comments, spaces around names ignored, several authentik
 * names to one OS user. A line that is no entry is a problem, and no other line suffers from it.
 */
export function parseUserMap(text: string): UserMap {
  const users = new Map<string, MappedUser>();
  const problems: UserMapProblem[] = [];
  const taken = new Map<string, string>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const problem = (message: string) => void problems.push({ line: index + 1, message });
    const parts = line.split('=');
    const [authentik = '', user = ''] = parts.map((part) => part.trim());
    if (parts.length !== 2) problem(`expected authentik_name=os_user, found "${excerpt(line, 60)}"`);
    else if (!authentikPattern.test(authentik))
      problem(`"${excerpt(authentik, 40)}" is not a name that can be mapped`);
    else if (!userNamePattern.test(user)) problem(`"${excerpt(user, 40)}" is not the name of an OS user`);
    else if (taken.has(authentik)) problem(`${authentik} is mapped already, to ${taken.get(authentik)}`);
    else {
      taken.set(authentik, user);
      const entry = users.get(user) ?? { user, authentik: [] };
      entry.authentik.push(authentik);
      users.set(user, entry);
    }
  }
  return { users: [...users.values()], problems };
}
