import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ofEveryProcess } from './every-process.ts';

/** One process, told apart from a later one with the same id by its start time. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot (proc_pid_stat(5), field 22). */
  startTime: number;
}

export interface ProcessFacts extends ProcessIdentity {
  parent: number;
  group: number;
  /** `R`, `S`, `Z`… as proc_pid_stat(5) has them. */
  state: string;
  /** The name, at most 15 characters, chosen by the process itself: hostile. */
  name: string;
}

export interface Processes {
  /** @returns undefined where there is no such process. */
  facts(pid: number): Promise<ProcessFacts | undefined>;
  /** The process, its parent, and so on up to PID 1 or the edge of what can be seen. */
  lineage(pid: number): Promise<ProcessFacts[]>;
  /**
   * The control group a process is in, as systemd names it in a unit's ControlGroup (`/system.slice/x.service`).
   *
   * @returns undefined when that cannot be told, which is never the same as "in none".
   */
  controlGroup(pid: number): Promise<string | undefined>;
  /** Those in a control group or below it, as `controlGroup` tells. Looks at every process. */
  inControlGroup(group: string): Promise<number[]>;
  /** Those of a process group that still live (zombies do not). */
  inGroup(group: number): Promise<ProcessFacts[]>;
  /** The argv a process shows; it may have written anything there. */
  commandLine(pid: number): Promise<string[] | undefined>;
  /** The environment that a process was started with; undefined when that is not ours to read, or the process is gone. */
  environment(pid: number): Promise<Readonly<Record<string, string>> | undefined>;
  /** Those that have this name. Looks at every process. */
  named(name: string): Promise<number[]>;
  /** The value of a variable in the environment that a process was started with; undefined when absent or not readable. */
  variable(pid: number, name: string): Promise<string | undefined>;
}

/** @param groupOf Which control group a process is in, as far as that can be told. */
function processesBy(groupOf: (pid: number) => string | undefined): Processes {
  return {
    facts: (pid) => Promise.resolve(factsOf(pid)),

    lineage(pid) {
      const found: ProcessFacts[] = [];
      for (let at = pid; at > 0;) {
        const facts = factsOf(at);
        if (facts === undefined || found.some((each) => each.pid === facts.pid)) break;
        found.push(facts);
        at = facts.parent;
      }
      return Promise.resolve(found);
    },

    controlGroup: (pid) => Promise.resolve(groupOf(pid)),

    inControlGroup: (group) => ofEveryProcess((pid) => (isWithin(groupOf(pid), group) ? pid : undefined)),

    inGroup: (group) =>
      ofEveryProcess((pid) => {
        const facts = factsOf(pid);
        return facts?.group === group && facts.state !== 'Z' ? facts : undefined;
      }),

    // These two wait for the memory of a process, which may hang with it: not for everybody else.
    async commandLine(pid) {
      return (await readMemory(pid, 'cmdline'))?.split('\0').slice(0, -1);
    },

    async environment(pid) {
      const text = await readMemory(pid, 'environ');
      if (text === undefined) return undefined;
      const entries = text.split('\0').filter((entry) => entry.includes('='));
      return Object.fromEntries(
        entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
      );
    },

    named: (name) => ofEveryProcess((pid) => (factsOf(pid)?.name === name ? pid : undefined)),

    async variable(pid, name) {
      return (await this.environment(pid))?.[name];
    },
  };
}

export const systemProcesses = processesBy((pid) => parseControlGroup(readProc(pid, 'cgroup') ?? ''));

/** Is a control group this one, or below it? */
export function isWithin(group: string | undefined, outer: string): boolean {
  return group !== undefined && (group === outer || group.startsWith(`${outer}/`));
}

/** The sandbox has no control groups: what a unit starts carries the unit's name in its environment instead. */
export const sandboxUnitVariable = 'T3_SANDBOX_UNIT';

/** Processes of a sandbox: the same machine, with the units' mark in place of the control group. A simulation. */
export const sandboxProcesses = processesBy((pid) => {
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch (error) {
    // Not ours to read: then no unit of this sandbox has started it, for they all run as we do.
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? '/' : undefined;
  }
  const mark = environment.split('\0').find((each) => each.startsWith(`${sandboxUnitVariable}=`));
  return mark === undefined ? '/' : mark.slice(sandboxUnitVariable.length + 1);
});

const factsOf = (pid: number): ProcessFacts | undefined => parseStat(pid, readProc(pid, 'stat'));

function readProc(pid: number, file: 'stat' | 'cgroup'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // Gone (ENOENT, ESRCH) or not ours to read (EACCES): both are "cannot be told", which callers treat as unknown.
    return undefined;
  }
}

async function readMemory(pid: number, file: 'cmdline' | 'environ'): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // As above.
    return undefined;
  }
}

/** proc_pid_stat(5). The name stands in parentheses and may itself hold parentheses and spaces: cut at the last one. */
function parseStat(pid: number, text: string | undefined): ProcessFacts | undefined {
  const end = text?.lastIndexOf(')') ?? -1;
  if (text === undefined || end < 0) return undefined;
  const fields = text.slice(end + 2).split(' ');
  const [state, parent, group, startTime] = [
    fields[0],
    Number(fields[1]),
    Number(fields[2]),
    Number(fields[19]),
  ];
  if (state === undefined || ![parent, group, startTime].every(Number.isInteger)) return undefined;
  return { pid, startTime, parent, group, state, name: text.slice(text.indexOf('(') + 1, end) };
}

/**
 * cgroups(7): the unified hierarchy's line is `0::`. On a host that keeps its units in the old hierarchy that line is
 * there all the same and says `/` for everybody: then `name=systemd` tells.
 */
export function parseControlGroup(text: string): string | undefined {
  const lines = text.split('\n');
  const unified = lines.find((line) => line.startsWith('0::'))?.slice('0::'.length);
  const legacy = lines.find((line) => /^\d+:name=systemd:/.test(line))?.replace(/^\d+:name=systemd:/, '');
  return unified !== undefined && unified !== '' && unified !== '/'
    ? unified
    : (legacy ?? (unified === '' ? undefined : unified));
}
