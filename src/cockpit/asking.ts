import { laterText, whenFlags, type Later } from './later.ts';
import type { Plan } from '../operations/plan.ts';
import type { Offered } from '../t3/packages.ts';
import type { Work } from '../t3/state-database.ts';

/** What the cockpit asks for only after its plan was seen and agreed to. */
export type Asking =
  | { kind: 'restore'; user: string; file: string }
  | { kind: 'undo'; operation: number }
  | { kind: 'restart'; users: readonly string[] }
  | { kind: 'drain' }
  /** Of a version, or of the one that a tag of the package source means. */
  | { kind: 'bump'; version: string }
  /** To what the last bump replaced; everybody, where nobody is named. */
  | { kind: 'take back'; users: readonly string[] }
  | { kind: 'freeze' | 'unfreeze' }
  | { kind: 'resume' | 'rollback' | 'abandon'; operation: number }
  /** Judge a version; nothing else changes. */
  | { kind: 'preflight'; version: string }
  /** Remove the snapshots that nothing speaks for. */
  | { kind: 'prune' }
  /** Keep a snapshot whatever retention says, or leave it to that again. */
  | { kind: 'protect' | 'unprotect'; file: string }
  /** Later: `when` as it was typed. */
  | { kind: 'schedule'; what: Later; when: string }
  /** `about`: what is not to be done. */
  | { kind: 'cancel'; schedule: number; about: string };

/** The command that it is (without the flags that are the same for all). */
export function argumentsOf(asking: Asking): string[] {
  switch (asking.kind) {
    case 'restore':
      return ['restore', asking.user, '--snapshot', asking.file];
    case 'undo':
      return ['undo', String(asking.operation)];
    case 'restart':
      return ['restart', ...asking.users];
    case 'drain':
      return ['drain'];
    case 'bump':
      return ['bump', asking.version];
    case 'take back':
      return ['rollback', ...asking.users];
    case 'freeze':
      return ['freeze', 'by hand, from the cockpit'];
    case 'unfreeze':
      return ['unfreeze'];
    case 'schedule': {
      const { what, when } = asking;
      return ['schedule', what.kind, ...(what.kind === 'bump' ? [what.version] : []), ...whenFlags(when)];
    }
    case 'cancel':
      return ['schedule', 'cancel', String(asking.schedule)];
    case 'resume':
    case 'rollback':
    case 'abandon':
      return ['operations', asking.kind, String(asking.operation)];
    case 'preflight':
      return ['preflight', asking.version];
    case 'prune':
      return ['snapshots', 'prune'];
    case 'protect':
    case 'unprotect':
      return ['snapshots', asking.kind, asking.file];
  }
}

/** Is it no operation, but something that is written down at once? */
export const isNoted = ({ kind }: Asking): boolean =>
  kind === 'schedule' || kind === 'cancel' || kind === 'protect' || kind === 'unprotect';

/** What it is called on screen. */
export function askingText(asking: Asking): string {
  switch (asking.kind) {
    case 'restore':
      return `restore of ${asking.user}`;
    case 'restart':
      return `restart of ${asking.users.join(', ')}`;
    case 'drain':
      return 'drain: the restarts that are owed';
    case 'bump':
      return `bump to ${asking.version}`;
    case 'take back':
      return `rollback of ${asking.users.length === 0 ? 'everybody' : asking.users.join(', ')}`;
    case 'freeze':
      return 'freeze of versions';
    case 'unfreeze':
      return 'end of the freeze';
    case 'schedule':
      return `${laterText(asking.what)}: ${asking.when}`;
    case 'preflight':
      return `trial of ${asking.version}`;
    case 'prune':
      return 'pruning of snapshots';
    case 'protect':
    case 'unprotect':
      return `${asking.kind}ing of ${asking.file}`;
    case 'cancel':
      return `cancelling of schedule ${asking.schedule}: ${asking.about}`;
    default:
      return `${asking.kind} of operation ${asking.operation}`;
  }
}

/** The plan as a dry run printed it, or why there is none. */
export type Preview = { plan: Plan } | { refused: string };

/** How much work there is now; undefined words of a problem where that cannot be told. */
export type Comparison = { user: string; live: Work | undefined; problem: string | undefined };

/** What the package source has, or why it does not say. */
export type Choice = Offered | { problem: string };

/** What is typed to agree: the word that the plan wants, else `yes`. */
export function wordOf({ plan }: { plan: Plan }): string {
  return plan.consent?.word ?? 'yes';
}
