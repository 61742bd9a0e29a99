//! Hands due tasks to workers.

mod take;

use std::time::Duration;

use domain::ports::{Lease, Queues, WorkerId};
use domain::tasks::QueueName;

use self::take::Take;
pub(in crate::sqlite) use self::take::{PROMOTE, envelope, push_firsts, sorted};
pub(super) use self::take::{TAKE_SUSPECT, given_back, lease};
use crate::sql::{BLINK, POLL, Patience};
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;

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
        let names = names_of(queues);
        let patience = Patience::of(wait);
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
            if patience.is_over(next, bell).await {
                return Ok(Vec::new());
            }
        }
    }

    /// Whether there is anything to take, without writing.
    pub(super) async fn look(&self, worker: WorkerId, names: &str) -> Result<Look, StoreError> {
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

/// The names of `queues` as a JSON array.
pub(super) fn names_of(queues: &Queues) -> String {
    let names: Vec<_> = queues.names().iter().map(QueueName::as_str).collect();
    serde_json::to_string(&names).expect("names serialize")
}

/// What a look at the queues showed.
#[derive(Clone, Copy)]
pub(super) struct Look {
    has_ready: bool,
    /// Whether there are suspects and the worker may have one.
    pub(super) has_suspects: bool,
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
