import type { Config } from '../../config/schema.ts';
import { fails, holds, type Guard, type Verdict } from './guard.ts';

/**
 * Read-only mode. It is part of the configuration that an operation is recorded with, so it holds for keys, commands
 * and resumed operations alike; k9s kept its own in the keymap, and it leaked.
 */
export function mayChange(config: Config): Verdict {
  return config.readOnly ? fails('read-only mode: nothing on the host is changed') : holds;
}

export const readOnlyGuard: Guard<unknown> = {
  name: 'read-only',
  check: ({ config }) => Promise.resolve(mayChange(config)),
};
