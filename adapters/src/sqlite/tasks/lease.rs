//! Hands due tasks to workers.

mod take;

use std::time::Duration;

use domain::ports::{Lease, Queues, WorkerId};
use domain::tasks::QueueName;
use tokio::time::{Instant, timeout};

use self::take::Take;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;

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
