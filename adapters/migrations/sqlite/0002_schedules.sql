-- Where each schedule entry stands: it began at "anchor", and "last_due" is the last instant
-- at which it was due, fired or skipped.
CREATE TABLE schedule_entries (
    name TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    anchor INTEGER NOT NULL,
    last_due INTEGER NOT NULL,
    fired INTEGER NOT NULL DEFAULT 0,
    last_fired_at INTEGER,
    last_fired_due INTEGER,
    skipped INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What was fired: one row for each instant at which an entry was due, stored with its task.
CREATE TABLE occurrences (
    entry TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    fired_at INTEGER NOT NULL,
    PRIMARY KEY (entry, due_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX occurrences_by_age ON occurrences (fired_at);

-- What was not: one row for all that an entry skipped at once.
CREATE TABLE skipped_occurrences (
    entry TEXT NOT NULL,
    first_due INTEGER NOT NULL,
    last_due INTEGER NOT NULL,
    count INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (entry, first_due)
) STRICT, WITHOUT ROWID;

CREATE INDEX skipped_occurrences_by_age ON skipped_occurrences (seen_at);
