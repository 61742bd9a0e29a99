-- A task that travels by a conveyor is relayed until a worker takes its row: "relay" has pushed
-- a message that stands for it, or is about to, with its push number "push". What a state may
-- be is a check, and SQLite changes no check: the table is made anew.
CREATE TABLE new_tasks (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    payload BLOB NOT NULL,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    expires_at INTEGER,
    key TEXT,
    headers TEXT,
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'ready', 'suspect', 'relayed', 'running', 'done', 'buried')),
    moved INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    due_since INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    worker BLOB,
    fence INTEGER,
    relay BLOB,
    push INTEGER,
    reason TEXT,
    result TEXT,
    ended_at INTEGER,
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK (state <> 'relayed' OR (relay IS NOT NULL AND push IS NOT NULL)),
    CHECK ((state IN ('done', 'buried')) = (ended_at IS NOT NULL))
) STRICT;

INSERT INTO new_tasks (seq, id, name, payload, queue, priority, expires_at, key, headers, state, moved,
        due_at, due_since, attempts, crashes, worker, fence, reason, result, ended_at)
    SELECT seq, id, name, payload, queue, priority, expires_at, key, headers, state, moved,
        due_at, due_since, attempts, crashes, worker, fence, reason, result, ended_at
    FROM tasks;

DROP TABLE tasks;
ALTER TABLE new_tasks RENAME TO tasks;

CREATE INDEX tasks_waiting ON tasks (queue, due_at) WHERE state = 'waiting';
CREATE INDEX tasks_ready ON tasks (queue, priority, due_at, seq) WHERE state = 'ready';
CREATE INDEX tasks_suspect ON tasks (queue, priority, due_at, seq) WHERE state = 'suspect';
CREATE INDEX tasks_relayed ON tasks (queue, relay, push) WHERE state = 'relayed';
CREATE INDEX tasks_running ON tasks (worker, crashes) WHERE state = 'running';
CREATE INDEX tasks_done ON tasks (ended_at, queue) WHERE state = 'done';
CREATE INDEX tasks_buried ON tasks (ended_at, queue) WHERE state = 'buried';
