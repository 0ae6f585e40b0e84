import type { Fleet, Instance } from './fleet.ts';
import { pending } from './observation.ts';

type Unseen = Omit<Instance, 'user' | 'authentik' | 'unitName' | 'account' | 'port' | 'mapping'>;

/** Of a user who has just appeared in the user map, beside what that tells. */
export const unseenInstance: Unseen = {
  unit: pending,
  liveness: pending,
  size: pending,
  state: pending,
  snapshots: pending,
  probes: pending,
  hosting: pending,
  deferral: pending,
};

/** A fleet before anything was looked at. */
export const nothingSeen: Fleet = {
  instances: [],
  installed: pending,
  launcher: pending,
  pins: pending,
  freeze: pending,
  lastGood: pending,
  jobs: pending,
  userMap: pending,
  dispatchTable: pending,
};
