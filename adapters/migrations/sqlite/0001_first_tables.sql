-- Ids are the 16 bytes of a UUID, instants are microseconds since 1970-01-01 UTC, and a
-- column ..._folded holds a text in the form in which it is compared.

CREATE TABLE accounts (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    bio TEXT,
    is_staff INTEGER NOT NULL CHECK (is_staff IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_of_account ON tokens (account_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE artists (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    account_id BLOB NOT NULL UNIQUE REFERENCES accounts (id),
    stage_name TEXT NOT NULL,
    stage_name_folded TEXT NOT NULL UNIQUE,
    social_link TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX artists_by_age ON artists (created_at, id);

CREATE TABLE albums (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    artist_id BLOB NOT NULL REFERENCES artists (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    release_date TEXT,
    cost INTEGER CHECK (cost BETWEEN 0 AND 9999999999),
    is_approved INTEGER NOT NULL CHECK (is_approved IN (0, 1)),
    created_at INTEGER NOT NULL,
    UNIQUE (artist_id, name_folded)
) STRICT;

CREATE INDEX albums_by_age ON albums (created_at DESC, id);
CREATE INDEX albums_approved_by_age ON albums (created_at DESC, id) WHERE is_approved = 1;
CREATE INDEX albums_of_artist_by_age ON albums (artist_id, created_at DESC, id);

-- Answers to requests that may be repeated. They outlive the album they speak of.
CREATE TABLE answers (
    artist_id BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    answer TEXT NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (artist_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_end ON answers (keep_until);

-- A task waits for its instant, is ready, or is a suspect (it has a crash on its record);
-- a worker runs it; then it is done or buried. "moved" orders tasks by when they entered
-- their state. Each state has an index of its own, so that a million tasks in one state
-- slow nobody who looks for another.
CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    payload BLOB NOT NULL,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    expires_at INTEGER,
    key TEXT,
    headers TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'suspect', 'running', 'done', 'buried')),
    moved INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    due_since INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    worker BLOB,
    fence INTEGER,
    reason TEXT,
    result TEXT,
    ended_at INTEGER,
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK ((state IN ('done', 'buried')) = (ended_at IS NOT NULL))
) STRICT;

CREATE INDEX tasks_waiting ON tasks (queue, due_at) WHERE state = 'waiting';
CREATE INDEX tasks_ready ON tasks (queue, priority, due_at, seq) WHERE state = 'ready';
CREATE INDEX tasks_suspect ON tasks (queue, priority, due_at, seq) WHERE state = 'suspect';
CREATE INDEX tasks_running ON tasks (worker, crashes) WHERE state = 'running';
CREATE INDEX tasks_done ON tasks (ended_at, queue) WHERE state = 'done';
CREATE INDEX tasks_buried ON tasks (ended_at, queue) WHERE state = 'buried';

-- One row for each mail, for ever. "sending_at" is read off the machine's clock, all
-- other instants off the platform's, which may be moved by hand.
CREATE TABLE mail_log (
    kind TEXT NOT NULL,
    cause BLOB NOT NULL CHECK (length(cause) = 16),
    state TEXT NOT NULL CHECK (state IN ('claimed', 'sending', 'sent', 'parked')),
    moved INTEGER NOT NULL,
    fence INTEGER,
    sender BLOB,
    in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
    sending_at INTEGER,
    reason TEXT,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (kind, cause)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_log_by_state ON mail_log (state, moved);
