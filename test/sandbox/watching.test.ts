import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import { emptyJournal } from '../../src/fleet/journal-facts.ts';
import { valueOf } from '../../src/fleet/observation.ts';
import { FleetObserver } from '../../src/fleet/observer.ts';
import type { Host } from '../../src/host/host.ts';
import { supervisorUnits, type Supervisor } from '../../src/host/units/supervisor.ts';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { TestSandbox, until } from './sandbox.ts';

/**
 * What is seen because somebody told, not because it was time to look: every cadence is an hour here, so nothing but a
 * watch can be the reason.
 */

const hour = 3_600_000;

let sandbox: TestSandbox;
let layout: Layout;
let config: Config;
let host: Host;
let units: Supervisor;
let observer: FleetObserver;
/** How often somebody's files were read by a process of their own. */
let reads = 0;

beforeAll(async () => {
  sandbox = await TestSandbox.create();
  layout = layoutOf(sandbox.root);
  config = sandbox.loaded();
  for (const fact of Object.keys(config.cadence) as (keyof Config['cadence'])[]) config.cadence[fact] = hour;
  host = sandbox.host();
  const { commands } = host;
  host.commands = {
    ...commands,
    run(argv, options) {
      if (options.as !== undefined && argv.some((word) => word.includes('reader'))) reads += 1;
      return commands.run(argv, options);
    },
  };
  units = supervisorUnits(sandbox.root, 20_000);
  observer = new FleetObserver({ host, config, journal: emptyJournal, environment: {} });
  observer.start();
  await until('everything looked at once', () =>
    user('alice')?.snapshots.kind === 'known' &&
    observer.fleet.pins.kind === 'known' &&
    user('alice')?.liveness.kind === 'known'
      ? true
      : undefined,
  );
  await armed();
});
afterAll(async () => {
  observer.stop();
  await units.close();
  await host.close();
  await sandbox.destroy();
});

const user = (name: string) => observer.fleet.instances.find((instance) => instance.user === name);

/** The watch needs a moment to be set: from when on a change is told is seen by making one. */
async function armed(): Promise<void> {
  const probe = path.join(sandbox.backups('alice'), 'state-20200101-000000.sqlite');
  const frozen = () => valueOf(observer.fleet.freeze)?.frozen;
  writeFileSync(layout.freeze, 'armed');
  writeFileSync(probe, '');
  await until('a watch on files and folders', () => {
    writeFileSync(layout.freeze, `${performance.now()}`);
    return frozen() === true && count('alice', 'state-20200101') === 1 ? true : undefined;
  });
  rmSync(probe);
  rmSync(layout.freeze);
  await until('and on what goes', () =>
    frozen() === false && count('alice', 'state-20200101') === 0 ? true : undefined,
  );
}

const count = (name: string, prefix: string) =>
  (valueOf(user(name)?.snapshots ?? { kind: 'pending' }) ?? []).filter(({ file }) => file.startsWith(prefix))
    .length;

/** Do something, and wait until the fleet shows it. */
async function seen(act: () => unknown, shows: () => boolean): Promise<void> {
  expect(shows()).toBe(false);
  await act();
  await until('it is shown', () => (shows() ? true : undefined));
}

