//! Hands due tasks to workers.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Fence, Lease, Queues, Verdict, WorkerId};
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName};
use serde_json::Map;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _};
use tokio::time::{Instant, timeout};

use super::settle::Settle;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::values::{count, instant, optional, optional_instant, parsed, unreadable};
use crate::sqlite::writer::{Request, Write, unattended};

/// How long an empty queue is left alone: other processes ring no bell here, and the
/// platform's clock may jump.
const POLL: Duration = Duration::from_millis(500);
/// The shortest sleep before the next look.
const BLINK: Duration = Duration::from_millis(1);

impl SqliteStore {
    pub(super) async fn lease_within(
        &self,
        worker: WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        self.greet(worker).await?;
        if most == 0 {
            return Ok(Vec::new());
        }
        let names = serde_json::to_string(
            &queues
                .names()
                .iter()
                .map(QueueName::as_str)
                .collect::<Vec<_>>(),
        )
        .expect("names serialize");
        let deadline = Instant::now().checked_add(wait);
        loop {
            let bell = self.bell.notified();
            let seen = self.look(worker, &names).await?;
            let next = if seen.is_something() {
                let leases = self.take(worker, queues, &names, most, seen).await?;
                if !leases.is_empty() {
                    return Ok(leases);
                }
                BLINK
            } else {
                seen.next.unwrap_or(POLL)
            };
            let left = deadline.map_or(POLL, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(Vec::new());
            }
            let pause = next.clamp(BLINK, POLL).min(left);
            // Woken or not: it looks again.
            let _ = timeout(pause, bell).await;
        }
    }

    /// Whether there is anything to take, without writing.
    async fn look(&self, worker: WorkerId, names: &str) -> Result<Look, StoreError> {
        let now = self.now();
        let (has_ready, has_suspects, next): (bool, bool, Option<i64>) = sqlx::query_as(LOOK)
            .bind(names)
            .bind(worker.as_uuid())
            .fetch_one(&self.readers)
            .await?;
        Ok(Look {
            has_ready,
            has_suspects,
            has_due: next.is_some_and(|due| due <= now),
            next: next.map(|due| Duration::from_micros(due.abs_diff(now))),
        })
    }

    async fn take(
        &self,
        worker: WorkerId,
        queues: &Queues,
        names: &str,
        most: usize,
        seen: Look,
    ) -> Result<Vec<Lease>, StoreError> {
        let take = Take {
            worker,
            queues: queues.clone(),
            names: names.to_owned(),
            most,
            seen,
            now: self.now(),
            moved: self.tick(),
            fence: rand::random(),
        };
        self.write(take).await
    }
}

/// What a look at the queues showed.
#[derive(Clone, Copy)]
struct Look {
    has_ready: bool,
    /// Whether there are suspects and the worker may have one.
    has_suspects: bool,
    /// Whether tasks wait whose instant has come.
    has_due: bool,
    /// How long until the first waiting task is due, if it is not yet.
    next: Option<Duration>,
}

impl Look {
    fn is_something(self) -> bool {
        self.has_ready || self.has_suspects || self.has_due
    }
}

/// One seek an index for each queue, however long the queues are.
const LOOK: &str = "SELECT
        coalesce(max(EXISTS (SELECT 1 FROM tasks WHERE state = 'ready' AND queue = names.value)), 0),
        coalesce(max(EXISTS (SELECT 1 FROM tasks WHERE state = 'suspect' AND queue = names.value)), 0)
            AND NOT EXISTS (SELECT 1 FROM tasks WHERE state = 'running' AND worker = ?2 AND crashes > 0),
        min((SELECT min(due_at) FROM tasks WHERE state = 'waiting' AND queue = names.value))
    FROM json_each(?1) AS names";

const PROMOTE: &str =
    "UPDATE tasks SET state = CASE WHEN crashes > 0 THEN 'suspect' ELSE 'ready' END
    WHERE seq IN (
        SELECT seq FROM tasks
        WHERE state = 'waiting' AND queue IN (SELECT value FROM json_each(?1)) AND due_at <= ?2
        LIMIT 1000)";

const TAKE_SUSPECT: &str = "UPDATE tasks SET state = 'running', worker = ?2, fence = ?3, moved = ?4
    WHERE seq = (
            SELECT seq FROM tasks
            WHERE state = 'suspect' AND queue IN (SELECT value FROM json_each(?1))
            ORDER BY priority, due_at, seq LIMIT 1)
        AND NOT EXISTS (SELECT 1 FROM tasks WHERE state = 'running' AND worker = ?2 AND crashes > 0)
    RETURNING *";

