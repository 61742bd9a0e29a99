//! Who sends no mail for now.

use async_trait::async_trait;
use domain::ports::{MailPause, MailPauses, PortError, WorkerId};
use domain::tasks::Reason;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::SqliteStore;
use super::error::StoreError;
use super::values::instant;
use super::writer::Write;

#[async_trait]
impl MailPauses for SqliteStore {
    async fn begin(&self, pause: &MailPause) -> Result<(), PortError> {
        self.write(Begin(pause.clone()))
            .await
            .map_err(|error| error.into_port("store a pause"))
    }

    async fn end(&self, sender: WorkerId) -> Result<(), PortError> {
        self.write(End(sender))
            .await
            .map_err(|error| error.into_port("end a pause"))
    }

    async fn list(&self) -> Result<Vec<MailPause>, PortError> {
        let mut living = Vec::new();
        let fail = |error: StoreError| error.into_port("list pauses");
        for pause in self.pauses().await.map_err(fail)? {
            let dead = self.presence.is_dead(pause.sender);
            if !dead.map_err(|error| fail(error.into()))? {
                living.push(pause);
            }
        }
        Ok(living)
    }
}

impl SqliteStore {
    async fn pauses(&self) -> Result<Vec<MailPause>, StoreError> {
        let pauses = sqlx::query("SELECT * FROM mail_pauses ORDER BY since, sender")
            .try_map(|row: SqliteRow| pause(&row))
            .fetch_all(&self.readers)
            .await?;
        Ok(pauses)
    }

    /// Forgets the pauses of the dead, and lets go what they held back; answers how many.
    pub(super) async fn tidy_pauses(&self) -> Result<u64, StoreError> {
        let mut removed = 0;
        for pause in self.pauses().await? {
            if self.presence.is_dead(pause.sender)? {
                let (now, reason) = (self.now(), pause.reason);
                while self.write(LetGo(reason.clone(), now)).await? != 0 {}
                self.write(End(pause.sender)).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

struct Begin(MailPause);

#[async_trait]
impl Write for Begin {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let MailPause {
            sender,
            since,
            until,
            reason,
        } = &self.0;
        sqlx::query(
            "INSERT OR REPLACE INTO mail_pauses (sender, since, until, reason) VALUES (?, ?, ?, ?)",
        )
        .bind(sender.as_uuid())
        .bind(since.timestamp_micros())
        .bind(until.timestamp_micros())
        .bind(reason.as_str())
        .execute(connection)
        .await?;
        Ok(())
    }
}

struct End(WorkerId);

#[async_trait]
impl Write for End {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM mail_pauses WHERE sender = ?")
            .bind(self.0.as_uuid())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Makes due, a bounded number at once, what waits to be tried again for this reason beyond
/// this instant.
struct LetGo(Reason, i64);

#[async_trait]
impl Write for LetGo {
    type Answer = u64;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        let Self(reason, now) = self;
        let let_go = sqlx::query(
            "UPDATE tasks SET due_at = ?1 WHERE seq IN
                (SELECT seq FROM tasks WHERE state = 'waiting' AND ?1 < due_at AND reason = ?2 LIMIT 1000)",
        )
        .bind(now)
        .bind(reason.as_str())
        .execute(connection)
        .await?;
        Ok(let_go.rows_affected())
    }
}

fn pause(row: &SqliteRow) -> sqlx::Result<MailPause> {
    Ok(MailPause {
        sender: WorkerId::new(row.try_get("sender")?),
        since: instant(row, "since")?,
        until: instant(row, "until")?,
        reason: Reason::new(row.try_get::<String, _>("reason")?),
    })
}
