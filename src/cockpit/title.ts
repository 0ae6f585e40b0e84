import { printable } from '../text/printable.ts';
import { operationRuns, type CockpitState } from './state.ts';
import { findingsIn } from './view-models/findings.ts';

/**
 * What the terminal is called: how the fleet stands, for a cockpit in another tab. Changes seldom: no ages and no
 * percentages, and nothing that could be taken for an escape.
 */
export function titleOf(state: CockpitState): string {
  const { config, fleet, cutOff, operation, result } = state;
  const findings = findingsIn(state).filter(({ tone }) => tone !== 'unknown').length;
  const stands =
    cutOff.length > 0
      ? 'an operation was cut off'
      : operationRuns(state) && operation !== undefined
        ? `${operation.operation.kind} runs`
        : result !== undefined
          ? `${result.operation.kind} ${result.operation.outcome ?? 'ended'}`
          : fleet.instances.length === 0
            ? '…'
            : findings === 0
              ? 'well'
              : `${findings} need you`;
  return printable(`t3-cockpit ${config.host.name}: ${stands}`);
}
