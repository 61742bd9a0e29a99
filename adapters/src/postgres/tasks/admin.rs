//! What an operator may see of the queue, and do to it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ports::{PortError, QueueCounts, Requeued, TaskQueueAdmin, TaskRow, TaskState};
use domain::tasks::{Payload, QueueName, Reason, TaskId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::MOST_AT_ONCE;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::values::{count, each, parsed, small_count, unreadable};

/// The states stand in the statement, or their indexes could not be used.
macro_rules! list {
    ($states:literal) => {
        concat!(
            "SELECT * FROM tasks WHERE state IN (",
            $states,
            ") ORDER BY moved_at DESC, seq DESC LIMIT $1"
        )
    };
}

#[async_trait]
impl TaskQueueAdmin for PostgresStore {
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        let counted = async {
            let now = self.clock.now();
            let rows = self.pool.all(|| sqlx::query(COUNTS).bind(now)).await?;
            Ok(by_queue(&rows)?)
        };
        counted
            .await
            .map_err(|error: StoreError| error.into_port("count tasks"))
    }

    async fn list(&self, state: TaskState, most: u32) -> Result<Vec<TaskRow>, PortError> {
        let statement = match state {
            TaskState::Waiting => list!("'waiting', 'ready', 'suspect', 'relayed'"),
            TaskState::Running => list!("'running'"),
            TaskState::Done => list!("'done'"),
            TaskState::Buried => list!("'buried'"),
        };
        let listed = async {
            let listing = || sqlx::query(statement).bind(i64::from(most));
            let rows = self.pool.all(listing).await?;
            Ok(each(&rows, |row| task_row(row, state))?)
        };
        listed
            .await
            .map_err(|error: StoreError| error.into_port("list tasks"))
    }

    async fn requeue(&self, id: &TaskId) -> Result<Requeued, PortError> {
        let now = self.clock.now();
        let requeued = self
            .pool
            .changed(|| sqlx::query(REQUEUE).bind(id.as_str()).bind(now))
            .await
            .map_err(|error| error.into_port("requeue a task"))?;
        if requeued == 0 {
            return Ok(Requeued::NotBuried);
        }
        self.bell.ring();
        Ok(Requeued::Yes)
    }

    async fn purge(&self, queue: &QueueName) -> Result<u64, PortError> {
        self.purge_in_steps(queue)
            .await
            .map_err(|error| error.into_port("purge a queue"))
    }
}

/// Each part reads an index of its own, or little more.
const COUNTS: &str = "
    SELECT queue, 'waiting' AS state, count(*) AS tasks, min(due_at) FILTER (WHERE due_at <= $1) AS oldest
        FROM tasks WHERE state = 'waiting' GROUP BY queue
    UNION ALL SELECT queue, 'waiting', count(*), min(due_at) FILTER (WHERE due_at <= $1)
        FROM tasks WHERE state = 'ready' GROUP BY queue
    UNION ALL SELECT queue, 'waiting', count(*), min(due_at) FILTER (WHERE due_at <= $1)
        FROM tasks WHERE state = 'suspect' GROUP BY queue
    UNION ALL SELECT queue, 'waiting', count(*), min(due_at) FILTER (WHERE due_at <= $1)
        FROM tasks WHERE state = 'relayed' GROUP BY queue
    UNION ALL SELECT queue, 'running', count(*), NULL FROM tasks WHERE state = 'running' GROUP BY queue
    UNION ALL SELECT queue, 'done', count(*), NULL FROM tasks WHERE state = 'done' GROUP BY queue
    UNION ALL SELECT queue, 'buried', count(*), NULL FROM tasks WHERE state = 'buried' GROUP BY queue";

const REQUEUE: &str = "
    UPDATE tasks SET state = 'ready', moved_at = clock_timestamp(), attempts = 0, crashes = 0,
        due_at = $2, due_since = $2, reason = NULL, ended_at = NULL
    WHERE id = $1 AND state = 'buried'";

fn by_queue(rows: &[PgRow]) -> sqlx::Result<Vec<QueueCounts>> {
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
        let oldest = row.try_get("oldest")?;
        counts.oldest_due_at = [counts.oldest_due_at, oldest].into_iter().flatten().min();
    }
    Ok(queues.into_values().collect())
}

fn task_row(row: &PgRow, state: TaskState) -> sqlx::Result<TaskRow> {
    Ok(TaskRow {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        queue: parsed(row, "queue")?,
        payload: Payload::from_bytes(row.try_get("payload")?),
        state,
        attempts: small_count(row, "attempts")?,
        crashes: small_count(row, "crashes")?,
        due_at: row.try_get("due_at")?,
        reason: row.try_get::<Option<String>, _>("reason")?.map(Reason::new),
        ended_at: row.try_get("ended_at")?,
    })
}

/// The states of tasks that nobody runs and somebody may, each with its own index.
const PURGES: [&str; 4] = [
    "DELETE FROM tasks WHERE seq = ANY (ARRAY(SELECT seq FROM tasks
        WHERE state = 'waiting' AND queue = $1 AND seq <= $2 LIMIT 1000 FOR UPDATE SKIP LOCKED))",
    "DELETE FROM tasks WHERE seq = ANY (ARRAY(SELECT seq FROM tasks
        WHERE state = 'ready' AND queue = $1 AND seq <= $2 LIMIT 1000 FOR UPDATE SKIP LOCKED))",
    "DELETE FROM tasks WHERE seq = ANY (ARRAY(SELECT seq FROM tasks
        WHERE state = 'suspect' AND queue = $1 AND seq <= $2 LIMIT 1000 FOR UPDATE SKIP LOCKED))",
    "DELETE FROM tasks WHERE seq = ANY (ARRAY(SELECT seq FROM tasks
        WHERE state = 'relayed' AND queue = $1 AND seq <= $2 LIMIT 1000 FOR UPDATE SKIP LOCKED))",
];

impl PostgresStore {
    /// What is queued after the beginning stays, or a busy queue would never be done.
    async fn purge_in_steps(&self, queue: &QueueName) -> Result<u64, StoreError> {
        let last = || sqlx::query("SELECT max(seq) AS last FROM tasks");
        let last = self.pool.first(last).await?;
        let last: Option<i64> = match last {
            Some(row) => row.try_get("last")?,
            None => None,
        };
        let mut purged = 0;
        for statement in PURGES {
            loop {
                let step = || sqlx::query(statement).bind(queue.as_str()).bind(last);
                let removed = self.pool.changed(step).await?;
                purged += removed;
                if removed < MOST_AT_ONCE as u64 {
                    break;
                }
            }
        }
        Ok(purged)
    }
}