struct Take {
    worker: WorkerId,
    queues: Queues,
    /// The names of `queues` as a JSON array.
    names: String,
    most: usize,
    /// What need not be looked for: it costs a statement each.
    seen: Look,
    now: i64,
    moved: i64,
    fence: i64,
}

#[async_trait]
impl Write for Take {
    type Answer = Vec<Lease>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Lease>> {
        let mut leases = Vec::new();
        if self.seen.has_due {
            sqlx::query(PROMOTE)
                .bind(&self.names)
                .bind(self.now)
                .execute(&mut *connection)
                .await?;
        }
        if self.seen.has_suspects || self.seen.has_due {
            leases.extend(self.take_suspect(connection).await?);
        }
        let room = self.most - leases.len();
        if room > 0 {
            leases.extend(self.take_ready(room, connection).await?);
        }
        Ok(leases)
    }

    /// Nobody began these tasks, and nobody will: they are given back.
    fn undo(&self, leases: Vec<Lease>) -> Option<Box<dyn Request>> {
        if leases.is_empty() {
            return None;
        }
        let ended: Vec<_> = leases
            .into_iter()
            .map(|lease| lease.end(Verdict::Release))
            .collect();
        let at = chrono::DateTime::from_timestamp_micros(self.now)?;
        Some(unattended(Settle::new(&ended, at, self.moved)))
    }
}

impl Take {
    async fn take_suspect(&self, connection: &mut SqliteConnection) -> sqlx::Result<Option<Lease>> {
        let taken = sqlx::query(TAKE_SUSPECT)
            .bind(&self.names)
            .bind(self.worker.as_uuid())
            .bind(self.fence)
            .bind(self.moved)
            .fetch_optional(connection)
            .await?;
        taken.as_ref().map(lease).transpose()
    }

    /// The first of each queue in the order of its index, and the first of all these.
    async fn take_ready(
        &self,
        most: usize,
        connection: &mut SqliteConnection,
    ) -> sqlx::Result<Vec<Lease>> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut query = QueryBuilder::new("UPDATE tasks SET state = 'running', worker = ");
        query
            .push_bind(self.worker.as_uuid())
            .push(", fence = ")
            .push_bind(self.fence)
            .push(", moved = ")
            .push_bind(self.moved)
            .push(" WHERE seq IN (SELECT seq FROM (");
        let mut firsts = query.separated(" UNION ALL ");
        for queue in self.queues.names() {
            firsts
                .push("SELECT * FROM (SELECT seq, priority, due_at FROM tasks WHERE state = 'ready' AND queue = ")
                .push_bind_unseparated(queue.as_str())
                .push_unseparated(" ORDER BY priority, due_at, seq LIMIT ")
                .push_bind_unseparated(most)
                .push_unseparated(")");
        }
        query
            .push(") ORDER BY priority, due_at, seq LIMIT ")
            .push_bind(most)
            .push(") RETURNING *");
        let mut rows = query.build().fetch_all(connection).await?;
        // What is returned comes in no particular order.
        rows.sort_by_cached_key(|row| {
            let place = |column| row.try_get::<i64, _>(column).unwrap_or(i64::MAX);
            (place("priority"), place("due_at"), place("seq"))
        });
        rows.iter().map(lease).collect()
    }
}

fn lease(row: &SqliteRow) -> sqlx::Result<Lease> {
    Ok(Lease {
        envelope: envelope(row)?,
        attempt: count::<u32>(row, "attempts")?.saturating_add(1),
        crashes: count(row, "crashes")?,
        due_since: instant(row, "due_since")?,
        fence: Fence(row.try_get("fence")?),
    })
}

fn envelope(row: &SqliteRow) -> sqlx::Result<Envelope> {
    let headers = row
        .try_get::<Option<&str>, _>("headers")?
        .map_or_else(|| Ok(Map::new()), serde_json::from_str)
        .map_err(|error| unreadable("headers", error))?;
    Ok(Envelope {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        payload: Payload::from_bytes(row.try_get("payload")?),
        queue: parsed(row, "queue")?,
        priority: Priority::new(count(row, "priority")?),
        due: Due::At(instant(row, "due_at")?),
        expires_at: optional_instant(row, "expires_at")?,
        key: optional(row, "key")?,
        headers,
    })
}
