import path from 'node:path';
import type { Config } from '../../config/schema.ts';
import { failureText, complaint } from '../../host/commands.ts';
import type { Host } from '../../host/host.ts';
import { doorCommand } from '../../host/program.ts';
import { excerpt } from '../../text/printable.ts';
import type { Window } from './window.ts';

/** The timer unit of something that is done later, and the service that it starts. */
export interface ScheduleUnits {
  timer: { file: string; text: string };
  service: { file: string; text: string };
  /** What the service runs. */
  argv: readonly string[];
}

const unitName = (id: number) => `t3-cockpit-schedule-${id}`;

/**
 * @param about What it is, in a few words.
 * @param configFile The configuration that it was agreed to with; undefined for the default one.
 */
export function scheduleUnits(
  { schedule }: Config,
  id: number,
  about: string,
  { begins }: Window,
  configFile: string | undefined,
): ScheduleUnits {
  const name = unitName(id);
  const door = (verb: string) =>
    doorCommand(...(configFile === undefined ? [] : ['--config', configFile]), 'schedule', verb, String(id));
  const argv = door('run');
  const file = (end: string) => path.join(schedule.units, `${name}.${end}`);
  return {
    argv,
    timer: {
      file: file('timer'),
      text: [
        '[Unit]',
        `Description=t3-cockpit: ${about}`,
        '',
        '[Timer]',
        `OnCalendar=${calendar(begins)}`,
        'AccuracySec=1s',
        // The machine may be off at that time; whether the window is still open is asked then.
        'Persistent=true',
        '',
        '[Install]',
        'WantedBy=timers.target',
        '',
      ].join('\n'),
    },
    service: {
      file: file('service'),
      text: [
        '[Unit]',
        `Description=t3-cockpit: ${about}`,
        '',
        '[Service]',
        'Type=oneshot',
        `ExecStart=${argv.map(quoted).join(' ')}`,
        // However that ends: one that was killed has not written down how.
        `ExecStopPost=${door('settle').map(quoted).join(' ')}`,
        // Until the window closes; what it starts is a unit of its own.
        'TimeoutStartSec=infinity',
        '',
      ].join('\n'),
    },
  };
}

/** systemd.time(7): local time, as the clock on the wall has it. */
function calendar(moment: number): string {
  const date = new Date(moment);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** systemd.service(5), command lines: `%` and `$` mean something. */
function quoted(word: string): string {
  const escaped = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** Have systemd start it at its time. @throws what systemd says */
export async function installSchedule(host: Host, config: Config, units: ScheduleUnits): Promise<void> {
  for (const { file, text } of [units.service, units.timer]) await host.files.write(file, text);
  await systemctl(host, config, 'daemon-reload');
  await systemctl(host, config, 'enable', '--now', path.basename(units.timer.file));
}

/** Leave nothing of it behind, if there is anything. @throws what systemd says */
export async function removeSchedule(host: Host, config: Config, id: number): Promise<void> {
  if (config.sandbox !== undefined) return;
  const file = (end: string) => path.join(config.schedule.units, `${unitName(id)}.${end}`);
  if ((await host.files.look(file('timer'))) === undefined) return;
  await systemctl(host, config, 'disable', '--now', path.basename(file('timer')));
  for (const end of ['timer', 'service']) await host.files.remove(file(end));
  await systemctl(host, config, 'daemon-reload');
}

async function systemctl(host: Host, config: Config, ...args: string[]): Promise<void> {
  const result = await host.commands.run(['systemctl', '--no-ask-password', ...args], {
    timeout: config.limits.commandTimeout,
  });
  const failure = failureText(result);
  if (failure !== undefined)
    throw new Error(`systemctl ${args[0] ?? ''}: ${excerpt(complaint(result)) || failure}`);
}
