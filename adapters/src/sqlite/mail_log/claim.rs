//! Claims the right to send a mail.

use async_trait::async_trait;
use domain::model::MailKey;
use domain::ports::{Claim, Fence, MailClaim, MailState, WorkerId};
use domain::tasks::Reason;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{reason, state};
use crate::sqlite::writer::Write;

/// One attempt at claiming a mail.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) key: MailKey,
    pub(super) sender: WorkerId,
    pub(super) fence: i64,
    /// The claim known to be dead or overdue; any other that is *sending* is respected.
    pub(super) overtaken: Option<i64>,
    pub(super) changed_at: i64,
    pub(super) moved: i64,
}

/// What came of an attempt.
pub(super) enum Attempted {
    Ended(Claim),
    Sending(Held),
}

/// Who is at the final step, under which claim, since when.
pub(super) struct Held {
    pub(super) sender: WorkerId,
    pub(super) fence: i64,
    pub(super) since: Option<i64>,
}

#[async_trait]
impl Write for Attempt {
    type Answer = Attempted;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Attempted> {
        let row = sqlx::query("SELECT * FROM mail_log WHERE kind = ? AND cause = ?")
            .bind(self.key.kind.as_str())
            .bind(self.key.cause)
            .fetch_optional(&mut *connection)
            .await?;
        let is_in_doubt = match row {
            None => false,
            Some(row) => match state(&row)? {
                MailState::Claimed => row.try_get("in_doubt")?,
                MailState::Sending => {
                    let held = held(&row)?;
                    if self.overtaken != Some(held.fence) {
                        return Ok(Attempted::Sending(held));
                    }
                    true
                }
                MailState::Sent => return Ok(Attempted::Ended(Claim::AlreadySent)),
                MailState::Parked => {
                    let reason = reason(&row)?.unwrap_or_else(|| Reason::new("no reason was kept"));
                    return Ok(Attempted::Ended(Claim::Parked(reason)));
                }
            },
        };
        self.grant(is_in_doubt, connection).await
    }
}

impl Attempt {
    async fn grant(
        &self,
        is_in_doubt: bool,
        connection: &mut SqliteConnection,
    ) -> sqlx::Result<Attempted> {
        sqlx::query(
            "INSERT OR REPLACE INTO mail_log (kind, cause, state, moved, fence, sender, in_doubt, changed_at)
             VALUES (?, ?, 'claimed', ?, ?, ?, ?, ?)",
        )
        .bind(self.key.kind.as_str())
        .bind(self.key.cause)
        .bind(self.moved)
        .bind(self.fence)
        .bind(self.sender.as_uuid())
        .bind(is_in_doubt)
        .bind(self.changed_at)
        .execute(connection)
        .await?;
        Ok(Attempted::Ended(Claim::Granted(MailClaim {
            key: self.key,
            sender: self.sender,
            fence: Fence(self.fence),
            is_in_doubt,
        })))
    }
}

fn held(row: &SqliteRow) -> sqlx::Result<Held> {
    Ok(Held {
        sender: WorkerId::new(row.try_get("sender")?),
        fence: row.try_get("fence")?,
        since: row.try_get("sending_at")?,
    })
}
