import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../test/sandbox/sandbox.ts';
import { addGuests, portOf } from '../test/system/guests.ts';
import { buildMachine, cockpitCommand, machineInTheWay, sh, unitOf, users } from '../test/system/machine.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { median, series, single, timed, type Figure } from './figures.ts';
import { backgroundOf, mainPids, type Background } from './background.ts';
import { cpuOf, cpuOfTree, shareOfTree } from './process-figures.ts';
import { waitingForRoot } from './waiting-for-root.ts';

/** For how long, in minutes: `BENCH_MINUTES=0.5 npm run bench -- units`. */
const minutes = Number(process.env['BENCH_MINUTES'] ?? 10);

/** How long each is watched alone, for what it makes others do; milliseconds. */
const alone = Math.min(60_000, minutes * 60_000);

/** How many users each fleet has. One in ten writes all the time, but at least one. */
const fleets = [3, 50];

/** How often memory is looked at, milliseconds. */
const sampling = 5000;

/** Why this cannot be measured here, in words; undefined where it can. */
export function whyNoUnits(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root: it makes users and units';
  if (!existsSync('/run/systemd/system')) return 'it takes a machine whose first process is systemd';
  return machineInTheWay();
}

/**
 * The cost of watching real units of real users for ten minutes: the cockpit with all its children, against
 * `watch -n 2 systemctl list-units`, which shows less. All at the same time, so that a drift of the machine hits all of
 * them; each counted by its own processes. What they make systemd, the bus and the servers do: each alone for a minute,
 * less what those do when nobody watches.
 */
export async function units(): Promise<Figure[]> {
  const tell = (doing: string) => process.stdout.write(`  … ${doing}\n`);
  tell(`${Math.max(...fleets)} users are made, and their servers started`);
  const { everybody, memory } = await buildFleets();
  const watched = fleets.flatMap((count) => [cockpitOn(everybody, count), watchOn(everybody, count)]);
  await delay(5000);
  tell('nobody watches');
  const quiet = await backgroundOf(everybody.map(unitOf), () => delay(alone));
  const figures: Figure[] = [
    single(`memory of one of ${everybody.length} stand-in servers, by its share`, 'bytes', memory),
    ...backgroundFigures('nobody watches', quiet),
  ];
  for (const each of watched) {
    tell(`${each.what}, alone`);
    const terminal = await each.open();
    const busy = await backgroundOf(everybody.map(unitOf), () => delay(alone));
    await close(terminal, each.leave);
    figures.push(...backgroundFigures(`${each.what}, beyond that`, less(busy, quiet)));
  }
  tell(`all of them for ${minutes} minutes`);
  const open = await Promise.all(watched.map(async (each) => ({ each, terminal: await each.open() })));
  await delay(10_000);
  const look = ({ pid }: Terminal) => ({ own: cpuOf(pid).own, all: cpuOfTree(pid) });
  const before = open.map(({ terminal }) => look(terminal));
  const shares: number[][] = open.map(() => []);
  const took = await timed(async () => {
    for (let sample = 0; sample * sampling < minutes * 60_000; sample += 1) {
      await delay(sampling);
      open.forEach(({ terminal }, index) => shares[index]?.push(shareOfTree(terminal.pid)));
    }
  });
  open.forEach(({ each: { what, most }, terminal }, index) => {
    const [first, last] = [before[index] ?? { own: Number.NaN, all: Number.NaN }, look(terminal)];
    const memories = shares[index] ?? [];
    const third = Math.max(1, Math.floor(memories.length / 3));
    figures.push(
      single(`${what}, ${minutes} minutes: it and its children`, 'core', (last.all - first.all) / took, most),
      single(`${what}: it alone`, 'core', (last.own - first.own) / took),
      series(`${what}: memory of it and its children`, 'bytes', memories),
      single(
        `${what}: memory, last third against the first`,
        'x',
        median(memories.slice(-third)) / median(memories.slice(0, third)),
      ),
    );
  });
  for (const { each, terminal } of open) await close(terminal, each.leave);
  return [...figures, ...(await waitingForRoot())];
}

