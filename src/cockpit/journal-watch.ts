import type { JournalFacts } from '../fleet/journal-facts.ts';
import type { Host } from '../host/host.ts';
import type { Watch } from '../host/watch.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { dataVersion, readEvents, readLastEvents } from '../journal/events.ts';
import { JournalProblem, journalPath, openJournalReadOnly } from '../journal/journal.ts';
import { readHistory } from '../journal/history.ts';
import {
  listOperations,
  openOperations,
  operationsOfUser,
  readOperation,
  readSteps,
} from '../journal/operations.ts';
import type { OperationRecord, StepRecord } from '../journal/records.ts';
import { listSchedules, type ScheduleRecord } from '../journal/schedules.ts';
import { rememberedFacts } from '../journal/facts.ts';
import type { OperationView } from '../operations/follow.ts';
import { cutOffOperations, isCutOff, type CutOff } from '../operations/cut-off.ts';
import { readStory, readStorySince, type OperationStory } from '../operations/story.ts';
import { eventLimit, scrollbackLimit, type Chronicle, type ListedOperation } from './state.ts';

/**
 * How often the journal is asked whether anything was committed, milliseconds: while an operation goes on, or its files
 * have changed lately, and otherwise. Ten questions a second cost a tenth of all that watching did (measured), and each
 * wakes a processor that could sleep.
 */
const interval = { lively: 100, quiet: 1000 };

/** A file changes a moment before what was written to it can be read: for so long after it did, milliseconds. */
const liveliness = 2000;

/** How often it is asked whether a runner that says nothing still lives, milliseconds. */
const lifeInterval = 2000;

/** How many operations are listed. */
const listLimit = 100;

/** How much of a user's past is shown. */
const chronicleLimit = 50;

/** A step that failed has found something, too: a probe that is broken is news. */
const over: ReadonlySet<StepRecord['state']> = new Set(['succeeded', 'failed']);

export interface JournalListener {
  /** The operation to show has changed. */
  operation(view: OperationView): void;
  /** These were cut off, and nobody has cleared up after them. */
  cutOff(operations: readonly CutOff[]): void;
  /** A step of this user is over: what is on the disk, and in the journal, is not what was last read. */
  done(user: string): void;
  /** Something was recorded: what was listed of the journal may be out of date. */
  news(): void;
  /** Why the journal cannot be read; undefined when it can, or when there is none yet. */
  problem(problem: string | undefined): void;
}

/**
 * Watches the journal for the newest operation, whoever started it, and tells of each change. What had ended before
 * the watch began is not news; what was cut off is.
 */
export class JournalWatch {
  readonly #state: string;
  readonly #host: Host;
  readonly #listener: JournalListener;
  #journal: Sqlite | undefined;
  #facts: JournalFacts | undefined;
  #timer: NodeJS.Timeout | undefined;
  #files: Watch | undefined;
  #turning = false;
  /** By the clock that never jumps. */
  #livelyUntil = Number.NEGATIVE_INFINITY;
  #version = -1;
  #shown: { id: number; lastEvent: number; over: Set<string>; cutOff: boolean; ended: boolean } | undefined;
  #newestAtStart: number | undefined;
  #askedAt = 0;
  #reviewedAt = Number.NEGATIVE_INFINITY;
  #toldCutOff = '';
  #stopped = false;

  constructor(stateFolder: string, host: Host, listener: JournalListener) {
    this.#state = stateFolder;
    this.#host = host;
    this.#listener = listener;
  }

