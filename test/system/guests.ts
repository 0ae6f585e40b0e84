import { readFileSync, writeFileSync } from 'node:fs';
import { freePort } from '../free-port.ts';
import { addUser, sh, unitOf } from './machine.ts';

/** Users who are on the machine for one file of tests only: the others do not know them. */

const userMap = '/etc/ttyd-user-map';
const dispatchTable = '/etc/t3-serve/dispatch.json';

/** Make them, with a home and a state database each. Their servers are not started. @returns takes them away again */
export async function addGuests(names: readonly string[], bytes?: number): Promise<() => Promise<void>> {
  const [map, table] = [readFileSync(userMap, 'utf8'), readFileSync(dispatchTable, 'utf8')];
  const entries = JSON.parse(table) as Record<string, { os_user: string; port: number }>;
  for (const name of names) {
    const taken = new Set(Object.values(entries).map((entry) => entry.port));
    let port = await freePort();
    // Nobody listens on those of guests that are not started yet: they are as free as any.
    while (taken.has(port)) port = await freePort();
    await addUser(name, port, bytes);
    entries[name] = { os_user: name, port };
  }
  writeFileSync(userMap, `${map}${names.map((name) => `${name}=${name}\n`).join('')}`);
  writeFileSync(dispatchTable, JSON.stringify(entries));
  return async () => {
    writeFileSync(userMap, map);
    writeFileSync(dispatchTable, table);
    await sh('systemctl', 'stop', ...names.map(unitOf));
    await sh('systemctl', 'reset-failed');
    for (const name of names) {
      // userdel refuses whoever still runs something.
      await sh('pkill', '--signal', 'KILL', '--uid', name).catch(() => undefined);
      await sh('userdel', '--force', '--remove', name).catch(() => undefined);
      await sh('rm', '-rf', '--', `/home/${name}`, `/var/backups/t3-state/${name}`);
    }
  };
}

export function portOf(user: string): number {
  return Number(/T3_PORT="(\d+)"/.exec(readFileSync(`/etc/t3-serve/${user}.env`, 'utf8'))?.[1]);
}

/** Run something as a user, as they would. */
export const asUser = (user: string, script: string): Promise<string> =>
  sh('runuser', '-u', user, '--', 'sh', '-ec', script);