/** The users of the largest fleet, with their servers started. @returns how much memory one of those takes */
async function buildFleets(): Promise<{ everybody: string[]; memory: number }> {
  await buildMachine();
  const guests = Array.from({ length: Math.max(...fleets) - users.length }, (_, index) => `guest${index}`);
  await addGuests(guests);
  const busy = guests.filter((_, index) => index % 10 === 0);
  for (const user of busy) appendFileSync(`/etc/t3-serve/${user}.env`, 'T3_STAND_IN_ACTIVITY=busy\n');
  const everybody = [...users.map(({ name }) => name), ...guests];
  await sh('systemctl', 'start', ...everybody.map(unitOf));
  for (const user of everybody) await answering(user);
  // What they share is told apart only when all are there.
  const pids = await mainPids(...everybody.map(unitOf));
  if (pids.length !== everybody.length) throw new Error(`${pids.length} servers of ${everybody.length} run`);
  return { everybody, memory: median(pids.map(shareOfTree)) };
}

/** Wait until somebody's server answers. */
async function answering(user: string): Promise<void> {
  await until(`the server of ${user}`, () =>
    fetch(`http://127.0.0.1:${portOf(user)}/.well-known/t3/environment`).catch(() => undefined),
  );
}

interface Watcher {
  what: string;
  open: () => Promise<Terminal>;
  /** The key that ends it. */
  leave: string;
  /** The share of a core that it may take. */
  most?: number;
}

const size = { columns: 160, rows: 45 };

/** The cockpit, on the first so many users. */
function cockpitOn(everybody: readonly string[], count: number): Watcher {
  const some = everybody.slice(0, count);
  const folder = `/etc/t3-serve/bench-${count}`;
  const all = JSON.parse(readFileSync('/etc/t3-serve/dispatch.json', 'utf8')) as Record<string, object>;
  writeFileSync(`${folder}.map`, some.map((name) => `${name}=${name}\n`).join(''));
  writeFileSync(`${folder}.json`, JSON.stringify(Object.fromEntries(some.map((name) => [name, all[name]]))));
  const settings = [
    `paths.userMap=${folder}.map`,
    `paths.dispatchTable=${folder}.json`,
    `paths.state=/var/lib/t3-cockpit-bench-${count}`,
    // What a probe costs is stated apart (docs/scale.md).
    'probes.automatic=false',
  ];
  const [file = '', ...args] = cockpitCommand(settings.flatMap((setting) => ['--set', setting]));
  return {
    what: `the cockpit on ${count} users`,
    open: async () => {
      const terminal = new Terminal(args, { ...size, command: [file] });
      await terminal.until('the fleet', (text) => /vera +running/.test(text) && !/ … /.test(text), 60_000);
      return terminal;
    },
    leave: 'q',
    most: 0.02,
  };
}

/** What an admin without it would leave open. */
function watchOn(everybody: readonly string[], count: number): Watcher {
  const pattern = count === everybody.length ? ["'t3-serve@*'"] : everybody.slice(0, count).map(unitOf);
  return {
    what: `watch -n 2 systemctl list-units, ${count} units`,
    open: async () => {
      const terminal = new Terminal(['-n', '2', ['systemctl', 'list-units', ...pattern].join(' ')], {
        ...size,
        command: ['watch'],
      });
      await terminal.until('the units', (text) => text.includes('T3 Code server of'));
      return terminal;
    },
    leave: '\u0003',
  };
}

async function close(terminal: Terminal, leave: string): Promise<void> {
  terminal.press(leave);
  await terminal.ended();
  terminal.dispose();
}

const less = (busy: Background, quiet: Background): Background => ({
  systemd: busy.systemd - quiet.systemd,
  bus: busy.bus - quiet.bus,
  journal: busy.journal - quiet.journal,
  servers: busy.servers - quiet.servers,
});

function backgroundFigures(what: string, { systemd, bus, journal, servers }: Background): Figure[] {
  return [
    single(`${what}: systemd, bus and journal`, 'core', systemd + bus + journal),
    single(`${what}: all servers together`, 'core', servers),
  ];
}
