import { setTimeout as delay } from 'node:timers/promises';
import type { Happening } from '../fleet/happened.ts';
import { openJournal } from '../journal/journal.ts';
import { Refused } from '../operations/errors.ts';
import { mayChange } from '../operations/guards/read-only.ts';
import { lookAtHappened, rememberLook, type Told } from '../operations/happened.ts';
import { happenedTexts } from '../view/happened.ts';
import { observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { isoTime, jsonDocument } from './render/json.ts';

export interface HappenedFlags {
  /** Milliseconds ago, in place of the last look. */
  since?: number;
  seen: boolean;
}

/** How long to wait for everything to be looked at, milliseconds. */
const patience = 30_000;

/** `happened`: what the host's own jobs, and others, did since somebody last looked. */
export function happened(context: CommandContext, { since, seen }: HappenedFlags): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const { host, config } = opened;
    if (seen) {
      const verdict = mayChange(config);
      if (!verdict.holds) throw new Refused(verdict.reason);
    }
    const observer = observerFor(opened, io);
    try {
      await Promise.race([observer.once(), delay(options.timeout ?? patience, undefined, { ref: false })]);
      const now = host.clock.now();
      const told = await lookAtHappened(
        opened,
        observer.fleet,
        since === undefined ? undefined : now - since,
      );
      io.out(
        options.json
          ? jsonDocument({ happened: happenedDocument(told) })
          : `${happenedTexts(told, now).join('\n')}\n`,
      );
      if (seen) {
        const journal = openJournal(config.paths.state);
        rememberLook(journal, observer.fleet, now);
        journal.close();
      }
      return exit.done;
    } finally {
      observer.stop();
    }
  });
}

/** The document (docs/json.md, happened). */
export function happenedDocument({ since, first, problem, happenings, jobs }: Told): object {
  return {
    since: isoTime(since),
    lookedBefore: !first,
    problem: problem ?? null,
    happenings: happenings.map(happeningDocument),
    jobs: jobs.map(({ last, ...job }) => ({ ...job, last: isoTime(last) })),
  };
}

function happeningDocument({ at, job, user, ...what }: Happening): object {
  return { at: isoTime(at), job: job ?? null, user: user ?? null, ...what };
}
