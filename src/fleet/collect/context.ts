import type { Config } from '../../config/schema.ts';
import type { Host } from '../../host/host.ts';
import { excerpt } from '../../text/printable.ts';
import type { Moment } from '../observation.ts';

/** What every collector works with. A collector measures, and never rejects for what it finds. */
export interface Collecting {
  host: Host;
  config: Config;
}

export function moment({ host }: Collecting): Moment {
  return { wall: host.clock.now(), tick: host.clock.monotonic() };
}

/** The words of an error, fit for a cell. */
export function reasonOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error), 200);
}
