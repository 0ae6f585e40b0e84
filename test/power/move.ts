import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { openHost, type Host } from '../../src/host/host.ts';
import { HttpFailure } from '../../src/host/http.ts';
import type { UnitState } from '../../src/host/units/units.ts';
import { takeHostLock, type HostLock } from '../../src/host/lock.ts';
import { lockPath, openJournal } from '../../src/journal/journal.ts';
import { planSchema, type Plan, type Step } from '../../src/operations/plan.ts';
import { Binaries } from '../../src/t3/binaries.ts';
import { launcherText, placesOf as launcherPlaces } from '../../src/t3/launcher.ts';
import { perform, user } from './operation.ts';

/**
 * A move of versions below a folder: what a bump, its way back, and the launcher do to files of the host. The executor, the
 * steps and the editor are the real ones; npm and t3 are a few lines of shell. As a program of its own: run.ts.
 */

export const moves = ['bump', 'bump that goes back', 'launcher', 'launcher that is taken away'] as const;
export type Move = (typeof moves)[number];

export const [older, newer] = ['0.0.24', '0.0.27'] as const;

/** Where everything is. */
export function placesOf(root: string) {
  const home = `${root}/home/${user}`;
  const versions = `${root}/usr/lib/t3`;
  return {
    home,
    versions,
    programOf: (version: string) => `${versions}/${version}/bin/t3`,
    pins: [`${home}/infra/t3-autoupdate.sh`, `${root}/usr/local/bin/t3-autoupdate`] as const,
    binary: `${root}/usr/bin/t3`,
    npm: `${root}/usr/bin/npm`,
    package: `${root}/srv/t3.tgz`,
    packed: `${root}/srv/t3`,
    /** While it is there, npm takes its time, and writes a line into it each time that it begins. */
    slow: `${root}/srv/slow`,
    chosen: `${root}/usr/lib/t3-chosen`,
    freeze: `${root}/etc/t3-autoupdate.freeze`,
    lastGood: `${root}/var/lib/t3-autoupdate/last-good`,
    deferral: `${root}/var/lib/t3-autoupdate/deferred/${user}`,
    state: `${root}/state`,
  };
}

export function configOf(root: string): Config {
  const { npm, binary, versions, chosen, freeze, lastGood, state } = placesOf(root);
  return loadConfig({
    set: [
      `paths.npm=${npm}`,
      `paths.binary=${binary}`,
      `paths.versionBinary=${versions}/{version}/bin/t3`,
      `paths.chosen=${chosen}`,
      `paths.freeze=${freeze}`,
      `paths.lastGood=${lastGood}`,
      `paths.state=${state}`,
      'snapshots.keepFree=1kb',
      'jobs=[]',
    ],
  }).config;
}

/** The program of a version. Longer than a sector of the disk, so that it may be torn. */
export const programText = (version: string): string =>
  `#!/bin/sh\n${`# t3 ${version}\n`.repeat(120)}echo "t3 v${version}"\n`;

/** A pin file, with a version in it. */
export const pinText = (version: string): string =>
  `#!/bin/sh\n${'# what an admin has written into it\n'.repeat(40)}T3_PIN="\${T3_PIN:-${version}}"\n`;

/** npm as far as it is called here: `pack`, and `install --global`. */
const npmText = ({ package: from, packed, slow }: ReturnType<typeof placesOf>): string => `#!/bin/sh
set -e
if [ -e ${slow} ]; then echo >> ${slow}; sleep 1; fi
for each in "$@"; do
  case "$each" in
    --pack-destination=*) cp --reflink=never ${from} "\${each#*=}/t3-${newer}.tgz" ;;
    --prefix=*)
      prefix="\${each#*=}"
      mkdir "$prefix/bin" "$prefix/lib" "$prefix/lib/node_modules" "$prefix/lib/node_modules/t3"
      cp --reflink=never ${packed} "$prefix/lib/node_modules/t3/t3"
      ln -s ../lib/node_modules/t3/t3 "$prefix/bin/t3" ;;
  esac
done
`;

