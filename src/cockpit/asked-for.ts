import { valueOf } from '../fleet/observation.ts';
import { scheduleText } from '../view/schedule.ts';
import { snapshotsOf } from './arrange.ts';
import type { Asking } from './asking.ts';
import { listedOperation } from './courtesy.ts';
import type { Intent } from './intents.ts';
import { offeredIn } from './offered.ts';
import type { CockpitState } from './state.ts';

const asks = [
  'choose',
  'restart',
  'drain',
  'choose version',
  'try',
  'take back',
  'freeze',
  'prune',
  'protect',
  'cancel schedule',
  'undo',
  'resume',
  'rollback',
  'abandon',
] as const;

/** The intents that ask for one thing, of whoever or whatever is selected. */
export type AskingIntent = Extract<Intent, { type: (typeof asks)[number] }>;

const types: ReadonlySet<string> = new Set(asks);
export const isAsking = (intent: Intent): intent is AskingIntent => types.has(intent.type);

/** What is asked for by a key here; nothing where nothing is selected that it could be meant for. */
export function askingFor(intent: AskingIntent, state: CockpitState): Asking | undefined {
  const { mode, fleet, marked, now } = state;
  switch (intent.type) {
    case 'choose':
    case 'protect': {
      const entry = mode.kind === 'pick' ? snapshotsOf(state, mode.user)[mode.at] : undefined;
      if (entry === undefined) return undefined;
      const file = `${entry.folder}/${entry.file}`;
      if (intent.type === 'choose') return { kind: 'restore', user: entry.user, file };
      return { kind: entry.record?.protected === true ? 'unprotect' : 'protect', file };
    }
    case 'restart': {
      const users = meantBy(state);
      return users.length === 0 ? undefined : { kind: 'restart', users };
    }
    case 'choose version':
    case 'try': {
      const version = mode.kind === 'versions' ? offeredIn(mode)[mode.at] : undefined;
      if (version === undefined) return undefined;
      return { kind: intent.type === 'try' ? 'preflight' : 'bump', version };
    }
    case 'take back':
      // Who is selected means nothing here: only marks are chosen on purpose.
      return { kind: 'take back', users: mode.kind === 'fleet' ? marked : [] };
    case 'freeze':
      return { kind: valueOf(fleet.freeze)?.frozen === true ? 'unfreeze' : 'freeze' };
    case 'drain':
    case 'prune':
      return { kind: intent.type };
    case 'cancel schedule': {
      const chosen = mode.kind === 'schedules' ? state.schedules[mode.at] : undefined;
      return chosen === undefined
        ? undefined
        : { kind: 'cancel', schedule: chosen.id, about: scheduleText(chosen, now.wall) };
    }
    case 'undo':
    case 'resume':
    case 'abandon':
    case 'rollback': {
      const id = listedOperation(state)?.operation.id;
      return id === undefined ? undefined : { kind: intent.type, operation: id };
    }
  }
}

/** Does it begin at once? It stops nothing, and takes nothing away. */
export const needsNoPlan = ({ kind }: Asking): boolean =>
  kind === 'preflight' || kind === 'protect' || kind === 'unprotect';

/** Whom a key means: those who are marked, where some are, else the selected one. */
export function meantBy({
  marked,
  selected,
  mode,
}: Pick<CockpitState, 'marked' | 'selected' | 'mode'>): readonly string[] {
  if (mode.kind === 'fleet' && marked.length > 0) return marked;
  return selected === undefined ? [] : [selected];
}