  start(): void {
    void this.#turn();
    // What is committed goes to the log first, and to the database itself at its own time.
    const file = journalPath(this.#state);
    this.#files = this.#host.watch(() => this.#hear());
    this.#files.set([file, `${file}-wal`]);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    void this.#files?.close();
    this.#journal?.close();
    this.#journal = undefined;
  }

  /** What the journal knows of a user; nothing while it cannot be read, which is said beside. */
  readonly facts: JournalFacts = {
    snapshots: (user) => this.#ask((facts) => facts.snapshots(user)),
    probes: (user) => this.#ask((facts) => facts.probes(user)),
    closed: (user, now) => this.#ask((facts) => (facts.closed(user, now) ? [user] : [])).length > 0,
  };

  /** The past of a user; undefined while the journal cannot be read. */
  chronicle(user: string): Chronicle | undefined {
    if (this.#journal === undefined) return undefined;
    try {
      return {
        user,
        operations: operationsOfUser(this.#journal, user, chronicleLimit),
        changes: readHistory(this.#journal, user, undefined, chronicleLimit),
      };
    } catch (error) {
      this.#listener.problem(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /**
   * All of one operation, with its newest events; of one that was read before, only the events after the last of them.
   * Undefined while the journal cannot be read, or has no such operation.
   */
  story(id: number, after: number | undefined): OperationStory | undefined {
    const journal = this.#journal;
    if (journal === undefined) return undefined;
    try {
      const operation = readOperation(journal, id);
      if (operation === undefined) return undefined;
      const cutOff = this.#toldCutOff.split(' ').includes(String(id)) && operation.state !== 'ended';
      return after === undefined
        ? readStory(journal, operation, cutOff, scrollbackLimit)
        : readStorySince(journal, operation, cutOff, after, scrollbackLimit);
    } catch (error) {
      this.#listener.problem(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** The newest operations with their steps, newest first; none while the journal cannot be read. */
  list(): ListedOperation[] {
    const journal = this.#journal;
    if (journal === undefined) return [];
    try {
      return listOperations(journal, listLimit).map((operation) => ({
        operation,
        steps: readSteps(journal, operation.id),
      }));
    } catch (error) {
      this.#listener.problem(error instanceof Error ? error.message : String(error));
      return [];
    }
  }

  /** What is, and was, scheduled, newest first; nothing while the journal cannot be read. */
  schedules(): ScheduleRecord[] {
    if (this.#journal === undefined) return [];
    try {
      return listSchedules(this.#journal, listLimit);
    } catch (error) {
      this.#listener.problem(error instanceof Error ? error.message : String(error));
      return [];
    }
  }

  #ask<Item>(question: (facts: JournalFacts) => readonly Item[]): readonly Item[] {
    try {
      return this.#journal === undefined ? [] : question((this.#facts ??= rememberedFacts(this.#journal)));
    } catch (error) {
      this.#listener.problem(error instanceof Error ? error.message : String(error));
      return [];
    }
  }

  /** Something was written to the journal, or is about to be read back. */
  #hear(): void {
    if (this.#stopped) return;
    this.#livelyUntil = this.#host.clock.monotonic() + liveliness;
    if (this.#turning) return;
    clearTimeout(this.#timer);
    void this.#turn();
  }

  async #turn(): Promise<void> {
    this.#turning = true;
    try {
      if (this.#journal === undefined) this.#open();
      if (this.#journal !== undefined) await this.#look(this.#journal);
    } catch (error) {
      if (this.#stopped) return;
      this.#listener.problem(error instanceof Error ? error.message : String(error));
      this.#journal?.close();
      this.#journal = undefined;
    }
    this.#turning = false;
    if (this.#stopped) return;
    const goesOn = this.#shown !== undefined && !this.#shown.ended && !this.#shown.cutOff;
    const lively = goesOn || this.#host.clock.monotonic() < this.#livelyUntil;
    this.#timer = setTimeout(() => void this.#turn(), lively ? interval.lively : interval.quiet);
  }

  #open(): void {
    try {
      this.#journal = openJournalReadOnly(this.#state);
      this.#facts = undefined;
      this.#version = -1;
      this.#listener.problem(undefined);
    } catch (error) {
      if (!(error instanceof JournalProblem)) throw error;
      this.#listener.problem(error.kind === 'absent' ? undefined : error.message);
      // From the first operation on, everything is news.
      if (error.kind === 'absent') this.#newestAtStart = 0;
    }
  }

  async #look(journal: Sqlite): Promise<void> {
    const version = dataVersion(journal);
    await this.#review(journal, version !== this.#version);
    if (version !== this.#version) {
      this.#version = version;
      // Whoever is told now, and asks, is not to be answered by what was true a moment ago.
      this.#facts = undefined;
      this.#listener.news();
      await this.#tell(journal);
    } else if (this.#host.clock.monotonic() - this.#askedAt > lifeInterval) {
      this.#askedAt = this.#host.clock.monotonic();
      await this.#checkLife(journal);
    }
  }

  /** Look for operations that were cut off: whether a runner lives is asked rarely, that nothing is open is known at once. */
  async #review(journal: Sqlite, changed: boolean): Promise<void> {
    const now = this.#host.clock.monotonic();
    const due = now - this.#reviewedAt > lifeInterval;
    const nothingOpen = changed && openOperations(journal).length === 0;
    if (!due && !nothingOpen) return;
    this.#reviewedAt = now;
    const found = nothingOpen ? [] : await cutOffOperations(journal, this.#host);
    const signature = found.map(({ operation }) => operation.id).join(' ');
    if (this.#stopped || signature === this.#toldCutOff) return;
    this.#toldCutOff = signature;
    this.#listener.cutOff(found);
  }

  async #tell(journal: Sqlite): Promise<void> {
    const [newest] = listOperations(journal, 1);
    if (newest === undefined) return;
    this.#newestAtStart ??= newest.state === 'ended' ? newest.id : 0;
    if (newest.id <= this.#newestAtStart) return;
    if (this.#shown?.id !== newest.id) {
      this.#shown = {
        id: newest.id,
        lastEvent: 0,
        over: new Set(),
        cutOff: await this.#isCutOff(newest, journal),
        ended: false,
      };
    }
    this.#view(journal, newest);
  }

  #view(journal: Sqlite, operation: OperationRecord): void {
    const shown = this.#shown;
    if (shown === undefined || this.#stopped) return;
    const events =
      shown.lastEvent === 0
        ? readLastEvents(journal, shown.id, eventLimit)
        : readEvents(journal, shown.id, shown.lastEvent, eventLimit);
    shown.lastEvent = events.at(-1)?.id ?? shown.lastEvent;
    const steps = readSteps(journal, shown.id);
    shown.ended = operation.state === 'ended';
    this.#listener.operation({
      operation,
      steps,
      events,
      cutOff: shown.cutOff && operation.state !== 'ended',
    });
    for (const step of steps) {
      if (!over.has(step.state) || step.user === undefined || shown.over.has(step.id)) continue;
      shown.over.add(step.id);
      this.#listener.done(step.user);
    }
  }

  /** A runner that dies writes nothing: ask whether it is there. */
  async #checkLife(journal: Sqlite): Promise<void> {
    const shown = this.#shown;
    const operation = shown === undefined ? undefined : readOperation(journal, shown.id);
    if (shown === undefined || operation === undefined || operation.state === 'ended') return;
    const cutOff = await this.#isCutOff(operation, journal);
    if (cutOff === shown.cutOff || this.#stopped) return;
    shown.cutOff = cutOff;
    const now = readOperation(journal, shown.id);
    if (now !== undefined) this.#view(journal, now);
  }

  async #isCutOff(operation: OperationRecord, journal: Sqlite): Promise<boolean> {
    try {
      return await isCutOff(operation, journal, this.#host);
    } catch {
      // The supervisor gives no answer: then nobody may say that the runner is dead. Asked again at the next turn.
      return false;
    }
  }
}
