import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { entryCommand } from '../../host/program.ts';
import type { Layout } from '../layout.ts';
import type { Schedule } from '../supervisor/timer.ts';

/** One of the host's own jobs, as a sandbox has it: written anew from docs/host.md, a simulation of the host's script. */
export interface HostJobDefinition {
  /** When its timer starts it. */
  schedule: Schedule;
  /** What its service runs. */
  argv(layout: Layout): [string, ...string[]];
}

const standIn =
  (name: string) =>
  ({ config }: Layout): [string, ...string[]] =>
    entryCommand('stand-in-job', name, config);

/** The jobs of the reference host, on its times. */
export const hostJobs: Readonly<Record<string, HostJobDefinition>> = {
  // A script with the pin in it: what a bump edits is what runs.
  't3-autoupdate': { schedule: { at: '04:00' }, argv: ({ enforcer }) => [enforcer] },
  't3-backup-state': { schedule: { at: '03:30' }, argv: standIn('t3-backup-state') },
  't3-migrate-idle': { schedule: { every: 10 * 60_000 }, argv: standIn('t3-migrate-idle') },
  't3-watchdog': { schedule: { every: 60_000 }, argv: standIn('t3-watchdog') },
};

const jobsSchema = z.record(z.string(), z.object({ scheduled: z.boolean() }));

/** The jobs that a sandbox has, and whether their timers wait; a sandbox has none unless it was asked for. */
export function readJobs({ jobs }: Layout): ReadonlyMap<string, { scheduled: boolean }> {
  if (!existsSync(jobs)) return new Map();
  const found = jobsSchema.parse(JSON.parse(readFileSync(jobs, 'utf8')));
  return new Map(Object.entries(found).filter(([name]) => name in hostJobs));
}

/** What is written down of them. */
export function jobsText(scheduled: boolean): string {
  return `${JSON.stringify(Object.fromEntries(Object.keys(hostJobs).map((name) => [name, { scheduled }])))}\n`;
}

/** The host's updater as its file in the checkout, and the copy that the host runs: the pin, and what it calls. */
export function enforcerText(version: string, layout: Layout | undefined): string {
  const pin = `#!/usr/bin/env bash\n# The t3 version that every user runs.\nT3_PIN="\${T3_PIN:-${version}}"\n`;
  if (layout === undefined) return pin;
  const argv = entryCommand('stand-in-job', 't3-autoupdate', layout.config);
  return `${pin}export T3_PIN\nexec ${argv.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(' ')}\n`;
}
