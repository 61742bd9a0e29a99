//! Takes due tasks for a worker: its least suspect suspect first, then by urgency.

use async_trait::async_trait;
use chrono::DateTime;
use domain::ports::{Fence, Lease, Queues, Verdict, WorkerId};
use domain::tasks::{Due, Envelope, Payload, Priority};
use serde_json::Map;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _};

use super::Look;
use crate::sqlite::tasks::settle::Settle;
use crate::sqlite::values::{count, instant, optional, optional_instant, parsed, unreadable};
use crate::sqlite::writer::{Request, Write, unattended};

pub(in crate::sqlite) const PROMOTE: &str =
    "UPDATE tasks SET state = CASE WHEN crashes > 0 THEN 'suspect' ELSE 'ready' END
    WHERE seq IN (
        SELECT seq FROM tasks
        WHERE state = 'waiting' AND queue IN (SELECT value FROM json_each(?1)) AND due_at <= ?2
        LIMIT 1000)";

pub(in crate::sqlite::tasks) const TAKE_SUSPECT: &str =
    "UPDATE tasks SET state = 'running', worker = ?2, fence = ?3, moved = ?4
    WHERE seq = (
            SELECT seq FROM tasks
            WHERE state = 'suspect' AND queue IN (SELECT value FROM json_each(?1))
            ORDER BY crashes, priority, due_at, seq LIMIT 1)
        AND NOT EXISTS (SELECT 1 FROM tasks WHERE state = 'running' AND worker = ?2 AND crashes > 0)
    RETURNING *";

/// Takes what is due for a worker.
pub(super) struct Take {
    pub(super) worker: WorkerId,
    pub(super) queues: Queues,
    /// The names of `queues` as a JSON array.
    pub(super) names: String,
    pub(super) most: usize,
    /// What need not be looked for: it costs a statement each.
    pub(super) seen: Look,
    pub(super) now: i64,
    pub(super) moved: i64,
    pub(super) fence: i64,
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
        given_back(leases, self.now, self.moved)
    }
}

/// Gives back leases that nobody waits for any more.
pub(in crate::sqlite::tasks) fn given_back(
    leases: Vec<Lease>,
    now: i64,
    moved: i64,
) -> Option<Box<dyn Request>> {
    if leases.is_empty() {
        return None;
    }
    let ended: Vec<_> = leases
        .into_iter()
        .map(|lease| lease.end(Verdict::Release))
        .collect();
    let at = DateTime::from_timestamp_micros(now)?;
    Some(unattended(Settle::new(&ended, at, moved)))
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
            .push_bind(self.moved);
        let queues = self.queues.names().iter();
        push_firsts(&mut query, queues.map(|queue| (queue.as_str(), most)), most);
        let rows = query.build().fetch_all(connection).await?;
        sorted(rows).iter().map(lease).collect()
    }
}

/// Ends an update with its rows: of those that are ready so many of each queue, in the order of
/// its index, and the first of all these.
pub(in crate::sqlite) fn push_firsts<'a>(
    query: &mut QueryBuilder<Sqlite>,
    queues: impl Iterator<Item = (&'a str, i64)>,
    most: i64,
) {
    query.push(" WHERE seq IN (SELECT seq FROM (");
    let mut firsts = query.separated(" UNION ALL ");
    for (queue, most) in queues {
        firsts
            .push("SELECT * FROM (SELECT seq, priority, due_at FROM tasks WHERE state = 'ready' AND queue = ")
            .push_bind_unseparated(queue.to_owned())
            .push_unseparated(" ORDER BY priority, due_at, seq LIMIT ")
            .push_bind_unseparated(most)
            .push_unseparated(")");
    }
    query
        .push(") ORDER BY priority, due_at, seq LIMIT ")
        .push_bind(most)
        .push(") RETURNING *");
}

/// What an update returned, which comes in no particular order.
pub(in crate::sqlite) fn sorted(mut rows: Vec<SqliteRow>) -> Vec<SqliteRow> {
    rows.sort_by_cached_key(|row| {
        let place = |column| row.try_get::<i64, _>(column).unwrap_or(i64::MAX);
        (place("priority"), place("due_at"), place("seq"))
    });
    rows
}

pub(in crate::sqlite::tasks) fn lease(row: &SqliteRow) -> sqlx::Result<Lease> {
    Ok(Lease {
        envelope: envelope(row)?,
        attempt: count::<u32>(row, "attempts")?.saturating_add(1),
        crashes: count(row, "crashes")?,
        due_since: instant(row, "due_since")?,
        fence: Fence(row.try_get("fence")?),
        conveyed: false,
    })
}

pub(in crate::sqlite) fn envelope(row: &SqliteRow) -> sqlx::Result<Envelope> {
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
