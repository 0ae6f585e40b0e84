import { automatic } from '../journal/records.ts';
import { operationRuns, type CockpitState, type ListedOperation } from './state.ts';

/** Why keys cannot work now: said instead of acting. The guards are elsewhere (src/operations/guards). */

/** Why nothing can be changed now, if so. Courtesy: the guards are elsewhere. */
export function cannotChange(state: CockpitState): string | undefined {
  if (state.config.readOnly) return 'read-only mode';
  if (state.journalProblem !== undefined) return `journal: ${state.journalProblem}`;
  // One that nobody asked for makes way.
  if (operationRuns(state) && state.operation?.operation.actor.surface !== automatic)
    return `operation ${state.operation?.operation.id ?? ''} is running`;
  return state.fleet.userMap.kind === 'known' ? undefined : 'the user map has not been read';
}

/** As `cannotChange`, for what is done to one user. */
export function cannotChangeOne(state: CockpitState): string | undefined {
  return cannotChange(state) ?? (state.selected === undefined ? 'nobody is selected' : undefined);
}

/** The operation that is selected in the list of operations, or looked at wholly. */
export function listedOperation({ mode, operations, opened }: CockpitState): ListedOperation | undefined {
  if (mode.kind === 'operation') return opened?.operation.id === mode.id ? opened : undefined;
  return mode.kind === 'operations' ? operations[mode.at] : undefined;
}

/** Why nothing can be decided about the selected operation, if so: only one that was cut off waits for that. */
export function nothingToDecide(state: CockpitState): string | undefined {
  const listed = listedOperation(state);
  if (listed === undefined) return 'no operation is selected';
  const cutOff = state.cutOff.find(({ operation }) => operation.id === listed.operation.id);
  if (cutOff === undefined) return `operation ${listed.operation.id} was not cut off`;
  if (!cutOff.undecided) return 'it changed nothing yet: c clears up after it';
  return state.config.readOnly ? 'read-only mode' : undefined;
}
