//! The right to send each mail, and which were sent.

mod claim;
mod ended;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use domain::model::{MailKey, MailKind};
use domain::ports::{
    Claim, MailClaim, MailLog, MailLogEntry, MailState, MailStep, PortError, Recorded, WorkerId,
};
use domain::tasks::Reason;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use self::claim::{Attempt, Attempted};
use super::SqliteStore;
use super::error::StoreError;
use super::values::{count, instant, unreadable};
use super::writer::Write;

/// How long the step of a mail waits to be let in: it may have been taken already, and
/// what is not stored as sent may go twice.
const RECORDED_WITHIN: Duration = Duration::from_secs(5);

#[async_trait]
impl MailLog for SqliteStore {
    async fn claim(
        &self,
        key: MailKey,
        sender: WorkerId,
        doubt_hold: TimeDelta,
    ) -> Result<Claim, PortError> {
        let fail = |error: StoreError| error.into_port("claim a mail");
        let mut attempt = Attempt {
            key,
            sender,
            fence: rand::random(),
            overtaken: None,
            changed_at: self.now(),
            moved: self.tick(),
        };
        loop {
            let held = match self.write(attempt).await.map_err(fail)? {
                Attempted::Ended(claim) => return Ok(claim),
                Attempted::Sending(held) => held,
            };
            let is_overdue = held.since.is_none_or(|since| {
                Utc::now().timestamp_micros().saturating_sub(since)
                    >= doubt_hold.num_microseconds().unwrap_or(i64::MAX)
            });
            let passes_on = is_overdue
                || self
                    .presence
                    .is_dead(held.sender)
                    .map_err(|error| fail(error.into()))?;
            if !passes_on {
                return Ok(Claim::Busy);
            }
            attempt.overtaken = Some(held.fence);
        }
    }

    async fn record(&self, claim: &MailClaim, step: MailStep) -> Result<Recorded, PortError> {
        let fail = |error: StoreError| error.into_port("record the step of a mail");
        if step == MailStep::Sending {
            let is_dead = self.presence.is_dead(claim.sender);
            if is_dead.map_err(|error| fail(error.into()))? {
                return Ok(Recorded::TooLate);
            }
        }
        let record = Record {
            claim: *claim,
            step,
            changed_at: self.now(),
            moved: self.tick(),
        };
        self.writes
            .send(record, RECORDED_WITHIN)
            .await
            .map_err(fail)
    }

    async fn ended(&self, keys: &[MailKey]) -> Result<Vec<bool>, PortError> {
        ended::of(keys, &self.readers)
            .await
            .map_err(|error| StoreError::from(error).into_port("look for mails that have ended"))
    }

    async fn counts(&self) -> Result<Vec<(MailState, u64)>, PortError> {
        sqlx::query("SELECT state, count(*) AS mails FROM mail_log GROUP BY state")
            .try_map(|row: SqliteRow| Ok((state(&row)?, count(&row, "mails")?)))
            .fetch_all(&self.readers)
            .await
            .map(|mut counts| {
                counts
                    .sort_by_key(|(state, _)| MailState::ALL.iter().position(|each| each == state));
                counts
            })
            .map_err(|error| StoreError::from(error).into_port("count mails"))
    }

    async fn list(&self, state: MailState, most: u32) -> Result<Vec<MailLogEntry>, PortError> {
        sqlx::query("SELECT * FROM mail_log WHERE state = ? ORDER BY moved DESC LIMIT ?")
            .bind(state.as_str())
            .bind(most)
            .try_map(|row: SqliteRow| entry(&row))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| StoreError::from(error).into_port("list mails"))
    }
}

struct Record {
    claim: MailClaim,
    step: MailStep,
    changed_at: i64,
    moved: i64,
}

#[async_trait]
impl Write for Record {
    type Answer = Recorded;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Recorded> {
        let (statement, detail) = match &self.step {
            MailStep::Sending => (SENDING, Detail::Since(Utc::now().timestamp_micros())),
            MailStep::Sent => (SENT, Detail::None),
            MailStep::Parked(reason) => (PARKED, Detail::Why(reason)),
            MailStep::Free => (FREE, Detail::None),
            MailStep::Withdrawn => (WITHDRAWN, Detail::None),
            MailStep::Doubt => (DOUBT, Detail::None),
        };
        let update = sqlx::query(statement)
            .bind(self.claim.key.kind.as_str())
            .bind(self.claim.key.cause)
            .bind(self.claim.fence.0);
        let update = match &self.step {
            MailStep::Withdrawn => update,
            _ => update.bind(self.moved).bind(self.changed_at),
        };
        let update = match detail {
            Detail::None => update,
            Detail::Since(instant) => update.bind(instant),
            Detail::Why(reason) => update.bind(reason.as_str()),
        };
        Ok(match update.execute(connection).await?.rows_affected() {
            0 => Recorded::TooLate,
            _ => Recorded::InTime,
        })
    }
}

enum Detail<'a> {
    None,
    Since(i64),
    Why(&'a Reason),
}

const SENDING: &str =
    "UPDATE mail_log SET state = 'sending', moved = ?4, changed_at = ?5, sending_at = ?6
    WHERE kind = ?1 AND cause = ?2 AND fence = ?3 AND state = 'claimed'";
const SENT: &str = "UPDATE mail_log SET state = 'sent', moved = ?4, changed_at = ?5, fence = NULL
    WHERE kind = ?1 AND cause = ?2 AND fence = ?3 AND state = 'sending'";
const PARKED: &str =
    "UPDATE mail_log SET state = 'parked', moved = ?4, changed_at = ?5, fence = NULL, reason = ?6
    WHERE kind = ?1 AND cause = ?2 AND fence = ?3 AND state IN ('claimed', 'sending')";
const FREE: &str =
    "UPDATE mail_log SET state = 'claimed', moved = ?4, changed_at = ?5, fence = NULL
    WHERE kind = ?1 AND cause = ?2 AND fence = ?3 AND state IN ('claimed', 'sending')";
const WITHDRAWN: &str = "DELETE FROM mail_log
    WHERE kind = ?1 AND cause = ?2 AND fence = ?3 AND state = 'claimed' AND NOT in_doubt";
const DOUBT: &str =
    "UPDATE mail_log SET state = 'claimed', moved = ?4, changed_at = ?5, fence = NULL, in_doubt = 1
    WHERE kind = ?1 AND cause = ?2 AND fence = ?3 AND state = 'sending'";

fn entry(row: &SqliteRow) -> sqlx::Result<MailLogEntry> {
    let kind: String = row.try_get("kind")?;
    let key = MailKey {
        kind: mail_kind(&kind).ok_or_else(|| unreadable("kind", "an unknown kind of mail"))?,
        cause: row.try_get::<Uuid, _>("cause")?,
    };
    Ok(MailLogEntry {
        key,
        state: state(row)?,
        changed_at: instant(row, "changed_at")?,
        reason: reason(row)?,
    })
}

fn mail_kind(word: &str) -> Option<MailKind> {
    MailKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

fn state(row: &SqliteRow) -> sqlx::Result<MailState> {
    let word: String = row.try_get("state")?;
    MailState::ALL
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| unreadable("state", "an unknown state of a mail"))
}

fn reason(row: &SqliteRow) -> sqlx::Result<Option<Reason>> {
    Ok(row.try_get::<Option<String>, _>("reason")?.map(Reason::new))
}
