import { offeredIn, whyNotOffered } from '../offered.ts';
import { cannotChange } from '../courtesy.ts';
import type { Binding } from '../intents.ts';

/** The keys that are about versions. */
export const versionKeys: readonly Binding[] = [
  {
    keys: ['u'],
    label: 'bump',
    help: 'Bring a version to everybody: choose it, see the plan, and type it to agree. Judged on copies, then one user after the other, and everybody back from the first failure.',
    intent: { type: 'bump' },
    modes: ['fleet', 'findings'],
    disabled: cannotChange,
  },
  {
    keys: ['enter'],
    label: 'plan',
    help: 'Show what bringing this version to everybody would do. Nothing is changed yet.',
    intent: { type: 'choose version' },
    modes: ['versions'],
    disabled: (state) => {
      const { mode, fleet } = state;
      const version = mode.kind === 'versions' ? offeredIn(mode)[mode.at] : undefined;
      if (version === undefined) return 'there is no version to choose';
      return cannotChange(state) ?? whyNotOffered(version, fleet);
    },
  },
  {
    keys: ['p'],
    label: 'try it',
    help: 'Judge this version on copies, as a bump does before anything else; nothing is installed.',
    intent: { type: 'try' },
    modes: ['versions'],
    disabled: (state) =>
      state.mode.kind === 'versions' && offeredIn(state.mode).length === 0
        ? 'there is no version to choose'
        : cannotChange(state),
  },
  {
    keys: ['R'],
    label: 'roll back',
    help: 'Take everybody, or those who are marked, back to what the last bump replaced: see what each would give up, and type the version to agree. What is given up is kept.',
    intent: { type: 'take back' },
    modes: ['fleet', 'findings'],
    quiet: true,
    disabled: cannotChange,
  },
  {
    keys: ['f'],
    label: 'freeze',
    help: 'Freeze versions on this host, or let them move again; its own scripts heed it as well. Shows its plan first.',
    intent: { type: 'freeze' },
    modes: ['fleet', 'findings'],
    quiet: true,
    disabled: (state) =>
      cannotChange(state) ??
      (state.fleet.freeze.kind === 'known' ? undefined : 'whether versions are frozen is not known'),
  },
];