describe('a change of a file is shown at once', () => {
  it('the user map: written, and replaced by another file', async () => {
    const before = readFileSync(layout.userMap, 'utf8');
    await seen(
      () => appendFileSync(layout.userMap, 'eve=eve\n'),
      () => user('eve') !== undefined,
    );
    await seen(
      () => {
        writeFileSync(`${layout.userMap}.new`, before);
        renameSync(`${layout.userMap}.new`, layout.userMap);
      },
      () => user('eve') === undefined,
    );
    // And once more: a watch must not end with the file that it began with.
    await seen(
      () => {
        writeFileSync(`${layout.userMap}.new`, `${before}eve=eve\n`);
        renameSync(`${layout.userMap}.new`, layout.userMap);
      },
      () => user('eve') !== undefined,
    );
    await seen(
      () => writeFileSync(layout.userMap, before),
      () => user('eve') === undefined,
    );
  });

  it('the dispatch table, and a user’s environment file', async () => {
    const table = readFileSync(layout.dispatchTable, 'utf8');
    await seen(
      () => writeFileSync(layout.dispatchTable, 'no JSON'),
      () => observer.fleet.dispatchTable.kind === 'unknown',
    );
    await seen(
      () => writeFileSync(layout.dispatchTable, table),
      () => observer.fleet.dispatchTable.kind === 'known',
    );
    const environment = readFileSync(layout.environmentFile('carol'), 'utf8');
    await seen(
      () => writeFileSync(layout.environmentFile('carol'), 'T3_PORT=1234\n'),
      () => valueOf(user('carol')?.port ?? { kind: 'pending' }) === 1234,
    );
    writeFileSync(layout.environmentFile('carol'), environment);
  });

  it('a pin file', async () => {
    const file = valueOf(observer.fleet.pins)?.readings[0]?.file ?? '';
    const before = readFileSync(file, 'utf8');
    await seen(
      () => writeFileSync(file, before.replace('0.0.24', '0.0.27')),
      () => valueOf(observer.fleet.pins)?.agreed === undefined,
    );
    await seen(
      () => writeFileSync(file, before),
      () => valueOf(observer.fleet.pins)?.agreed !== undefined,
    );
  });

  it('freeze, with its reason; last good; a deferral', async () => {
    await seen(
      () => writeFileSync(layout.freeze, 'the \u001b[31mbad night\nof June\n'),
      () => {
        const freeze = valueOf(observer.fleet.freeze);
        return freeze?.frozen === true && freeze.reason === 'the bad night';
      },
    );
    await seen(
      () => rmSync(layout.freeze),
      () => valueOf(observer.fleet.freeze)?.frozen === false,
    );
    await seen(
      () => {
        mkdirSync(path.dirname(config.paths.lastGood), { recursive: true });
        writeFileSync(config.paths.lastGood, '0.0.24\n');
      },
      () => valueOf(observer.fleet.lastGood) === '0.0.24',
    );
    const owed = () => valueOf(user('bob')?.deferral ?? { kind: 'pending' });
    const folder = layout.deferrals;
    // The folder comes with the first one, and goes with the last.
    for (const version of ['0.0.27', '0.0.33']) {
      await seen(
        () => {
          mkdirSync(folder, { recursive: true });
          writeFileSync(path.join(folder, 'bob'), `${version}\n`);
        },
        () => owed()?.version === version,
      );
      await seen(
        () => rmSync(folder, { recursive: true }),
        () => owed() === undefined,
      );
    }
  });

  it('a backup folder, the cockpit’s in it, and those of a user who has just come', async () => {
    const name = 'state-20260101-033000.sqlite';
    await seen(
      () => writeFileSync(path.join(sandbox.backups('bob'), name), ''),
      () => count('bob', name) === 1,
    );
    await seen(
      () => rmSync(path.join(sandbox.backups('bob'), name)),
      () => count('bob', name) === 0,
    );
    mkdirSync(sandbox.snapshots('bob'), { mode: 0o700 });
    for (const time of ['033000', '033001']) {
      const own = `manual-0.0.24-20260101T${time}Z-abcdef.sqlite`;
      await seen(
        () => writeFileSync(path.join(sandbox.snapshots('bob'), own), ''),
        () => count('bob', own) === 1,
      );
    }
    mkdirSync(sandbox.backups('eve'), { recursive: true });
    const map = readFileSync(layout.userMap, 'utf8');
    await seen(
      () => writeFileSync(layout.userMap, `${map}eve=eve\n`),
      () => user('eve') !== undefined,
    );
    await seen(
      () => writeFileSync(path.join(sandbox.backups('eve'), name), ''),
      () => count('eve', name) === 1,
    );
    writeFileSync(layout.userMap, map);
  });
});

describe('a unit', () => {
  const state = (name: string) => valueOf(user(name)?.unit ?? { kind: 'pending' })?.active;

  it('that stops, starts or dies is seen at once', async () => {
    await seen(
      () => units.stop('t3-serve@alice.service'),
      () => state('alice') !== 'active',
    );
    await seen(
      () => units.start('t3-serve@alice.service'),
      () => state('alice') === 'active',
    );
    const before = valueOf(user('alice')?.unit ?? { kind: 'pending' })?.mainPid;
    await seen(
      () => process.kill(before ?? 0, 'SIGKILL'),
      () => valueOf(user('alice')?.unit ?? { kind: 'pending' })?.mainPid !== before,
    );
  });
});

describe('a user who changes files without end', () => {
  it('is read within the budget, and what it came to is shown in the end', async () => {
    const file = (index: number) =>
      path.join(sandbox.backups('carol'), `state-20260201-03${String(index).padStart(4, '0')}.sqlite`);
    let written = 0;
    reads = 0;
    const began = performance.now();
    await until('three seconds of it', () => {
      for (let each = 0; each < 4; each += 1) writeFileSync(file((written += 1) % 60), `${written}`);
      return performance.now() - began > 3000 ? true : undefined;
    });
    // Six as they come, each with what belongs to it; not one every tenth of a second.
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(8 + (2 * (performance.now() - began)) / 1000);
    writeFileSync(file(5959), '');
    await until('the last one', () => (count('carol', 'state-20260201-035959') === 1 ? true : undefined));
    for (let index = 0; index < 60; index += 1) rmSync(file(index), { force: true });
    rmSync(file(5959));
  });
});

describe('two hundred changes of the user map', () => {
  it('leave no more descriptors and watches open than there were', async () => {
    // proc_pid_fdinfo(5): a watched folder each.
    const watches = () =>
      readdirSync('/proc/self/fdinfo')
        .map((descriptor) => {
          try {
            return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
          } catch {
            // The descriptor of the listing itself is closed by now.
            return '';
          }
        })
        .reduce((sum, text) => sum + (text.match(/^inotify wd:/gm)?.length ?? 0), 0);
    const handles = () => readdirSync('/proc/self/fd').length;
    const map = readFileSync(layout.userMap, 'utf8');
    const [before, watchesBefore] = [handles(), watches()];
    for (let round = 1; round <= 200; round += 1) {
      writeFileSync(`${layout.userMap}.new`, `${map}guest${round}=guest${round}\n`);
      renameSync(`${layout.userMap}.new`, layout.userMap);
    }
    await until('the last guest', () => (user('guest200') === undefined ? undefined : true));
    writeFileSync(layout.userMap, map);
    await until('nobody but us', () => (observer.fleet.instances.length === 3 ? true : undefined));
    await until('no more handles', () =>
      handles() <= before + 2 && watches() === watchesBefore ? true : undefined,
    );
  });
});
