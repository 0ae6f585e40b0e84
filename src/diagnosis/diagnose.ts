import { dispatchSubject } from './dispatch.ts';
import { diskSubject } from './disk.ts';
import { ok, unclear, type Finding } from './finding.ts';
import { jobsSubject } from './jobs.ts';
import { journalSubject } from './journal.ts';
import { kernelSubject } from './kernel.ts';
import { pathsSubject } from './paths.ts';
import { portsSubject } from './ports.ts';
import { rightsSubject } from './rights.ts';
import { runtimeSubject } from './runtime.ts';
import type { Check, Diagnosing, Subject } from './subject.ts';
import { t3Subject } from './t3.ts';
import { unitsSubject } from './units.ts';
import { usersSubject } from './users.ts';
import { versionsSubject } from './versions.ts';

const configurationSubject: Subject = {
  name: 'configuration',
  checks: {
    configuration: ({ configFile }) => [ok('configuration', configFile ?? 'the defaults; no file')],
  },
};

/** Everything that is looked at, from the ground up. */
export const subjects: readonly Subject[] = [
  configurationSubject,
  runtimeSubject,
  kernelSubject,
  rightsSubject,
  pathsSubject,
  diskSubject,
  journalSubject,
  t3Subject,
  versionsSubject,
  jobsSubject,
  dispatchSubject,
  usersSubject,
  unitsSubject,
  portsSubject,
];

/** A finding, and the part of the host that it is about. */
export interface Diagnosed extends Finding {
  group: string;
}

/**
 * Is the host laid out as configured? Every check runs, whatever becomes of the others: one that fails, or does not end
 * in time, is a finding of its own, and unknown.
 */
export async function diagnose(
  diagnosing: Diagnosing,
  looked: readonly Subject[] = subjects,
): Promise<Diagnosed[]> {
  const { commandTimeout, t3Timeout } = diagnosing.config.limits;
  // No check takes longer by the limits of the commands that it runs one after the other.
  const patience = 2 * (commandTimeout + t3Timeout);
  const all = await Promise.all(
    looked.flatMap(({ name: group, checks }) =>
      Object.entries(checks).map(async ([name, check]) =>
        (await attempt(name, check, diagnosing, patience)).map((finding) => ({ group, ...finding })),
      ),
    ),
  );
  return all.flat();
}

/** @param patience Milliseconds. */
async function attempt(
  name: string,
  check: Check,
  diagnosing: Diagnosing,
  patience: number,
): Promise<Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      check(diagnosing),
      new Promise<Finding[]>((resolve) => {
        const late = `not found out within ${patience / 1000} s`;
        timer = setTimeout(() => resolve([unclear(name, late)]), patience);
      }),
    ]);
  } catch (error) {
    return [unclear(name, error instanceof Error ? error.message : String(error))];
  } finally {
    clearTimeout(timer);
  }
}
