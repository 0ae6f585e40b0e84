import { sh } from '../test/system/machine.ts';
import { timed } from './figures.ts';
import { cpuOf, cpuOfTree } from './process-figures.ts';

/** What a machine does on its own or for others, each as a share of a core. */
export interface Background {
  /** The system's first process alone, without what it started. */
  systemd: number;
  bus: number;
  journal: number;
  /** The units asked about, with all that is in them. */
  servers: number;
}

/** What systemd, the system bus, the journal and some units do while something else is done. */
export async function backgroundOf(
  units: readonly string[],
  work: () => Promise<unknown>,
): Promise<Background> {
  const pids = await mainPids(...units);
  const [bus = 0] = await mainPids('dbus.service');
  const [journal = 0] = await mainPids('systemd-journald.service');
  const look = () => ({
    systemd: cpuOf(1).own,
    bus: bus === 0 ? 0 : cpuOf(bus).own,
    journal: journal === 0 ? 0 : cpuOf(journal).own,
    servers: pids.reduce((sum, pid) => sum + cpuOfTree(pid), 0),
  });
  const before = look();
  const took = await timed(work);
  const after = look();
  return {
    systemd: (after.systemd - before.systemd) / took,
    bus: (after.bus - before.bus) / took,
    journal: (after.journal - before.journal) / took,
    servers: (after.servers - before.servers) / took,
  };
}

/** The main processes of those that run. */
export async function mainPids(...units: string[]): Promise<number[]> {
  const shown = await sh('systemctl', 'show', '--property=MainPID', '--value', ...units);
  return shown
    .split(/\s+/)
    .map(Number)
    .filter((pid) => pid > 0);
}
