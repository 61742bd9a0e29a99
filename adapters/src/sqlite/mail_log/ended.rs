//! Which of many mails have ended.

use std::collections::HashSet;

use domain::model::MailKey;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row as _, SqlitePool};
use uuid::Uuid;

/// How many mails one statement looks for.
const MAILS_PER_STATEMENT: usize = 256;

/// For each of `keys`, whether it was sent or parked.
pub(super) async fn of(keys: &[MailKey], readers: &SqlitePool) -> sqlx::Result<Vec<bool>> {
    let mut answers = Vec::with_capacity(keys.len());
    for some in keys.chunks(MAILS_PER_STATEMENT) {
        let ended: HashSet<(String, Uuid)> = statement(some)
            .build()
            // Few lists have the same length, so few of these statements come again.
            .persistent(some.len() == MAILS_PER_STATEMENT)
            .try_map(|row: SqliteRow| Ok((row.try_get("kind")?, row.try_get("cause")?)))
            .fetch_all(readers)
            .await?
            .into_iter()
            .collect();
        let is_ended = |key: &MailKey| ended.contains(&(key.kind.as_str().to_owned(), key.cause));
        answers.extend(some.iter().map(is_ended));
    }
    Ok(answers)
}

fn statement(keys: &[MailKey]) -> QueryBuilder<Sqlite> {
    // Asked row by row, each is one look into the primary key.
    let mut statement = QueryBuilder::new("WITH asked (kind, cause) AS (");
    statement.push_values(keys, |mut row, key| {
        row.push_bind(key.kind.as_str()).push_bind(key.cause);
    });
    statement.push(
        ") SELECT kind, cause FROM asked CROSS JOIN mail_log USING (kind, cause)
         WHERE state IN ('sent', 'parked')",
    );
    statement
}
