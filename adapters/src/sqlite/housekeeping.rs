//! What has had its time goes, a bounded number of rows at once.

use async_trait::async_trait;
use domain::ports::{Housekeeping, PortError, Tidied};
use domain::schedules::OCCURRENCES_KEPT_FOR;
use domain::tasks::DONE_TASKS_KEPT_FOR;
use sqlx::sqlite::SqliteConnection;

use super::SqliteStore;
use super::writer::Write;

#[async_trait]
impl Housekeeping for SqliteStore {
    async fn tidy(&self) -> Result<Tidied, PortError> {
        let now = self.clock.now();
        let done_before = now
            .checked_sub_signed(DONE_TASKS_KEPT_FOR)
            .unwrap_or_default();
        let seen_before = now
            .checked_sub_signed(OCCURRENCES_KEPT_FOR)
            .unwrap_or_default();
        let mut removed = [0; 5];
        let steps = [
            (TASKS, done_before),
            (TOKENS, now),
            (ANSWERS, now),
            (OCCURRENCES, seen_before),
            (SKIPPED, seen_before),
        ];
        for (count, (statement, instant)) in removed.iter_mut().zip(steps) {
            let step = Remove {
                statement,
                instant: instant.timestamp_micros(),
            };
            *count = self
                .write(step)
                .await
                .map_err(|error| error.into_port("tidy up"))?;
        }
        let [tasks, tokens, answers, fired, skipped] = removed;
        let pauses = self.tidy_pauses().await;
        Ok(Tidied {
            tasks,
            tokens,
            answers,
            pauses: pauses.map_err(|error| error.into_port("tidy up"))?,
            occurrences: fired + skipped,
        })
    }
}

const TASKS: &str = "DELETE FROM tasks WHERE seq IN
    (SELECT seq FROM tasks WHERE state = 'done' AND ended_at < ? ORDER BY ended_at LIMIT 1000)";
const TOKENS: &str = "DELETE FROM tokens WHERE digest IN
    (SELECT digest FROM tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT 1000)";
const ANSWERS: &str = "DELETE FROM answers WHERE (artist_id, key) IN
    (SELECT artist_id, key FROM answers WHERE keep_until <= ? ORDER BY keep_until LIMIT 1000)";
const OCCURRENCES: &str = "DELETE FROM occurrences WHERE (entry, due_at) IN
    (SELECT entry, due_at FROM occurrences JOIN schedule_entries ON name = entry
        WHERE fired_at < ? AND due_at <> last_fired_due ORDER BY fired_at LIMIT 1000)";
const SKIPPED: &str = "DELETE FROM skipped_occurrences WHERE (entry, first_due) IN
    (SELECT entry, first_due FROM skipped_occurrences WHERE seen_at < ? ORDER BY seen_at LIMIT 1000)";

struct Remove {
    statement: &'static str,
    instant: i64,
}

#[async_trait]
impl Write for Remove {
    type Answer = u64;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        let removed = sqlx::query(self.statement)
            .bind(self.instant)
            .execute(connection)
            .await?;
        Ok(removed.rows_affected())
    }
}
