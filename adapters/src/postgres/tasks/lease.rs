//! Hands due tasks to workers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{Lease, Queues, WorkerId};
use domain::tasks::QueueName;
use sqlx::Row as _;

use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::sql::{BLINK, POLL, Patience};

impl PostgresStore {
    pub(super) async fn lease_within(
        &self,
        worker: WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        self.arrive(worker).await?;
        if most == 0 {
            return Ok(Vec::new());
        }
        let names: Vec<_> = queues.names().iter().map(QueueName::as_str).collect();
        let patience = Patience::of(wait);
        loop {
            let bell = self.bell.rung();
            let seen = self.look(worker, &names).await?;
            let next = if seen.is_something() {
                let leases = self.take(worker, &names, most, seen).await?;
                if !leases.is_empty() {
                    return Ok(leases);
                }
                BLINK
            } else {
                seen.next.unwrap_or(POLL)
            };
            if patience.is_over(next, bell).await {
                return Ok(Vec::new());
            }
        }
    }

    /// Makes `worker` known, and gives back what it does not know to be its own.
    pub(super) async fn arrive(&self, worker: WorkerId) -> Result<(), StoreError> {
        if !self.presence.knows(worker).await {
            self.renew_and_sweep(worker).await?;
        }
        self.give_back_lost(worker).await
    }

    /// Whether there is anything to take, without writing.
    pub(super) async fn look(&self, worker: WorkerId, names: &[&str]) -> Result<Look, StoreError> {
        let now = self.clock.now();
        let row = self
            .pool
            .first(|| sqlx::query(LOOK).bind(names).bind(worker.as_uuid()))
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        let next: Option<DateTime<Utc>> = row.try_get("next")?;
        Ok(Look {
            has_ready: row.try_get("has_ready")?,
            has_suspects: row.try_get("has_suspects")?,
            has_due: next.is_some_and(|due| due <= now),
            next: next.map(|due| {
                due.signed_duration_since(now)
                    .abs()
                    .to_std()
                    .unwrap_or(POLL)
            }),
        })
    }
}

/// What a look at the queues showed.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) has_ready: bool,
    /// Whether there are suspects and the worker may have one.
    pub(super) has_suspects: bool,
    /// Whether tasks wait whose instant has come.
    pub(super) has_due: bool,
    /// How long until the first waiting task is due, if it is not yet.
    next: Option<Duration>,
}

impl Look {
    fn is_something(self) -> bool {
        self.has_ready || self.has_suspects || self.has_due
    }
}

/// One seek an index for each queue, however long the queues are.
const LOOK: &str = "
    SELECT
        coalesce(bool_or(EXISTS (SELECT FROM tasks WHERE state = 'ready' AND queue = one)), false) AS has_ready,
        coalesce(bool_or(EXISTS (SELECT FROM tasks WHERE state = 'suspect' AND queue = one)), false)
            AND NOT EXISTS (SELECT FROM tasks WHERE state = 'running' AND worker = $2 AND crashes > 0) AS has_suspects,
        min((SELECT due_at FROM tasks WHERE state = 'waiting' AND queue = one ORDER BY due_at LIMIT 1)) AS next
    FROM unnest($1) AS names (one)";
