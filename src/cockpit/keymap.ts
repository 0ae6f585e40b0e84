import type { Binding } from './intents.ts';
import { actingKeys } from './keymap/acting-keys.ts';
import { lookingKeys } from './keymap/looking-keys.ts';
import { movingKeys } from './keymap/moving-keys.ts';
import { operationKeys } from './keymap/operation-keys.ts';
import { scheduleKeys } from './keymap/schedule-keys.ts';
import { versionKeys } from './keymap/version-keys.ts';
import type { CockpitState } from './state.ts';

/**
 * Every key of the cockpit, in the order of the footer. The footer, the help, the palette and docs/keys.md are made from
 * it.
 */
export const keymap: readonly Binding[] = [
  ...actingKeys,
  ...versionKeys,
  ...operationKeys,
  ...scheduleKeys,
  ...lookingKeys,
  ...movingKeys,
];

/** The binding of a key in this state. */
export function bindingOf(key: string, state: CockpitState): Binding | undefined {
  const name = key === ' ' ? 'space' : key;
  return keymap.find(
    (binding) => binding.keys.includes(name) && (binding.modes?.includes(state.mode.kind) ?? true),
  );
}
