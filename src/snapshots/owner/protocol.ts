import type { Migration, Work } from '../../t3/state-database.ts';
import type { SnapshotFacts } from '../manifest.ts';
import type { SnapshotKind } from '../names.ts';

/**
 * The conversation with the snapshotter, a process that has dropped to the owner: one request as JSON on standard
 * input; lines of JSON on standard output, the last of which is the answer. We write the requests; the lines are parsed
 * like any foreign text (../snapshotter.ts), because the owner may interfere with a process of theirs.
 */

/** A snapshot's place: the user's backup folder, the folder of ours in it, and the file. */
interface Place {
  backups: string;
  folder: string;
  name: string;
}

/** Copy the live database into `folder`, which may not exist yet, under `name`; check the copy, publish it. */
export interface TakeRequest extends Place {
  verb: 'take';
  /** The live database, and the folder (the home) below which no link is followed. */
  source: string;
  home: string;
  manifest: { user: string; kind: SnapshotKind; takenAt: string; version: string | null };
  /** A second name, in the backup folder itself, under which the host's own procedure finds it. */
  alias: string | null;
  /** Milliseconds to wait for a lock on the source. */
  patience: number;
}

/** Read a finished snapshot again, wholly: checksum, integrity, contents. */
export interface VerifyRequest extends Place {
  verb: 'verify';
}

/** Remove what an interrupted `take` left of this name. A published snapshot stays, and gets its second name. */
export interface DiscardRequest extends Place {
  verb: 'discard';
  alias: string | null;
  /** Remove a published one, too: it was made for something that did not happen. */
  evenPublished?: boolean;
}

/** Remove a snapshot and its manifest. */
export interface RemoveRequest extends Place {
  verb: 'remove';
  /** What the file must be; undefined to only clear up where the snapshot is gone already. */
  expected?: { bytes: number; sha256: string };
}

/** Copy a snapshot into a base directory for t3 to open it in: `<scratch>/userdata/state.sqlite`. */
export interface UnpackRequest extends Place {
  verb: 'unpack';
  /** A folder directly in the cockpit's own one. */
  scratch: string;
}

/** Copy a live database, its WAL included, into a base directory for t3 to open; nothing of it is kept. */
export interface DuplicateRequest {
  verb: 'duplicate';
  /** Null for a base directory without a database. */
  source: string | null;
  home: string;
  /** The user's backup folder, and a folder directly in the cockpit's own one in it. */
  backups: string;
  scratch: string;
  /** Milliseconds to wait for a lock on the source. */
  patience: number;
}

/** What a database holds that was opened for a trial: before, and after. */
export interface Contents {
  migrations: Migration[];
  work: Work;
}

/** Say what has become of an unpacked snapshot, and remove it with all that t3 put around it. */
export interface ClearRequest {
  verb: 'clear';
  backups: string;
  own: string;
  scratch: string;
}

/** The live database that something is done to, and the names beside it (replacement.ts, `beside`). */
interface Live {
  live: string;
  /** The folder below which no link is followed. */
  home: string;
  base: string;
}

/** Write a checked copy of a snapshot beside the live database. */
export interface StageRequest extends Place, Live {
  verb: 'stage';
  /** The checksum that the journal vouches for; null for one that it does not know. */
  expected: string | null;
  /** Words for whoever finds what a cut off replacement has left. */
  marker: string;
}

/** Copy the live database, which the keeper holds, into the backup folder. */
export interface KeepRequest extends Place {
  verb: 'keep';
  live: string;
  home: string;
  whole: boolean;
  manifest: TakeRequest['manifest'];
}

/** Give the incoming file the live one's name. */
export interface ExchangeRequest {
  verb: 'exchange';
  live: string;
  home: string;
  incoming: string;
  /** The name that what is replaced keeps; null for none. */
  outgoing: string | null;
}

/** Find out which file is live after an exchange that was cut off. */
export interface RetreatRequest extends Live {
  verb: 'retreat';
}

/** Remove what a replacement has left beside the live database. */
export interface SettleRequest extends Live {
  verb: 'settle';
}

/** What was kept of a replaced database. */
export type Kept = ({ whole: true } & SnapshotFacts) | { whole: false; bytes: number; sha256: string };

export type Request =
  | TakeRequest
  | VerifyRequest
  | DiscardRequest
  | RemoveRequest
  | UnpackRequest
  | DuplicateRequest
  | ClearRequest
  | StageRequest
  | KeepRequest
  | ExchangeRequest
  | RetreatRequest
  | SettleRequest;

/** Bytes done of the bytes expected, of one phase. */
export interface Progress {
  phase: 'copy' | 'sync' | 'check';
  done: number;
  total: number;
}

export type Line =
  | { progress: Progress }
  | { facts: SnapshotFacts }
  /** Of `discard`: was a published snapshot found? */
  | { published: boolean }
  /** Of `remove`: is it gone? */
  | { removed: boolean }
  | { unpacked: true }
  /** Of `duplicate`; null where there was nothing to copy. */
  | { duplicated: Contents | null }
  /** Of `clear`: what the copy held in the end; null where there was none, or none that can be read. */
  | { cleared: Contents | null }
  | { kept: Kept }
  | { done: true }
  /** Of `retreat`. */
  | { live: 'old' | 'new' }
  /** `unseen`: the file could not be looked at, so nothing is said of it. */
  | { problem: string; unseen: boolean };
