import { snapshotsOf } from '../arrange.ts';
import { cannotChange, cannotChangeOne } from '../courtesy.ts';
import type { Binding } from '../intents.ts';

/** The keys that do something to users. */
export const actingKeys: readonly Binding[] = [
  {
    keys: ['b'],
    label: 'back up all',
    help: 'Back up everyone: a verified online snapshot of every state database. Stops nothing; starts at once.',
    intent: { type: 'backup', everybody: true },
    modes: ['fleet', 'findings'],
    disabled: cannotChange,
  },
  {
    keys: ['B'],
    label: 'back up',
    help: 'Back up the selected user.',
    intent: { type: 'backup', everybody: false },
    modes: ['fleet', 'detail', 'findings'],
    disabled: cannotChangeOne,
  },
  {
    keys: ['r'],
    label: 'restore',
    help: 'Restore the selected user: choose a snapshot, see what it would replace, and type the name to agree.',
    intent: { type: 'restore' },
    modes: ['fleet', 'detail', 'findings'],
    disabled: cannotChangeOne,
  },
  {
    keys: ['enter'],
    label: 'plan',
    help: 'Show what restoring this snapshot would do. Nothing is changed yet.',
    intent: { type: 'choose' },
    modes: ['pick'],
    disabled: (state) =>
      state.mode.kind === 'pick' && snapshotsOf(state, state.mode.user).length === 0
        ? 'there are no snapshots'
        : cannotChange(state),
  },
  {
    keys: ['v'],
    label: 'read them',
    help: 'Read all of this user’s snapshots wholly, and have t3 open a copy of each: then it is known what they hold.',
    intent: { type: 'read' },
    modes: ['pick'],
    disabled: cannotChange,
  },
  {
    keys: ['K'],
    label: 'keep',
    help: 'Protect this snapshot: retention never removes it; again: leave it to that.',
    intent: { type: 'protect' },
    modes: ['pick'],
    disabled(state) {
      const { mode } = state;
      const entry = mode.kind === 'pick' ? snapshotsOf(state, mode.user)[mode.at] : undefined;
      if (entry === undefined) return 'there are no snapshots';
      if (entry.origin === 'host') return 'the host’s own script made it, and removes it by its own rule';
      if (entry.record === undefined) return 'nobody vouches for it; v reads it';
      return state.config.readOnly ? 'read-only mode' : undefined;
    },
  },
  {
    keys: ['s'],
    label: 'restart',
    help: 'Restart the selected user’s server: snapshot, stop, start, handshake. Shows its plan first; owed to whoever is busy.',
    intent: { type: 'restart' },
    modes: ['fleet', 'detail', 'findings'],
    disabled: cannotChangeOne,
  },
  {
    keys: ['d'],
    label: 'drain',
    help: 'Restart everybody to whom a restart is owed and who is idle now. Shows its plan first.',
    intent: { type: 'drain' },
    modes: ['fleet', 'findings'],
    quiet: true,
    disabled: cannotChange,
  },
  {
    keys: ['p'],
    label: 'probe',
    help: 'Probe the selected user: the pairing handshake by every route and name. Writes pairing rows into their database, and revokes them.',
    intent: { type: 'probe', everybody: false },
    modes: ['fleet', 'detail', 'findings'],
    disabled: cannotChangeOne,
  },
  {
    keys: ['P'],
    label: 'probe all',
    help: 'Probe everyone, as p does the selected user.',
    intent: { type: 'probe', everybody: true },
    modes: ['fleet', 'findings'],
    quiet: true,
    disabled: cannotChange,
  },
  {
    keys: ['v'],
    label: 'verify',
    help: 'Probe everyone, as P does, and hold what is found against what is expected.',
    intent: { type: 'verify' },
    modes: ['fleet', 'report'],
    disabled: cannotChange,
  },
  {
    keys: ['X'],
    label: 'prune',
    help: 'Remove the snapshots that nothing speaks for (snapshots.keep). Shows which first; never the last verified one.',
    intent: { type: 'prune' },
    modes: ['fleet', 'findings'],
    quiet: true,
    disabled: cannotChange,
  },
];
