import type { UnitState } from '../host/units/units.ts';

/** The exit code of a t3 that was asked to stop (docs/t3-contract.md, process). */
export const stoppedCleanly = 130;

/**
 * Is this server off because somebody stopped it? systemd calls one failed that ended as t3 does then, where its unit has
 * no SuccessExitStatus=130 (docs/host.md). One that is off is left off, and is no trouble.
 */
export function isOff({ active, result, exitStatus }: UnitState): boolean {
  return (
    active === 'inactive' || (active === 'failed' && result === 'exit-code' && exitStatus === stoppedCleanly)
  );
}

/** Does it not stay up, whoever starts it? */
export function isDown(unit: UnitState): boolean {
  return (unit.active === 'failed' && !isOff(unit)) || unit.sub === 'auto-restart';
}
