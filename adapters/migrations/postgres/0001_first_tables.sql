-- A column ..._folded holds a text in the form in which it is compared.

CREATE TABLE accounts (
    id UUID PRIMARY KEY,
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    bio TEXT,
    is_staff BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE tokens (
    digest BYTEA PRIMARY KEY CHECK (octet_length(digest) = 32),
    account_id UUID NOT NULL REFERENCES accounts (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX tokens_of_account ON tokens (account_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE artists (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL UNIQUE REFERENCES accounts (id),
    stage_name TEXT NOT NULL,
    stage_name_folded TEXT NOT NULL UNIQUE,
    social_link TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    -- When they said that they want no reminders; NULL for who wants them.
    unsubscribed_at TIMESTAMPTZ
);

CREATE INDEX artists_by_age ON artists (created_at, id);

CREATE TABLE albums (
    id UUID PRIMARY KEY,
    artist_id UUID NOT NULL REFERENCES artists (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    release_date DATE,
    cost BIGINT CHECK (cost BETWEEN 0 AND 9999999999),
    is_approved BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (artist_id, name_folded)
);

CREATE INDEX albums_by_age ON albums (created_at DESC, id);
CREATE INDEX albums_approved_by_age ON albums (created_at DESC, id) WHERE is_approved;
CREATE INDEX albums_of_artist_by_age ON albums (artist_id, created_at DESC, id);

-- Answers to requests that may be repeated. They outlive the album they speak of.
CREATE TABLE answers (
    artist_id UUID NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL CHECK (octet_length(fingerprint) = 32),
    answer TEXT NOT NULL,
    keep_until TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (artist_id, key)
);

CREATE INDEX answers_by_end ON answers (keep_until);

-- Who works: a worker whose "seen_at" is too long ago is dead. It has been seen without a
-- gap since "since". Both are read off the clock of the database.
CREATE TABLE workers (
    id UUID PRIMARY KEY,
    since TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);

-- A task waits for its instant, is ready, or is a suspect (it has a crash on its record);
-- a worker runs it; then it is done or buried. "moved_at" orders tasks by when they entered
-- their state. Each state has an index of its own, so that a million tasks in one state
-- slow nobody who looks for another. A worker has one suspect at most.
CREATE TABLE tasks (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    payload BYTEA NOT NULL,
    queue TEXT NOT NULL,
    priority SMALLINT NOT NULL CHECK (priority BETWEEN 0 AND 9),
    expires_at TIMESTAMPTZ,
    key TEXT,
    headers TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'suspect', 'running', 'done', 'buried')),
    moved_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    due_at TIMESTAMPTZ NOT NULL,
    due_since TIMESTAMPTZ NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    worker UUID,
    fence BIGINT,
    reason TEXT,
    result TEXT,
    ended_at TIMESTAMPTZ,
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK ((state IN ('done', 'buried')) = (ended_at IS NOT NULL))
);

CREATE INDEX tasks_waiting ON tasks (queue, due_at) WHERE state = 'waiting';
CREATE INDEX tasks_ready ON tasks (queue, priority, due_at, seq) WHERE state = 'ready';
CREATE INDEX tasks_suspect ON tasks (queue, crashes, priority, due_at, seq) WHERE state = 'suspect';
CREATE INDEX tasks_running ON tasks (worker, fence) WHERE state = 'running';
CREATE UNIQUE INDEX tasks_one_suspect ON tasks (worker) WHERE state = 'running' AND crashes > 0;
CREATE INDEX tasks_done ON tasks (ended_at, queue) WHERE state = 'done';
CREATE INDEX tasks_buried ON tasks (ended_at, queue) WHERE state = 'buried';

-- Every task is three rows before it is done, two of which are dead: they must not pile up.
ALTER TABLE tasks SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- One row for each mail, for ever. "sending_at" is read off the clock of the database, all
-- other instants off the platform's, which may be moved by hand.
CREATE TABLE mail_log (
    kind TEXT NOT NULL,
    cause UUID NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'sending', 'sent', 'parked')),
    moved_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    fence BIGINT,
    sender UUID,
    in_doubt BOOLEAN NOT NULL DEFAULT false,
    sending_at TIMESTAMPTZ,
    reason TEXT,
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, cause)
);

CREATE INDEX mail_log_by_state ON mail_log (state, moved_at);

-- Who sends no mail for now, and why: one row for each sender that pauses, for operators to see.
CREATE TABLE mail_pauses (
    sender UUID PRIMARY KEY,
    since TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    reason TEXT NOT NULL
);

-- Where each schedule entry stands: it began at "anchor", and "last_due" is the last instant
-- at which it was due, fired or skipped.
CREATE TABLE schedule_entries (
    name TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    anchor TIMESTAMPTZ NOT NULL,
    last_due TIMESTAMPTZ NOT NULL,
    fired BIGINT NOT NULL DEFAULT 0,
    last_fired_at TIMESTAMPTZ,
    last_fired_due TIMESTAMPTZ,
    skipped BIGINT NOT NULL DEFAULT 0
);

-- What was fired: one row for each instant at which an entry was due, stored with its task.
CREATE TABLE occurrences (
    entry TEXT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    fired_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (entry, due_at)
);

CREATE INDEX occurrences_by_age ON occurrences (fired_at);

-- What was not: one row for all that an entry skipped at once.
CREATE TABLE skipped_occurrences (
    entry TEXT NOT NULL,
    first_due TIMESTAMPTZ NOT NULL,
    last_due TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (entry, first_due)
);

CREATE INDEX skipped_occurrences_by_age ON skipped_occurrences (seen_at);
