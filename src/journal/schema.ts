import type { Sqlite } from '../host/sqlite.ts';

/** Each entry takes the journal one format further; never edit one that was released. */
const formats = [
  `
  CREATE TABLE operations (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    kind              TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('requested', 'running', 'ended')),
    outcome           TEXT CHECK (outcome IN ('succeeded', 'rolled back', 'failed', 'refused', 'interrupted')),
    reason            TEXT,
    request           TEXT NOT NULL, -- JSON: what was asked for
    plan              TEXT NOT NULL, -- JSON: what will be done, as it was shown
    config            TEXT NOT NULL, -- JSON: the configuration that the plan was made with
    actor             TEXT NOT NULL, -- JSON
    requested_at      INTEGER NOT NULL,
    started_at        INTEGER,
    ended_at          INTEGER,
    place             TEXT,          -- JSON: where the runner runs
    stop_requested_at INTEGER,
    CHECK ((state = 'ended') = (outcome IS NOT NULL))
  );
  CREATE INDEX operations_open ON operations (id) WHERE state <> 'ended';

  CREATE TABLE steps (
    operation  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    id         TEXT NOT NULL,
    user       TEXT,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'started', 'succeeded', 'failed', 'refused', 'interrupted')),
    undo       TEXT, -- JSON
    result     TEXT, -- JSON
    reason     TEXT,
    started_at INTEGER,
    ended_at   INTEGER,
    PRIMARY KEY (operation, id)
  ) WITHOUT ROWID;

  -- Overwritten several times a second, and worth nothing after a crash: kept apart from what must be durable.
  CREATE TABLE progress (
    operation INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    step      TEXT NOT NULL,
    phase     TEXT NOT NULL,
    done      INTEGER NOT NULL,
    total     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (operation, step)
  ) WITHOUT ROWID;

  CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    operation INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    step      TEXT,
    user      TEXT,
    level     TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    payload   TEXT NOT NULL -- JSON
  );
  CREATE INDEX events_of_operation ON events (operation, id);

  CREATE TABLE snapshots (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    folder      TEXT NOT NULL,
    file        TEXT NOT NULL,
    taken_at    INTEGER NOT NULL,
    version     TEXT,
    bytes       INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    page_size   INTEGER NOT NULL,
    migrations  TEXT NOT NULL, -- JSON
    work        TEXT NOT NULL, -- JSON
    verified_at INTEGER NOT NULL,
    operation   INTEGER,       -- no reference: a snapshot outlives the record of the operation that took it
    UNIQUE (folder, file)
  );
  CREATE INDEX snapshots_of_user ON snapshots (user, taken_at);
  `,
  `
  -- Snapshots of the host's own scripts are vouched for, too, once they were read wholly.
  ALTER TABLE snapshots ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;
  -- The last look at the whole file that found it wanting: when, and why. Cleared by one that did not.
  ALTER TABLE snapshots ADD COLUMN problem_at INTEGER;
  ALTER TABLE snapshots ADD COLUMN problem TEXT;
  -- The last test restore: when, by which t3, and what went wrong, if anything did.
  ALTER TABLE snapshots ADD COLUMN tried_at INTEGER;
  ALTER TABLE snapshots ADD COLUMN tried_version TEXT;
  ALTER TABLE snapshots ADD COLUMN tried_problem TEXT;

  CREATE TABLE probes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    user      TEXT NOT NULL,
    route     TEXT NOT NULL CHECK (route IN ('direct', 'dispatch')),
    name      TEXT NOT NULL,    -- the authentik name; '' of the direct route
    at        INTEGER NOT NULL,
    verdict   TEXT NOT NULL CHECK (verdict IN ('ok', 'broken', 'unreachable', 'unmapped', 'unknown')),
    step      TEXT,
    reason    TEXT,
    endpoint  TEXT,
    latency   REAL,
    version   TEXT,             -- what the instance ran
    operation INTEGER
  );
  CREATE INDEX probes_of_user ON probes (user, route, name, id);

  -- What a fact was, from when on: one row a change.
  CREATE TABLE history (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    user  TEXT NOT NULL,
    fact  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    value TEXT NOT NULL
  );
  CREATE INDEX history_of_fact ON history (user, fact, id);
  `,
  `
  -- The processes on which the sessions hang that an operation is watched from (design, the hosting instance): whose
  -- end would kill or blind one of them. What they were in when they were recorded counts once they are gone.
  CREATE TABLE sessions (
    operation     INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    pid           INTEGER NOT NULL,
    start_time    INTEGER NOT NULL,
    control_group TEXT,        -- NULL: could not be told, and so is none that may be stopped
    role          TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL,
    PRIMARY KEY (operation, pid, start_time)
  ) WITHOUT ROWID;
  -- A step may now be undone, too; a CHECK can only be changed by making the table anew.
  CREATE TABLE steps_3 (
    operation  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    id         TEXT NOT NULL,
    user       TEXT,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'started', 'succeeded', 'failed', 'refused', 'interrupted', 'undone')),
    undo       TEXT, -- JSON
    result     TEXT, -- JSON
    reason     TEXT,
    started_at INTEGER,
    ended_at   INTEGER,
    PRIMARY KEY (operation, id)
  ) WITHOUT ROWID;
  INSERT INTO steps_3 SELECT operation, position, id, user, kind, title, state, undo, result, reason, started_at, ended_at FROM steps;
  DROP TABLE steps;
  ALTER TABLE steps_3 RENAME TO steps;
  -- JSON: what is held off on the host while the operation runs (timers of the host's own jobs), to be let go again.
  ALTER TABLE operations ADD COLUMN held TEXT;
  `,
  `
  -- When somebody was last told what happened without the cockpit, and how the host was then: one row a subject.
  CREATE TABLE looks (
    subject TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,
    seen    TEXT NOT NULL -- JSON
  ) WITHOUT ROWID;

  -- What was agreed to, to be done later.
  CREATE TABLE schedules (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    request    TEXT NOT NULL, -- JSON
    agreed     TEXT NOT NULL, -- JSON: what the host was when it was agreed to; if it is another then, nothing is done
    plan       TEXT NOT NULL, -- JSON: as it was shown
    actor      TEXT NOT NULL, -- JSON
    created_at INTEGER NOT NULL,
    begins_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'ended', 'cancelled')),
    outcome    TEXT CHECK (outcome IN ('succeeded', 'failed', 'refused', 'missed')),
    reason     TEXT,
    operations TEXT NOT NULL DEFAULT '[]', -- JSON: the numbers of those that it has started
    ended_at   INTEGER
  );
  `,
];

/** The format this program writes. */
export const journalFormat = formats.length;

/** Bring a journal to the current format, or refuse one from the future. */
export function migrateJournal(db: Sqlite): void {
  db.transaction(() => {
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > journalFormat) throw newerJournal(found);
    for (const statements of formats.slice(found)) db.exec(statements);
    db.pragma(`user_version = ${journalFormat}`);
  }).immediate();
}

/**
 * For a reader, which cannot migrate.
 *
 * @returns whether there is a journal in it: the writer may have made the file, and not got further yet.
 * @throws when the journal is of another format.
 */
export function hasFormat(db: Sqlite): boolean {
  const found = Number(db.pragma('user_version', { simple: true }));
  if (found > journalFormat) throw newerJournal(found);
  if (found === 0) return false;
  if (found < journalFormat)
    throw new Error('the journal has not been written by this version of t3-cockpit yet');
  return true;
}

function newerJournal(found: number): Error {
  return new Error(
    `the journal has format ${found}, this t3-cockpit writes format ${journalFormat}: install the newer one`,
  );
}
