import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { systemHttp } from '../host/http.ts';
import { supervisorUnits } from '../host/units/supervisor.ts';
import { environmentPath } from '../t3/environment.ts';
import type { Layout } from './layout.ts';
import { dispatchUnit, packageSourceUnit } from './supervisor/definitions.ts';

/** How long a stand-in may take to answer after its start, milliseconds. */
const startupLimit = 30_000;

/** Start the dispatch, the package source and users' units, and wait until each answers. */
export async function startUnits(
  layout: Layout,
  services: readonly number[],
  users: readonly string[],
): Promise<void> {
  const supervisor = supervisorUnits(layout.root, startupLimit);
  const http = systemHttp();
  try {
    const units = [dispatchUnit, packageSourceUnit, ...users.map((user) => `t3-serve@${user}.service`)];
    await Promise.all(units.map((unit) => supervisor.start(unit)));
    await Promise.all(
      services.map((port) =>
        answers(() => http.fetch(`http://127.0.0.1:${port}/`, { timeout: 1000, maxBody: 64 * 1024 })),
      ),
    );
    await Promise.all(
      users.map(async (user) => {
        const { T3_PORT: port } = parseEnv(readFileSync(layout.environmentFile(user), 'utf8'));
        await answers(() =>
          http.fetch(`http://127.0.0.1:${port}${environmentPath}`, { timeout: 1000, maxBody: 64 * 1024 }),
        );
      }),
    );
  } finally {
    await http.close();
    await supervisor.close();
  }
}

/** A server tells nobody when it listens: ask until it answers. */
async function answers(ask: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + startupLimit;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(20);
    }
  }
}
