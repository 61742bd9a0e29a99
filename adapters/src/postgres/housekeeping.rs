//! What has had its time goes, a bounded number of rows at once.

use async_trait::async_trait;
use domain::ports::{Housekeeping, PortError, Tidied};
use domain::schedules::OCCURRENCES_KEPT_FOR;
use domain::tasks::DONE_TASKS_KEPT_FOR;

use super::PostgresStore;

#[async_trait]
impl Housekeeping for PostgresStore {
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
        let fail = |error: super::StoreError| error.into_port("tidy up");
        for (count, (statement, instant)) in removed.iter_mut().zip(steps) {
            let removing = self.pool.changed(|| sqlx::query(statement).bind(instant));
            *count = removing.await.map_err(fail)?;
        }
        let [tasks, tokens, answers, fired, skipped] = removed;
        let pauses = self.tidy_pauses().await;
        Ok(Tidied {
            tasks,
            tokens,
            answers,
            pauses: pauses.map_err(fail)?,
            occurrences: fired + skipped,
        })
    }
}

/// Of several who tidy at once each takes what no other does.
const TASKS: &str = "DELETE FROM tasks WHERE seq = ANY (ARRAY(
    SELECT seq FROM tasks WHERE state = 'done' AND ended_at < $1
    ORDER BY ended_at LIMIT 1000 FOR UPDATE SKIP LOCKED))";
const TOKENS: &str = "DELETE FROM tokens WHERE digest = ANY (ARRAY(
    SELECT digest FROM tokens WHERE expires_at <= $1
    ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED))";
const ANSWERS: &str = "WITH ended AS MATERIALIZED (
        SELECT artist_id, key FROM answers WHERE keep_until <= $1
        ORDER BY keep_until LIMIT 1000 FOR UPDATE SKIP LOCKED)
    DELETE FROM answers USING ended
    WHERE answers.artist_id = ended.artist_id AND answers.key = ended.key";
const OCCURRENCES: &str = "WITH ended AS MATERIALIZED (
        SELECT entry, due_at FROM occurrences JOIN schedule_entries ON name = entry
        WHERE fired_at < $1 AND due_at <> last_fired_due
        ORDER BY fired_at LIMIT 1000 FOR UPDATE OF occurrences SKIP LOCKED)
    DELETE FROM occurrences USING ended
    WHERE occurrences.entry = ended.entry AND occurrences.due_at = ended.due_at";
const SKIPPED: &str = "WITH ended AS MATERIALIZED (
        SELECT entry, first_due FROM skipped_occurrences WHERE seen_at < $1
        ORDER BY seen_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
    DELETE FROM skipped_occurrences USING ended
    WHERE skipped_occurrences.entry = ended.entry AND skipped_occurrences.first_due = ended.first_due";
