//! Takes due tasks for a worker: its least suspect suspect first, then by urgency.

use domain::ports::{Fence, Lease, WorkerId};
use domain::tasks::{Due, Envelope, Payload, Priority};
use serde_json::Map;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::lease::Look;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::values::{each, optional, parsed, small_count, unreadable};

pub(in crate::postgres) const PROMOTE: &str = "
    UPDATE tasks SET state = CASE WHEN crashes > 0 THEN 'suspect' ELSE 'ready' END
    WHERE seq = ANY (ARRAY(
        SELECT seq FROM tasks
        WHERE state = 'waiting' AND queue = ANY ($1) AND due_at <= $2
        ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED))";

/// Only a worker that is not about to be taken for dead takes anything, and its row is held
/// until it has: so nothing is left in the hands of one whose row is gone.
macro_rules! me {
    ($rest:literal) => {
        concat!(
            "WITH me AS (
                UPDATE workers SET seen_at = statement_timestamp()
                WHERE id = $1 AND statement_timestamp() - $2 / 2 * interval '1 microsecond' <= seen_at
                RETURNING id), ",
            $rest,
            " UPDATE tasks SET state = 'running', worker = $1, fence = $3, moved_at = clock_timestamp()
            WHERE seq = ANY (ARRAY(SELECT seq FROM first)) RETURNING *"
        )
    };
}

const TAKE_SUSPECT: &str = me!("first AS MATERIALIZED (
        SELECT seq FROM tasks
        WHERE state = 'suspect' AND queue = ANY ($4) AND EXISTS (SELECT FROM me)
            AND NOT EXISTS (SELECT FROM tasks WHERE state = 'running' AND worker = $1 AND crashes > 0)
        ORDER BY crashes, priority, due_at, seq LIMIT 1 FOR UPDATE SKIP LOCKED)");

/// The first of each queue in the order of its index, and the first of all these.
const TAKE_READY: &str = me!("first AS MATERIALIZED (
        SELECT firsts.seq FROM unnest($4) AS names (one) CROSS JOIN LATERAL (
            SELECT seq, priority, due_at FROM tasks
            WHERE state = 'ready' AND queue = one
            ORDER BY priority, due_at, seq LIMIT $5 FOR UPDATE SKIP LOCKED) AS firsts
        WHERE EXISTS (SELECT FROM me)
        ORDER BY firsts.priority, firsts.due_at, firsts.seq LIMIT $5)");

const GIVE_BACK: &str = "
    UPDATE tasks SET state = CASE WHEN crashes > 0 THEN 'suspect' ELSE 'ready' END, worker = NULL,
        moved_at = clock_timestamp()
    WHERE state = 'running' AND worker = $1 AND fence = ANY ($2)";

impl PostgresStore {
    /// Takes up to `most` tasks of what was `seen`.
    pub(super) async fn take(
        &self,
        worker: WorkerId,
        names: &[&str],
        most: usize,
        seen: Look,
    ) -> Result<Vec<Lease>, StoreError> {
        let fence: i64 = rand::random();
        let on_its_way = self.lost.unless_it_arrives(worker, fence);
        let mut rows = Vec::new();
        if seen.has_due {
            self.pool
                .changed(|| sqlx::query(PROMOTE).bind(names).bind(self.clock.now()))
                .await?;
        }
        if seen.has_suspects || seen.has_due {
            rows.extend(self.take_suspect(worker, names, fence).await?);
        }
        let room = i64::try_from(most - rows.len()).unwrap_or(i64::MAX);
        if 0 < room {
            let mut ready = self.take_ready(worker, names, fence, room).await?;
            // What is returned comes in no particular order.
            ready.sort_by_cached_key(place);
            rows.extend(ready);
        }
        if rows.is_empty() {
            // Others may have been quicker, or the worker was silent for so long that it is not known any more.
            self.presence.renew(worker).await?;
        }
        let leases = each(&rows, lease)?;
        on_its_way.arrived();
        Ok(leases)
    }

    pub(super) async fn take_suspect(
        &self,
        worker: WorkerId,
        names: &[&str],
        fence: i64,
    ) -> Result<Vec<PgRow>, StoreError> {
        let taking = || {
            sqlx::query(TAKE_SUSPECT)
                .bind(worker.as_uuid())
                .bind(self.presence.lease())
                .bind(fence)
                .bind(names)
        };
        match self.pool.all(taking).await {
            // Another lease of this worker took one at this moment.
            Err(error) if error.is_taken("tasks_one_suspect") => Ok(Vec::new()),
            taken => taken,
        }
    }

    async fn take_ready(
        &self,
        worker: WorkerId,
        names: &[&str],
        fence: i64,
        most: i64,
    ) -> Result<Vec<PgRow>, StoreError> {
        let taking = || {
            sqlx::query(TAKE_READY)
                .bind(worker.as_uuid())
                .bind(self.presence.lease())
                .bind(fence)
                .bind(names)
                .bind(most)
        };
        self.pool.all(taking).await
    }

    /// Gives back what was leased to `worker` without its knowledge: nobody has begun it.
    pub(super) async fn give_back_lost(&self, worker: WorkerId) -> Result<(), StoreError> {
        let fences = self.lost.of(worker);
        if fences.is_empty() {
            return Ok(());
        }
        let giving = || sqlx::query(GIVE_BACK).bind(worker.as_uuid()).bind(&fences);
        if 0 < self.pool.changed(giving).await? {
            self.bell.ring();
        }
        self.lost.found(&fences);
        Ok(())
    }
}

/// Where a row stands in the order in which tasks are offered.
pub(in crate::postgres) fn place(row: &PgRow) -> (i16, Option<chrono::DateTime<chrono::Utc>>, i64) {
    (
        row.try_get("priority").unwrap_or(i16::MAX),
        row.try_get("due_at").ok(),
        row.try_get("seq").unwrap_or(i64::MAX),
    )
}

pub(super) fn lease(row: &PgRow) -> sqlx::Result<Lease> {
    Ok(Lease {
        envelope: envelope(row)?,
        attempt: small_count(row, "attempts")?.saturating_add(1),
        crashes: small_count(row, "crashes")?,
        due_since: row.try_get("due_since")?,
        fence: Fence(row.try_get("fence")?),
        conveyed: false,
    })
}

pub(in crate::postgres) fn envelope(row: &PgRow) -> sqlx::Result<Envelope> {
    let headers = row
        .try_get::<Option<&str>, _>("headers")?
        .map_or_else(|| Ok(Map::new()), serde_json::from_str)
        .map_err(|error| unreadable("headers", error))?;
    let priority = row.try_get::<i16, _>("priority")?;
    Ok(Envelope {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        payload: Payload::from_bytes(row.try_get("payload")?),
        queue: parsed(row, "queue")?,
        priority: Priority::new(u8::try_from(priority).unwrap_or(u8::MAX)),
        due: Due::At(row.try_get("due_at")?),
        expires_at: row.try_get("expires_at")?,
        key: optional(row, "key")?,
        headers,
    })
}
