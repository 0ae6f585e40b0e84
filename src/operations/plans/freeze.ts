import type { Config } from '../../config/schema.ts';
import { excerpt } from '../../text/printable.ts';
import type { Plan, Request } from '../plan.ts';

/** Plan to freeze versions on this host, or to let them move again. */
export function planFreeze(config: Config, { reason }: Extract<Request, { kind: 'freeze' }>): Plan {
  return {
    kind: 'freeze',
    lanes: [
      {
        user: null,
        steps: [
          {
            kind: 'freeze',
            id: 'freeze',
            title: reason === null ? 'let versions move again' : 'freeze versions',
            user: null,
            file: config.paths.freeze,
            reason: reason === null ? null : excerpt(reason, 200),
          },
        ],
      },
    ],
    leftOut: [],
    parallel: 1,
    notes: [],
  };
}
