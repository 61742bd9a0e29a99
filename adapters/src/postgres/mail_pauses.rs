//! Who sends no mail for now.

use async_trait::async_trait;
use domain::ports::{MailPause, MailPauses, PortError, WorkerId};
use domain::tasks::Reason;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::error::StoreError;
use super::pool::Statement;
use super::values::each;

#[async_trait]
impl MailPauses for PostgresStore {
    async fn begin(&self, pause: &MailPause) -> Result<(), PortError> {
        self.pool
            .changed(|| beginning(pause))
            .await
            .map(drop)
            .map_err(|error| error.into_port("store a pause"))
    }

    async fn end(&self, sender: WorkerId) -> Result<(), PortError> {
        self.end_pause(sender)
            .await
            .map_err(|error| error.into_port("end a pause"))
    }

    async fn list(&self) -> Result<Vec<MailPause>, PortError> {
        let listed = async {
            let lease = self.presence.lease();
            let rows = self.pool.all(|| sqlx::query(LIVING).bind(lease)).await?;
            Ok(each(&rows, pause)?)
        };
        listed
            .await
            .map_err(|error: StoreError| error.into_port("list pauses"))
    }
}

const LIVING: &str = "
    SELECT mail_pauses.* FROM mail_pauses JOIN workers ON workers.id = sender
    WHERE statement_timestamp() - $1 * interval '1 microsecond' <= seen_at
    ORDER BY mail_pauses.since, sender";

/// A sender is surely dead once its row is gone, or says so.
const DEAD: &str = "
    SELECT * FROM mail_pauses WHERE NOT EXISTS
        (SELECT FROM workers WHERE workers.id = sender AND '-infinity' < seen_at)";

/// Makes due, a bounded number at once, what waits to be tried again for this reason.
const LET_GO: &str = "
    UPDATE tasks SET due_at = $1 WHERE seq = ANY (ARRAY(
        SELECT seq FROM tasks WHERE state = 'waiting' AND $1 < due_at AND reason = $2
        LIMIT 1000 FOR UPDATE SKIP LOCKED))";

impl PostgresStore {
    async fn end_pause(&self, sender: WorkerId) -> Result<(), StoreError> {
        let ending =
            || sqlx::query("DELETE FROM mail_pauses WHERE sender = $1").bind(sender.as_uuid());
        self.pool.changed(ending).await.map(drop)
    }

    /// Forgets the pauses of the dead, and lets go what they held back; answers how many.
    pub(super) async fn tidy_pauses(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut removed = 0;
        for pause in each(&self.pool.all(|| sqlx::query(DEAD)).await?, pause)? {
            let reason = pause.reason.as_str();
            let letting_go = || sqlx::query(LET_GO).bind(now).bind(reason);
            while self.pool.changed(letting_go).await? != 0 {
                self.bell.ring();
            }
            self.end_pause(pause.sender).await?;
            removed += 1;
        }
        Ok(removed)
    }
}

fn beginning(pause: &MailPause) -> Statement<'_> {
    let MailPause {
        sender,
        since,
        until,
        reason,
    } = pause;
    sqlx::query(
        "INSERT INTO mail_pauses (sender, since, until, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (sender) DO UPDATE SET since = $2, until = $3, reason = $4",
    )
    .bind(sender.as_uuid())
    .bind(since)
    .bind(until)
    .bind(reason.as_str())
}

fn pause(row: &PgRow) -> sqlx::Result<MailPause> {
    Ok(MailPause {
        sender: WorkerId::new(row.try_get("sender")?),
        since: row.try_get("since")?,
        until: row.try_get("until")?,
        reason: Reason::new(row.try_get::<String, _>("reason")?),
    })
}
