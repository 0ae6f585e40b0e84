import type { UnitState } from '../host/units/units.ts';
import { isOff } from '../t3/off.ts';
import { cell, type Cell } from './cell.ts';

/**
 * What a supervisor says of a unit, in words for people. systemd's own are exact and say little: `activating
 * (auto-restart)` is a server that crashes again and again, and `failed` with exit code 130 is one that was stopped, for
 * that is how t3 ends then (docs/t3-contract.md, process).
 */

/** Its state in a word or two. */
export function unitCell(unit: UnitState): Cell {
  if (unit.load === 'not-found') return cell('no unit', 'danger');
  if (unit.load === 'masked') return cell('masked', 'danger');
  if (unit.load !== 'loaded') return cell(unit.load, 'danger');
  switch (unit.active) {
    case 'active':
      return cell(unit.sub === 'running' ? 'running' : unit.sub, unit.sub === 'running' ? 'ok' : 'attention');
    case 'activating':
      return unit.sub === 'auto-restart' ? cell('crash-looping', 'danger') : cell('starting', 'attention');
    case 'deactivating':
      return cell('stopping', 'attention');
    case 'failed':
      return failedCell(unit);
    case 'inactive':
      return cell('stopped', 'attention');
    default:
      return cell(unit.active, 'attention');
  }
}

/**
 * Is it not started any more because it was too often? Measured (systemd 252): a server that crashes until that is so
 * keeps the result of its last end; only a start by hand that is refused gives `start-limit-hit`.
 */
function gaveUp(unit: UnitState): boolean {
  const { active, result, restarts = 0 } = unit;
  if (active !== 'failed' || isOff(unit)) return false;
  if (result === 'start-limit-hit') return true;
  const crashed = ['exit-code', 'signal', 'core-dump', 'oom-kill', 'watchdog'].includes(result);
  return crashed && restarts > 0;
}

function failedCell(unit: UnitState): Cell {
  const { result, exitStatus } = unit;
  if (gaveUp(unit) && result !== 'oom-kill') return cell('gave up', 'danger');
  switch (result) {
    case 'exit-code':
      return isOff(unit) ? cell('stopped', 'attention') : cell(`failed (${exitStatus ?? '?'})`, 'danger');
    case 'oom-kill':
      return cell('out of memory', 'danger');
    case 'signal':
    case 'core-dump':
      return cell(exitStatus === undefined ? 'killed' : `killed (${exitStatus})`, 'danger');
    default:
      return cell(`failed: ${result}`, 'danger');
  }
}

/** What that means and what helps, where the word alone does not say it. */
export function unitWords(unit: UnitState): string | undefined {
  const { name, result, exitStatus, restarts } = unit;
  if (unit.load === 'not-found')
    return 'systemd knows no such unit: is the template there (paths.unitTemplate)?';
  if (unit.load === 'masked') return `nobody can start it until: systemctl unmask --runtime ${name}`;
  if (unit.load !== 'loaded') return `its definition does not load: systemd-analyze verify ${name}`;
  if (unit.active === 'activating' && unit.sub === 'auto-restart')
    return `it ends as soon as it is started, and is started again${restarts === undefined ? '' : `: ${restarts} times by now`}; its log says why`;
  if (unit.active !== 'failed') return undefined;
  const again = `systemctl reset-failed ${name} && systemctl start ${name}`;
  if (gaveUp(unit)) {
    const last = lastEnd(unit);
    return `it was started too often in too short a time, and is not started any more${last === undefined ? '' : `; at last ${last}`}; when what its log says is mended: ${again}`;
  }
  switch (result) {
    case 'oom-kill':
      return outOfMemory;
    case 'signal':
      return exitStatus === 9
        ? 'somebody killed it (SIGKILL); so does the kernel when memory is used up: its log says which'
        : undefined;
    case 'timeout':
      return exitStatus === 9
        ? 'it did not end when it was asked to, and was killed (TimeoutStopSec)'
        : 'it took longer to start or to stop than its unit allows (TimeoutStartSec, TimeoutStopSec)';
    case 'watchdog':
      return 'it did not tell systemd in time that it is alive (WatchdogSec)';
    case 'resources':
      return 'systemd could not even start it: a user, a folder or a file of its definition is missing';
    default:
      return undefined;
  }
}

const outOfMemory = 'the kernel killed it, because its memory (MemoryMax), or the machine’s, was used up';

/** How it ended, the last time that it was started by itself. */
function lastEnd({ result, exitStatus }: UnitState): string | undefined {
  switch (result) {
    case 'exit-code':
      return `it ended with exit code ${exitStatus ?? '?'}`;
    case 'oom-kill':
      return outOfMemory;
    case 'signal':
    case 'core-dump':
      return exitStatus === 9
        ? 'it was killed (SIGKILL), as the kernel does when its memory (MemoryMax) is used up'
        : `it was ended by signal ${exitStatus ?? '?'}`;
    default:
      return undefined;
  }
}

/** What the kernel has killed of a server that goes on: an agent, as a rule. */
export function killsText(kills: number): string | undefined {
  if (kills === 0) return undefined;
  return `the kernel has killed ${kills === 1 ? 'a process' : `${kills} processes`} of it since it was started: its memory (MemoryMax), or the machine’s, was used up`;
}
