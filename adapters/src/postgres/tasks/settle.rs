//! Ends leases, each with its verdict.

use std::collections::HashSet;

use domain::ports::{Ended, Settled};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::MOST_AT_ONCE;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::pool::Statement;
use crate::sql::{Change, changes};

impl PostgresStore {
    pub(super) async fn settle_in_steps(
        &self,
        ended: &[Ended],
    ) -> Result<Vec<Settled>, StoreError> {
        let mut answers = Vec::with_capacity(ended.len());
        for step in ended.chunks(MOST_AT_ONCE) {
            let changes = changes(step, self.clock.now());
            let rows = self.pool.all(|| settling(&changes)).await?;
            // The end of a suspect lets its worker have the next.
            let frees_suspect = |row: &PgRow| row.try_get("crashes").is_ok_and(|it: i32| 0 < it);
            let goes_on = |change: &Change| change.ended_at.is_none();
            if changes.iter().any(goes_on) || rows.iter().any(frees_suspect) {
                self.bell.ring();
            }
            let mut held = HashSet::with_capacity(rows.len());
            for row in &rows {
                held.insert((row.try_get("id")?, row.try_get("fence")?));
            }
            answers.extend(step.iter().map(|ended| {
                // Of two verdicts on one lease the first is the one that was obeyed.
                if held.remove(&(ended.id.as_str(), ended.fence.0)) {
                    Settled::InTime
                } else {
                    Settled::TooLate
                }
            }));
        }
        Ok(answers)
    }
}

const SETTLE: &str = "
    UPDATE tasks SET
        state = CASE WHEN ended.state = 'ready' AND tasks.crashes + ended.crashes > 0
            THEN 'suspect' ELSE ended.state END,
        moved_at = statement_timestamp() + ended.place * interval '1 microsecond', worker = NULL,
        due_at = coalesce(ended.due_at, tasks.due_at),
        attempts = tasks.attempts + ended.attempts, crashes = tasks.crashes + ended.crashes,
        reason = coalesce(ended.reason, tasks.reason), result = ended.result, ended_at = ended.ended_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
        AS ended (id, fence, state, due_at, attempts, crashes, reason, result, ended_at, place)
    WHERE tasks.id = ended.id AND tasks.fence = ended.fence AND tasks.state = 'running'
    RETURNING tasks.id, tasks.fence, tasks.crashes";

fn settling<'a>(changes: &'a [Change<'a>]) -> Statement<'a> {
    fn column<'a, T>(changes: &'a [Change<'a>], of: impl Fn(&'a Change<'a>) -> T) -> Vec<T> {
        changes.iter().map(of).collect()
    }
    sqlx::query(SETTLE)
        .bind(column(changes, |it| it.id))
        .bind(column(changes, |it| it.fence))
        .bind(column(changes, |it| it.state))
        .bind(column(changes, |it| it.due_at))
        .bind(column(changes, |it| it.attempts))
        .bind(column(changes, |it| it.crashes))
        .bind(column(changes, |it| it.reason))
        .bind(column(changes, |it| it.result.as_deref()))
        .bind(column(changes, |it| it.ended_at))
}
