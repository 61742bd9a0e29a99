//! Marks due tasks as relayed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::Push;
use domain::tasks::Envelope;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::tasks::{PROMOTE, envelope, place};
use crate::postgres::values::each;
use crate::sql::{Backlog, LOOK_AT_BACKLOG, Patience, number};

impl PostgresStore {
    pub(super) async fn mark_within(
        &self,
        push: Push,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Envelope>, StoreError> {
        let patience = Patience::of(wait);
        loop {
            let bell = self.bell.rung();
            let now = self.clock.now();
            let backlog = self.backlog().await?;
            if backlog.has_due(now) {
                let names = backlog.waiting();
                self.pool
                    .changed(|| sqlx::query(PROMOTE).bind(&names).bind(now))
                    .await?;
            }
            if most == 0 {
                return Ok(Vec::new());
            }
            if backlog.is_something(now) {
                let tasks = self.mark(push, most, &backlog).await?;
                if !tasks.is_empty() {
                    return Ok(tasks);
                }
            }
            if patience.is_over(backlog.next_look(now), bell).await {
                return Ok(Vec::new());
            }
        }
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let rows = self.pool.all(|| sqlx::query(LOOK_AT_BACKLOG)).await?;
        let mut backlog = Backlog::default();
        for row in &rows {
            let due: Option<DateTime<Utc>> = row.try_get("due")?;
            backlog.add(
                row.try_get("state")?,
                row.try_get("queue")?,
                due,
                row.try_get::<i64, _>("tasks")?.unsigned_abs(),
            );
        }
        Ok(backlog)
    }

    async fn mark(
        &self,
        push: Push,
        most: usize,
        backlog: &Backlog,
    ) -> Result<Vec<Envelope>, StoreError> {
        let (names, rooms) = backlog.rooms();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let marking = || {
            sqlx::query(MARK)
                .bind(push.relay.as_uuid())
                .bind(number(push.number))
                .bind(&names)
                .bind(&rooms)
                .bind(most)
        };
        let mut rows: Vec<PgRow> = self.pool.all(marking).await?;
        // What is returned comes in no particular order.
        rows.sort_by_cached_key(place);
        Ok(each(&rows, envelope)?)
    }
}

/// The first of each queue, as far as there is room for it, and the first of all these.
const MARK: &str = "
    WITH first AS MATERIALIZED (
        SELECT firsts.seq FROM unnest($3, $4) AS rooms (one, room) CROSS JOIN LATERAL (
            SELECT seq, priority, due_at FROM tasks
            WHERE state = 'ready' AND queue = one
            ORDER BY priority, due_at, seq LIMIT least(room, $5) FOR UPDATE SKIP LOCKED) AS firsts
        ORDER BY firsts.priority, firsts.due_at, firsts.seq LIMIT $5)
    UPDATE tasks SET state = 'relayed', relay = $1, push = $2, moved_at = clock_timestamp()
    WHERE seq = ANY (ARRAY(SELECT seq FROM first)) RETURNING *";