/** Make what a move begins with. Where the host's t3 is a file of its own, the cockpit has never moved it. */
export function prepareMove(which: Move, root: string): void {
  const places = placesOf(root);
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  };
  for (const file of places.pins) put(file, pinText(older));
  put(places.npm, npmText(places));
  put(places.package, 'a package of npm\n'.repeat(100));
  put(places.packed, programText(newer));
  put(places.lastGood, `${older}\n`);
  chmodSync(places.lastGood, 0o644);
  mkdirSync(path.dirname(places.freeze));
  if (which === 'bump that goes back') put(places.binary, programText(older));
  else {
    put(places.programOf(older), programText(older));
    symlinkSync(`../lib/t3/${older}/bin/t3`, places.binary);
  }
  if (which !== 'bump') put(places.programOf(newer), programText(newer));
  if (which !== 'launcher that is taken away') return;
  const { users, everybody } = launcherPlaces(configOf(root));
  mkdirSync(users, { recursive: true });
  symlinkSync(places.programOf(older), path.join(users, user));
  symlinkSync(places.programOf(older), everybody);
  rmSync(places.binary);
  put(places.binary, launcherText(configOf(root)));
}

/** The machine as it is, but for servers: there is one, of which nobody can tell whether it is busy. */
export function hostOf(which: Move, root: string, config: Config, lock?: HostLock): Host {
  const { home } = placesOf(root);
  // A server that says that it runs the new version already was moved by nobody.
  const runs = which === 'bump that goes back' ? newer : older;
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const accounts = [
    { name: user, ...self, home },
    // What is only asked for its version is run as this one.
    { name: 'nobody', ...self, home: '/nonexistent' },
  ];
  const running = { load: 'loaded', active: 'active', sub: 'running', mainPid: process.pid } as UnitState;
  const host = openHost(config, lock?.descriptor);
  return {
    ...host,
    accounts: { byName: () => Promise.resolve(new Map(accounts.map((each) => [each.name, each]))) },
    units: {
      ...host.units,
      show: (names) => Promise.resolve(new Map(names.map((name) => [name, { ...running, name }]))),
    },
    sockets: { ...host.sockets, answering: () => Promise.resolve([self.uid]) },
    http: {
      fetch: (url) =>
        url.endsWith('/environment')
          ? Promise.resolve({
              status: 200,
              headers: {},
              body: JSON.stringify({ serverVersion: runs }),
            } as never)
          : Promise.reject(new HttpFailure('refused', 'nothing listens there')),
      close: () => Promise.resolve(),
    },
  };
}

export function planOf(which: Move, root: string, integrity: string): Plan {
  const { home, versions, programOf, pins, binary, lastGood, deferral, chosen } = placesOf(root);
  const [live, unit] = [`${home}/.t3/userdata/state.sqlite`, `t3-serve@${user}.service`];
  const beside = { user, live, home, base: `${live}.t3-cockpit-abcdef12`, unit };
  const host = { user: null, title: '', from: older, to: newer };
  const common = { leftOut: [], parallel: 1, notes: [] };
  if (which === 'launcher that is taken away') {
    const step: Step = { ...host, kind: 'launcher', id: 'launcher', target: programOf(older), chosen: null };
    return planSchema.parse({ kind: 'launcher', lanes: [{ user: null, steps: [step] }], ...common });
  }
  if (which === 'launcher') {
    const choose = { link: `${chosen}/users/${user}`, whose: user, back: false };
    const steps: Step[] = [
      {
        ...host,
        kind: 'launcher',
        id: 'launcher',
        target: programOf(older),
        chosen: [{ link: choose.link, target: programOf(older) }],
      },
      { ...host, kind: 'choose', id: 'choose', ...choose, target: programOf(newer) },
    ];
    return planSchema.parse({ kind: 'launcher', lanes: [{ user: null, steps }], ...common });
  }
  const pinned = pins.map((file, index): Step => ({
    ...host,
    kind: 'pin',
    id: `pin/${index}`,
    file,
    ...(index === 0 ? { user, base: home } : { base: '/' }),
    variable: 'T3_PIN',
  }));
  const goesBack = which === 'bump that goes back';
  const install: Step = {
    ...host,
    kind: 'install',
    id: 'install',
    user: null,
    binary,
    target: programOf(newer),
    keep: programOf(older),
    aside: `${binary}.t3-cockpit-abcdef12`,
    integrity: goesBack ? null : integrity,
    allowDowngrade: false,
  };
  const prefix = path.dirname(path.dirname(programOf(newer)));
  const download = {
    ...host,
    kind: 'download',
    id: 'download',
    version: newer,
    integrity,
    prefix,
    partial: `${versions}/.${newer}.partial-abcdef12`,
    bytes: 0,
  };
  // Who is not stopped is owed a restart; of somebody who runs neither version nobody can tell, and everybody goes back.
  const users: Step[] = [
    {
      ...beside,
      kind: 'stop',
      id: `${user}/stop`,
      title: 'stop',
      exclusive: false,
      interruptTurn: false,
      unlessWorkSince: null,
      deferral: { file: deferral, version: newer },
    },
    { ...beside, kind: 'start', id: `${user}/start`, title: 'start', port: 1, asBefore: true },
  ];
  const mark = { ...host, kind: 'mark', id: 'mark', lastGood, version: newer };
  return planSchema.parse({
    kind: 'bump',
    lanes: [
      ...(goesBack ? [] : [{ user: null, phase: 'judge', steps: [download] }]),
      { user: null, phase: 'switch', steps: [...pinned, install] },
      { user, phase: 'users', steps: users },
      { user: null, phase: 'close', steps: [mark] },
    ],
    ...common,
  });
}

