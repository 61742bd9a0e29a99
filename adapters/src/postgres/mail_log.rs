//! The right to send each mail, and which were sent.

mod claim;

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::model::{MailKey, MailKind};
use domain::ports::{
    Claim, MailClaim, MailLog, MailLogEntry, MailState, MailStep, PortError, Recorded, WorkerId,
};
use domain::tasks::Reason;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use tokio::time::{Instant, sleep};

use super::PostgresStore;
use super::error::StoreError;
use super::values::{count, each, unreadable};

/// How long the step of a mail waits for a server that is away: what is not stored as sent may
/// go twice, once it has been held for long enough (G3). It is tried three times.
const RECORDED_WITHIN: Duration = Duration::from_mins(4);
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

#[async_trait]
impl MailLog for PostgresStore {
    async fn claim(
        &self,
        key: MailKey,
        sender: WorkerId,
        doubt_hold: TimeDelta,
    ) -> Result<Claim, PortError> {
        self.claim_mail(key, sender, doubt_hold)
            .await
            .map_err(|error| error.into_port("claim a mail"))
    }

    async fn record(&self, claim: &MailClaim, step: MailStep) -> Result<Recorded, PortError> {
        // Until the last step begins nothing has happened, and there is no need to wait.
        let patience = match step {
            MailStep::Sending => Duration::ZERO,
            _ => RECORDED_WITHIN,
        };
        let start = Instant::now();
        loop {
            match self.record_once(claim, &step).await {
                Err(error) if error.is_about_the_server() && start.elapsed() < patience => {
                    sleep(BETWEEN_TRIES).await;
                }
                recorded => {
                    return recorded.map_err(|error| error.into_port("record the step of a mail"));
                }
            }
        }
    }

    async fn ended(&self, keys: &[MailKey]) -> Result<Vec<bool>, PortError> {
        self.ended_mails(keys)
            .await
            .map_err(|error| error.into_port("look for mails that have ended"))
    }

    async fn counts(&self) -> Result<Vec<(MailState, u64)>, PortError> {
        let counted = async {
            let statement =
                || sqlx::query("SELECT state, count(*) AS mails FROM mail_log GROUP BY state");
            let rows = self.pool.all(statement).await?;
            let mut counts = each(&rows, |row| Ok((state(row)?, count(row, "mails")?)))?;
            counts.sort_by_key(|(state, _)| MailState::ALL.iter().position(|each| each == state));
            Ok(counts)
        };
        counted
            .await
            .map_err(|error: StoreError| error.into_port("count mails"))
    }

    async fn list(&self, state: MailState, most: u32) -> Result<Vec<MailLogEntry>, PortError> {
        let listed = async {
            let statement = || {
                sqlx::query(
                    "SELECT * FROM mail_log WHERE state = $1 ORDER BY moved_at DESC LIMIT $2",
                )
                .bind(state.as_str())
                .bind(i64::from(most))
            };
            let rows = self.pool.all(statement).await?;
            Ok(each(&rows, entry)?)
        };
        listed
            .await
            .map_err(|error: StoreError| error.into_port("list mails"))
    }
}

/// How many mails one statement looks for.
const MAILS_PER_STATEMENT: usize = 1_000;
/// Asked row by row, each is one look into the primary key.
const ENDED: &str = "
    SELECT EXISTS (SELECT FROM mail_log WHERE mail_log.kind = asked.kind
        AND mail_log.cause = asked.cause AND state IN ('sent', 'parked')) AS has_ended
    FROM unnest($1, $2) WITH ORDINALITY AS asked (kind, cause, place) ORDER BY place";

impl PostgresStore {
    async fn record_once(
        &self,
        claim: &MailClaim,
        step: &MailStep,
    ) -> Result<Recorded, StoreError> {
        let (statement, reason) = match step {
            MailStep::Sending => (SENDING, None),
            MailStep::Sent => (SENT, None),
            MailStep::Parked(reason) => (PARKED, Some(reason.as_str())),
            MailStep::Free => (FREE, None),
            MailStep::Withdrawn => (WITHDRAWN, None),
            MailStep::Doubt => (DOUBT, None),
        };
        let changed_at = self.clock.now();
        let recording = || {
            let recording = sqlx::query(statement)
                .bind(claim.key.kind.as_str())
                .bind(claim.key.cause)
                .bind(claim.fence.0);
            match step {
                MailStep::Withdrawn => recording,
                MailStep::Sending => {
                    let recording = recording.bind(changed_at).bind(reason);
                    recording.bind(self.presence.lease())
                }
                _ => recording.bind(changed_at).bind(reason),
            }
        };
        Ok(match self.steps.changed(recording).await? {
            0 => Recorded::TooLate,
            _ => Recorded::InTime,
        })
    }

    async fn ended_mails(&self, keys: &[MailKey]) -> Result<Vec<bool>, StoreError> {
        let mut answers = Vec::with_capacity(keys.len());
        for some in keys.chunks(MAILS_PER_STATEMENT) {
            let kinds: Vec<_> = some.iter().map(|key| key.kind.as_str()).collect();
            let causes: Vec<_> = some.iter().map(|key| key.cause).collect();
            let asking = || sqlx::query(ENDED).bind(&kinds).bind(&causes);
            for row in self.pool.all(asking).await? {
                answers.push(row.try_get("has_ended")?);
            }
        }
        Ok(answers)
    }
}

macro_rules! step {
    ($what:literal, from $states:literal) => {
        concat!(
            "UPDATE mail_log SET ",
            $what,
            ", moved_at = clock_timestamp(), changed_at = $4, reason = coalesce($5, reason)
            WHERE kind = $1 AND cause = $2 AND fence = $3 AND state IN (",
            $states,
            ")"
        )
    };
}

/// Only by a sender that will not be taken for dead before its next sign of life.
const SENDING: &str = concat!(
    step!("state = 'sending', sending_at = clock_timestamp()", from "'claimed'"),
    " AND EXISTS (SELECT FROM workers WHERE id = sender
        AND statement_timestamp() - $6 / 2 * interval '1 microsecond' <= seen_at)"
);
const SENT: &str = step!("state = 'sent', fence = NULL", from "'sending'");
const PARKED: &str = step!("state = 'parked', fence = NULL", from "'claimed', 'sending'");
const FREE: &str = step!("state = 'claimed', fence = NULL", from "'claimed', 'sending'");
const WITHDRAWN: &str = "DELETE FROM mail_log
    WHERE kind = $1 AND cause = $2 AND fence = $3 AND state = 'claimed' AND NOT in_doubt";
const DOUBT: &str = step!("state = 'claimed', fence = NULL, in_doubt = true", from "'sending'");

fn entry(row: &PgRow) -> sqlx::Result<MailLogEntry> {
    let kind: &str = row.try_get("kind")?;
    let key = MailKey {
        kind: mail_kind(kind).ok_or_else(|| unreadable("kind", "an unknown kind of mail"))?,
        cause: row.try_get("cause")?,
    };
    Ok(MailLogEntry {
        key,
        state: state(row)?,
        changed_at: row.try_get("changed_at")?,
        reason: reason(row)?,
    })
}

fn mail_kind(word: &str) -> Option<MailKind> {
    MailKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

fn state(row: &PgRow) -> sqlx::Result<MailState> {
    let word: &str = row.try_get("state")?;
    MailState::ALL
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| unreadable("state", "an unknown state of a mail"))
}

fn reason(row: &PgRow) -> sqlx::Result<Option<Reason>> {
    Ok(row.try_get::<Option<String>, _>("reason")?.map(Reason::new))
}
