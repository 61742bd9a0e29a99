//! Ends leases, each with its verdict.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Ended, Settled};
use sqlx::sqlite::SqliteConnection;

use super::MOST_PER_WRITE;
use crate::sql::changes;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::writer::Write;

impl SqliteStore {
    pub(super) async fn settle_in_steps(
        &self,
        ended: &[Ended],
    ) -> Result<Vec<Settled>, StoreError> {
        let mut answers = Vec::with_capacity(ended.len());
        for step in ended.chunks(MOST_PER_WRITE) {
            let settle = Settle::new(step, self.clock.now(), self.tick());
            let SettleAnswer { mut held, rings } = self.write(settle).await?;
            if rings {
                self.bell.notify_waiters();
            }
            answers.extend(step.iter().map(|ended| {
                // Of two verdicts on one lease the first is the one that was obeyed.
                if held.remove(&(ended.id.as_str().to_owned(), ended.fence.0)) {
                    Settled::InTime
                } else {
                    Settled::TooLate
                }
            }));
        }
        Ok(answers)
    }
}

/// Verdicts on their way into the rows, as one JSON array.
pub(in crate::sqlite::tasks) struct Settle {
    verdicts: String,
    moved: i64,
    rings: Rings,
}

/// Whether somebody may find work afterwards that they did not before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rings {
    Always,
    ForSuspects,
}

pub(in crate::sqlite::tasks) struct SettleAnswer {
    /// The leases that were held, by task and fence.
    held: HashSet<(String, i64)>,
    rings: bool,
}

impl Settle {
    /// Ends the leases `ended` at `now`.
    pub(in crate::sqlite::tasks) fn new(ended: &[Ended], now: DateTime<Utc>, moved: i64) -> Self {
        let verdicts = changes(ended, now);
        let goes_on = verdicts.iter().any(|change| change.ended_at.is_none());
        Self {
            verdicts: serde_json::to_string(&verdicts).expect("verdicts serialize"),
            moved,
            rings: if goes_on {
                Rings::Always
            } else {
                Rings::ForSuspects
            },
        }
    }
}

/// Each verdict is found by the id of its task; the plus keeps the index of what runs out of it.
const SETTLE: &str = "UPDATE tasks SET
        state = CASE WHEN ended.state = 'ready' AND tasks.crashes + ended.crashes > 0
            THEN 'suspect' ELSE ended.state END,
        moved = ?2 + ended.place, worker = NULL,
        due_at = coalesce(ended.due_at, tasks.due_at),
        attempts = tasks.attempts + ended.attempts, crashes = tasks.crashes + ended.crashes,
        reason = coalesce(ended.reason, tasks.reason), result = ended.result, ended_at = ended.ended_at
    FROM (SELECT key AS place, value ->> 'id' AS id, value ->> 'fence' AS fence, value ->> 'state' AS state,
            value ->> 'due_at' AS due_at, value ->> 'attempts' AS attempts, value ->> 'crashes' AS crashes,
            value ->> 'reason' AS reason, value ->> 'result' AS result, value ->> 'ended_at' AS ended_at
        FROM json_each(?1)) AS ended
    WHERE tasks.id = ended.id AND tasks.fence = ended.fence AND +tasks.state = 'running'
    RETURNING id, fence, crashes";

#[async_trait]
impl Write for Settle {
    type Answer = SettleAnswer;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<SettleAnswer> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(SETTLE)
            .bind(&self.verdicts)
            .bind(self.moved)
            .fetch_all(connection)
            .await?;
        // The end of a suspect lets its worker have the next.
        let rings = self.rings == Rings::Always || rows.iter().any(|(_, _, crashes)| *crashes > 0);
        let held = rows.into_iter().map(|(id, fence, _)| (id, fence)).collect();
        Ok(SettleAnswer { held, rings })
    }
}
