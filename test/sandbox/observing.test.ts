import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expand } from '../../src/config/expand.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Fleet, Instance } from '../../src/fleet/fleet.ts';
import { valueOf } from '../../src/fleet/observation.ts';
import { emptyJournal } from '../../src/fleet/journal-facts.ts';
import { FleetObserver } from '../../src/fleet/observer.ts';
import type { Host } from '../../src/host/host.ts';
import { supervisorUnits } from '../../src/host/units/supervisor.ts';
import { TestSandbox, until } from './sandbox.ts';

/** Observing real processes and databases, and what goes wrong with them. */

let sandbox: TestSandbox;
let host: Host;
let observer: FleetObserver | undefined;
beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 4 });
});
beforeEach(() => {
  host = sandbox.host();
});
afterEach(async () => {
  observer?.stop();
  observer = undefined;
  await host.close();
});
afterAll(() => sandbox.destroy());

function observe(change: (config: Config) => Config = (config) => config): FleetObserver {
  observer = new FleetObserver({
    host,
    config: change(sandbox.loaded()),
    journal: emptyJournal,
    environment: {},
  });
  return observer;
}

const find = (fleet: Fleet, user: string): Instance | undefined =>
  fleet.instances.find((instance) => instance.user === user);

/** A server that accepts and says nothing, in the place of a user's own. */
class Silent {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#sockets.add(socket));
  }

  static async listen(): Promise<Silent> {
    const server = createServer();
    const silent = new Silent(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return silent;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe('an instance that accepts and never answers', () => {
  it('delays only its own cells', async () => {
    const silent = await Silent.listen();
    const file = path.join(sandbox.root, 'etc/t3-serve/dave.env');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `${before}T3_PORT=${silent.port}\n`);
    try {
      const order: string[] = [];
      const fleet = observe();
      fleet.subscribe((now) => {
        for (const { user, liveness } of now.instances) {
          if (liveness.kind !== 'pending' && !order.includes(user)) order.push(user);
        }
      });
      fleet.start();
      await until('all to be judged', () => (order.length === 4 ? true : undefined));
      expect(order.at(-1)).toBe('dave');
      expect(find(fleet.fleet, 'dave')?.liveness).toMatchObject({
        kind: 'unknown',
        reason: 'no answer in 3 s',
      });
      // Everything else of dave was known meanwhile, and the others are asked again while he hangs.
      expect(find(fleet.fleet, 'dave')).toMatchObject({
        unit: { kind: 'known' },
        state: { kind: 'known' },
        size: { kind: 'known' },
      });
      const first = find(fleet.fleet, 'alice')?.liveness;
      await until('alice to be asked again', () =>
        find(fleet.fleet, 'alice')?.liveness !== first ? true : undefined,
      );
    } finally {
      writeFileSync(file, before);
      silent.close();
    }
  });
});

describe('a sandbox', () => {
  // One that named no path for deferrals once wrote its own into the real host’s folder, where a real updater acts on them.
  it('knows of no place outside its folder', () => {
    const home = path.join(sandbox.root, 'home/alice');
    // npm is a program of the machine's, which is only run.
    const { npm: _, ...paths } = sandbox.loaded().paths;
    const places = Object.entries(paths).map(
      ([name, file]) => [name, expand(file, { user: 'alice', home, version: '0.0.24' })] as const,
    );
    expect(places.filter(([, file]) => !file.startsWith(`${sandbox.root}/`))).toEqual([]);
  });
});

describe('what changes on the host', () => {
  it('is seen at once, not at the next turn', async () => {
    const hour = 3_600_000;
    const fleet = observe((config) => ({
      ...config,
      cadence: { ...config.cadence, accounts: hour, installed: hour },
    }));
    fleet.start();
    await until('everyone', () => (fleet.fleet.instances.length === 4 ? true : undefined));
    const map = path.join(sandbox.root, 'etc/ttyd-user-map');
    const before = readFileSync(map, 'utf8');
    appendFileSync(map, 'zoe=zoe\nnonsense\n');
    await until('zoe, who has no unit', () => find(fleet.fleet, 'zoe'), 20_000);
    await until('the line that is none', () => {
      const { userMap } = fleet.fleet;
      return userMap.kind === 'known' && userMap.value.length === 1 ? true : undefined;
    });
    await until('her unit to be looked for', () => {
      const unit = find(fleet.fleet, 'zoe')?.unit;
      return unit?.kind === 'known' && unit.value.load === 'not-found' ? true : undefined;
    });
    writeFileSync(map, before);
    await until('zoe gone', () => (find(fleet.fleet, 'zoe') === undefined ? true : undefined), 20_000);
    writeFileSync(path.join(sandbox.root, 'etc/t3-autoupdate.freeze'), 'bad night\n');
    await until(
      'the freeze',
      () => (valueOf(fleet.fleet.freeze)?.frozen === true ? true : undefined),
      20_000,
    );
  });

  it('does not make everybody vanish when the user map cannot be read', async () => {
    const fleet = observe((config) => ({ ...config, cadence: { ...config.cadence, accounts: 250 } }));
    fleet.start();
    await until('everyone', () => (fleet.fleet.instances.length === 4 ? true : undefined));
    const map = path.join(sandbox.root, 'etc/ttyd-user-map');
    renameSync(map, `${map}.away`);
    await until('the problem', () =>
      fleet.fleet.userMap.kind === 'unknown' ? fleet.fleet.userMap : undefined,
    );
    expect(fleet.fleet.userMap).toMatchObject({ reason: expect.stringContaining('no such file') });
    expect(fleet.fleet.instances).toHaveLength(4);
    renameSync(`${map}.away`, map);
    await until('the map again', () => (fleet.fleet.userMap.kind === 'known' ? true : undefined));
  });
});

describe('the units', () => {
  it('are followed: stopped with exit code 130, started, crashed and started again', async () => {
    const fleet = observe((config) => ({ ...config, cadence: { ...config.cadence, units: 250 } }));
    const supervisor = supervisorUnits(sandbox.root, 20_000);
    const unit = (user: string) => {
      const seen = find(fleet.fleet, user)?.unit;
      return seen?.kind === 'known' ? seen.value : undefined;
    };
    try {
      fleet.start();
      await until('alice running', () => (unit('alice')?.active === 'active' ? true : undefined));
      await supervisor.stop('t3-serve@alice.service');
      await until('alice stopped', () => {
        const state = unit('alice');
        return state?.active === 'failed' && state.exitStatus === 130 ? true : undefined;
      });
      await supervisor.start('t3-serve@alice.service');
      const running = await until('alice running', () =>
        unit('alice')?.active === 'active' ? unit('alice') : undefined,
      );
      process.kill(running.mainPid ?? 0, 'SIGKILL');
      await until('alice restarted', () => {
        const state = unit('alice');
        return state?.active === 'active' && state.restarts === 1 && state.mainPid !== running.mainPid
          ? true
          : undefined;
      });
    } finally {
      await supervisor.close();
    }
  });

  it('are unknown, and nothing else is, when nobody answers for them', async () => {
    const broken: Host = {
      ...host,
      units: {
        backend: 'sandbox',
        show: () => Promise.reject(new Error('the supervisor is gone')),
        watch: host.units.watch,
        override: () => Promise.resolve(),
        act: host.units.act,
      },
    };
    observer = new FleetObserver({
      host: broken,
      config: sandbox.loaded(),
      journal: emptyJournal,
      environment: {},
    });
    const seen = await observer.once();
    for (const instance of seen.instances) {
      expect(instance.unit).toMatchObject({ kind: 'unknown', reason: 'the supervisor is gone' });
      expect(instance.hosting.kind).toBe('unknown');
      expect(instance.state.kind).toBe('known');
    }
  });
});

describe('the hosting mark', () => {
  it('is on the instance from inside which the cockpit was started', async () => {
    const { instances } = await sandbox.json<{
      instances: { unitName: string; unit: { value: { mainPid: number } } }[];
    }>('status', 'alice');
    const environment = readFileSync(`/proc/${instances[0]?.unit.value.mainPid}/environ`, 'utf8').split('\0');
    const [, mark = ''] = environment.find((each) => each.startsWith('T3_SANDBOX_UNIT='))?.split('=') ?? [];
    process.env['T3_SANDBOX_UNIT'] = mark;
    try {
      const status = await sandbox.json<{
        instances: { user: string; hosting: { value: { hosts: boolean; because?: string } } }[];
      }>('status');
      expect(status.instances.filter((each) => each.hosting.value.hosts).map((each) => each.user)).toEqual([
        'alice',
      ]);
    } finally {
      delete process.env['T3_SANDBOX_UNIT'];
    }
  });
});