/**
 * Do a move.
 *
 * @param between What stands between the steps and the machine.
 * @param begun Told when the first step is about to begin.
 * @returns how it ended
 */
export async function move(
  which: Move,
  root: string,
  between: (host: Host) => Host = (host) => host,
  begun: () => void = () => undefined,
): Promise<string> {
  const config = configOf(root);
  const durable = openJournal(config.paths.state);
  const quick = openJournal(config.paths.state, false);
  // As the runner has it: whatever it has started and leaves behind goes on holding it.
  const lock = await takeHostLock(lockPath(config.paths.state), 0);
  if (lock === undefined) throw new Error('somebody else has the host');
  const host = between(hostOf(which, root, config, lock));
  try {
    const integrity = await host.trees.integrity(placesOf(root).package);
    return await perform(
      planOf(which, root, integrity),
      { config, host, durable, quick, begun },
      new Binaries(host, config),
    );
  } finally {
    quick.close();
    durable.close();
    await host.close();
    lock.release();
  }
}

/** What a file is, in a word: nothing; where it leads; or its mode and the digest of its bytes. */
export const fileWord = (text: string, mode = 0o755): string =>
  `${mode.toString(8)} ${createHash('sha256').update(text).digest('hex')}`;

/** What stands at a path before each step, and after it has succeeded. */
export interface Effect {
  step: string;
  file: string;
  before: string;
  after: string;
}

/** What a move does to which file, found by other means than its own. */
export function effectsOf(which: Move, root: string): Effect[] {
  const { pins, binary, programOf, lastGood, chosen } = placesOf(root);
  const leads = (to: string) => `leads to ${to}`;
  const launcher = () => fileWord(launcherText(configOf(root)));
  if (which === 'launcher that is taken away')
    return [
      { step: 'launcher', file: binary, before: launcher(), after: leads(programOf(older)) },
      { step: 'launcher', file: `${chosen}/default`, before: leads(programOf(older)), after: 'nothing' },
      {
        step: 'launcher',
        file: `${chosen}/users/${user}`,
        before: leads(programOf(older)),
        after: 'nothing',
      },
    ];
  if (which === 'launcher')
    return [
      {
        step: 'launcher',
        file: binary,
        before: leads(`../lib/t3/${older}/bin/t3`),
        after: launcher(),
      },
      {
        step: 'choose',
        file: `${chosen}/users/${user}`,
        before: leads(programOf(older)),
        after: leads(programOf(newer)),
      },
    ];
  return [
    ...pins.map((file, index) => ({
      step: `pin/${index}`,
      file,
      before: fileWord(pinText(older)),
      after: fileWord(pinText(newer)),
    })),
    {
      step: 'install',
      file: binary,
      before: which === 'bump' ? leads(`../lib/t3/${older}/bin/t3`) : fileWord(programText(older)),
      after: leads(programOf(newer)),
    },
    {
      step: 'mark',
      file: lastGood,
      before: fileWord(`${older}\n`, 0o644),
      after: fileWord(`${newer}\n`, 0o644),
    },
  ];
}
