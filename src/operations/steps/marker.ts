import { beside } from '../../snapshots/replacement.ts';
import type { StageStep } from '../plan.ts';

/**
 * What a person finds beside the database when nobody cleared up: which file is which, and what to do without this
 * program. docs/recovering-by-hand.md says the same, at length.
 */
export function markerText(operation: number, step: StageStep, at: Date): string {
  const { live, base, user, folder, file } = step;
  return `t3-cockpit operation ${operation} is replacing ${live} of ${user} (begun ${at.toISOString()}).
When it has ended, this file is gone. If it is still here and no t3-cockpit runs, ask it first:

    t3-cockpit operations ${operation}
    t3-cockpit operations resume ${operation}      # or: rollback

Without t3-cockpit (docs/recovering-by-hand.md has it step by step):

    ${beside.incoming(base)}
        a checked copy of ${folder}/${file}, which is to take the database's place.
        While it is here, the database is still the OLD one.
    ${beside.outgoing(base)}
        the old database, from the moment the exchange begins until all is well. With a ${beside.outgoing(base)}-wal
        beside it, the two belong together: the old database was damaged, and was left as it was.

The database itself is always whole: the old one or the new one, never a mixture. The unit may be masked:
    systemctl unmask --runtime UNIT; systemctl start UNIT
Never move a database into place while its server runs, or while a -wal of another one lies beside it.
`;
}
