//! What an operator may see of the queue, and do to it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ports::{PortError, QueueCounts, Requeued, TaskQueueAdmin, TaskRow, TaskState};
use domain::tasks::{Payload, QueueName, Reason, TaskId};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::MOST_PER_WRITE;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::values::{count, instant, optional_instant, parsed, unreadable};
use crate::sqlite::writer::Write;

#[async_trait]
impl TaskQueueAdmin for SqliteStore {
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        let counted = sqlx::query(COUNTS)
            .bind(self.now())
            .fetch_all(&self.readers)
            .await
            .and_then(|rows| by_queue(&rows));
        counted.map_err(|error| StoreError::from(error).into_port("count tasks"))
    }

    async fn list(&self, state: TaskState, most: u32) -> Result<Vec<TaskRow>, PortError> {
        let statement = match state {
            TaskState::Waiting => {
                "SELECT * FROM tasks WHERE state IN ('waiting', 'ready', 'suspect', 'relayed') ORDER BY moved DESC, seq DESC LIMIT ?"
            }
            TaskState::Running => {
                "SELECT * FROM tasks WHERE state = 'running' ORDER BY moved DESC, seq DESC LIMIT ?"
            }
            TaskState::Done => {
                "SELECT * FROM tasks WHERE state = 'done' ORDER BY moved DESC, seq DESC LIMIT ?"
            }
            TaskState::Buried => {
                "SELECT * FROM tasks WHERE state = 'buried' ORDER BY moved DESC, seq DESC LIMIT ?"
            }
        };
        sqlx::query(statement)
            .bind(most)
            .try_map(|row: SqliteRow| task_row(&row, state))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| StoreError::from(error).into_port("list tasks"))
    }

    async fn requeue(&self, id: &TaskId) -> Result<Requeued, PortError> {
        let requeue = Requeue {
            id: id.clone(),
            now: self.now(),
            moved: self.tick(),
        };
        let requeued = self
            .write(requeue)
            .await
            .map_err(|error| error.into_port("requeue a task"))?;
        if requeued == Requeued::Yes {
            self.bell.notify_waiters();
        }
        Ok(requeued)
    }

    async fn purge(&self, queue: &QueueName) -> Result<u64, PortError> {
        self.purge_in_steps(queue)
            .await
            .map_err(|error| error.into_port("purge a queue"))
    }
}

/// Each part reads an index of its own and no row, but for the few that run.
const COUNTS: &str = "
    SELECT queue, 'waiting' AS state, count(*) AS tasks, min(due_at) FILTER (WHERE due_at <= ?1) AS oldest
        FROM tasks WHERE state = 'waiting' GROUP BY queue
    UNION ALL SELECT queue, 'waiting', count(*), min(due_at) FILTER (WHERE due_at <= ?1)
        FROM tasks WHERE state = 'ready' GROUP BY queue
    UNION ALL SELECT queue, 'waiting', count(*), min(due_at) FILTER (WHERE due_at <= ?1)
        FROM tasks WHERE state = 'suspect' GROUP BY queue
    UNION ALL SELECT queue, 'waiting', count(*), min(due_at) FILTER (WHERE due_at <= ?1)
        FROM tasks WHERE state = 'relayed' GROUP BY queue
    UNION ALL SELECT queue, 'running', count(*), NULL FROM tasks WHERE state = 'running' GROUP BY queue
    UNION ALL SELECT queue, 'done', count(*), NULL FROM tasks WHERE state = 'done' GROUP BY queue
    UNION ALL SELECT queue, 'buried', count(*), NULL FROM tasks WHERE state = 'buried' GROUP BY queue";

fn by_queue(rows: &[SqliteRow]) -> sqlx::Result<Vec<QueueCounts>> {
    let mut queues = BTreeMap::new();
    for row in rows {
        let queue: QueueName = parsed(row, "queue")?;
        let nothing = QueueCounts::none_in(queue.clone());
        let counts = queues.entry(queue).or_insert(nothing);
        let tasks: u64 = count(row, "tasks")?;
        match row.try_get("state")? {
            "waiting" => counts.waiting += tasks,
            "running" => counts.running = tasks,
            "done" => counts.done = tasks,
            "buried" => counts.buried = tasks,
            _ => return Err(unreadable("state", "an unknown state of a task")),
        }
        let oldest = optional_instant(row, "oldest")?;
        counts.oldest_due_at = [counts.oldest_due_at, oldest].into_iter().flatten().min();
    }
    Ok(queues.into_values().collect())
}

fn task_row(row: &SqliteRow, state: TaskState) -> sqlx::Result<TaskRow> {
    Ok(TaskRow {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        queue: parsed(row, "queue")?,
        payload: Payload::from_bytes(row.try_get("payload")?),
        state,
        attempts: count(row, "attempts")?,
        crashes: count(row, "crashes")?,
        due_at: instant(row, "due_at")?,
        reason: row.try_get::<Option<String>, _>("reason")?.map(Reason::new),
        ended_at: optional_instant(row, "ended_at")?,
    })
}

struct Requeue {
    id: TaskId,
    now: i64,
    moved: i64,
}

#[async_trait]
impl Write for Requeue {
    type Answer = Requeued;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Requeued> {
        let requeued = sqlx::query(
            "UPDATE tasks SET state = 'ready', moved = ?3, attempts = 0, crashes = 0,
                 due_at = ?2, due_since = ?2, reason = NULL, ended_at = NULL
             WHERE id = ?1 AND +state = 'buried'",
        )
        .bind(self.id.as_str())
        .bind(self.now)
        .bind(self.moved)
        .execute(connection)
        .await?;
        Ok(match requeued.rows_affected() {
            0 => Requeued::NotBuried,
            _ => Requeued::Yes,
        })
    }
}

/// The states of tasks that nobody runs and somebody may, each with its own index.
const PURGES: [&str; 4] = [
    "DELETE FROM tasks WHERE seq IN
        (SELECT seq FROM tasks WHERE state = 'waiting' AND queue = ? AND +seq <= ? LIMIT 1000)",
    "DELETE FROM tasks WHERE seq IN
        (SELECT seq FROM tasks WHERE state = 'ready' AND queue = ? AND +seq <= ? LIMIT 1000)",
    "DELETE FROM tasks WHERE seq IN
        (SELECT seq FROM tasks WHERE state = 'suspect' AND queue = ? AND +seq <= ? LIMIT 1000)",
    "DELETE FROM tasks WHERE seq IN
        (SELECT seq FROM tasks WHERE state = 'relayed' AND queue = ? AND +seq <= ? LIMIT 1000)",
];

impl SqliteStore {
    /// What is queued after the beginning stays, or a busy queue would never be done.
    async fn purge_in_steps(&self, queue: &QueueName) -> Result<u64, StoreError> {
        let last: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM tasks")
            .fetch_one(&self.readers)
            .await?;
        let mut purged = 0;
        for statement in PURGES {
            loop {
                let step = Purge {
                    statement,
                    queue: queue.clone(),
                    last: last.unwrap_or(0),
                };
                let removed = self.write(step).await?;
                purged += removed;
                if removed < MOST_PER_WRITE as u64 {
                    break;
                }
            }
        }
        Ok(purged)
    }
}

struct Purge {
    statement: &'static str,
    queue: QueueName,
    last: i64,
}

#[async_trait]
impl Write for Purge {
    type Answer = u64;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        let removed = sqlx::query(self.statement)
            .bind(self.queue.as_str())
            .bind(self.last)
            .execute(connection)
            .await?;
        Ok(removed.rows_affected())
    }
}
