import { cannotChange } from '../courtesy.ts';
import type { Binding } from '../intents.ts';
import { offeredIn, whyNotOffered } from '../offered.ts';

/** The keys that are about what is done later. */
export const scheduleKeys: readonly Binding[] = [
  {
    keys: ['t'],
    label: 'schedules',
    help: 'What is agreed to for later, and how what was has ended; cancel it from there, or agree to a backup or a bump.',
    intent: { type: 'schedules' },
    looks: true,
    modes: ['fleet', 'findings', 'schedules'],
    quiet: true,
  },
  {
    keys: ['t'],
    label: 'later',
    help: 'Bring this version to everybody at a later time: say when, see the plan, and type the version to agree.',
    intent: { type: 'later', what: 'bump' },
    modes: ['versions'],
    disabled(state) {
      const { mode, fleet } = state;
      const version = mode.kind === 'versions' ? offeredIn(mode)[mode.at] : undefined;
      if (version === undefined) return 'there is no version to choose';
      return cannotChange(state) ?? whyNotOffered(version, fleet);
    },
  },
  {
    keys: ['b'],
    label: 'backup later',
    help: 'Back up everybody at a later time: say when, see the plan, and agree.',
    intent: { type: 'later', what: 'backup' },
    modes: ['schedules'],
    disabled: cannotChange,
  },
  {
    keys: ['u'],
    label: 'bump later',
    help: 'Choose a version; t there brings it at a later time.',
    intent: { type: 'bump' },
    modes: ['schedules'],
    disabled: cannotChange,
  },
  {
    keys: ['x'],
    label: 'cancel',
    help: 'Do not do what is scheduled, and take its timer away. Asks first.',
    intent: { type: 'cancel schedule' },
    modes: ['schedules'],
    disabled(state) {
      const { mode, schedules, config } = state;
      const chosen = mode.kind === 'schedules' ? schedules[mode.at] : undefined;
      if (chosen === undefined) return 'nothing is scheduled';
      if (chosen.state !== 'waiting') return `schedule ${chosen.id} does not wait any more`;
      return config.readOnly ? 'read-only mode' : undefined;
    },
  },
];
