//! Claims the right to send a mail.

use chrono::TimeDelta;
use domain::model::MailKey;
use domain::ports::{Claim, Fence, MailClaim, MailState, WorkerId};
use domain::tasks::Reason;
use sqlx::Row as _;

use super::{reason, state};
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;

/// Grants the right, unless the mail has ended or somebody is at its last step under another
/// claim than `$6`.
const GRANT: &str = "
    INSERT INTO mail_log AS held (kind, cause, state, fence, sender, changed_at)
    VALUES ($1, $2, 'claimed', $3, $4, $5)
    ON CONFLICT (kind, cause) DO UPDATE SET state = 'claimed', fence = $3, sender = $4, changed_at = $5,
        moved_at = clock_timestamp(), in_doubt = held.in_doubt OR held.state = 'sending', sending_at = NULL
    WHERE held.state = 'claimed' OR held.state = 'sending' AND held.fence = $6
    RETURNING in_doubt";

/// How the mail stands, and whether it has been at its last step for longer than it is held.
const LOOK: &str = "
    SELECT state, reason, sender, fence,
        coalesce(sending_at <= clock_timestamp() - $3 * interval '1 microsecond', true) AS is_overdue
    FROM mail_log WHERE kind = $1 AND cause = $2";

impl PostgresStore {
    pub(super) async fn claim_mail(
        &self,
        key: MailKey,
        sender: WorkerId,
        doubt_hold: TimeDelta,
    ) -> Result<Claim, StoreError> {
        let fence: i64 = rand::random();
        let mut overtaken = None;
        loop {
            if let Some(is_in_doubt) = self.grant(key, sender, fence, overtaken).await? {
                return Ok(Claim::Granted(MailClaim {
                    key,
                    sender,
                    fence: Fence(fence),
                    is_in_doubt,
                }));
            }
            match self.look_at(key, doubt_hold).await? {
                Stands::Ended(claim) => return Ok(claim),
                Stands::Sending(by, under) if self.presence.is_dead(by, &self.pool).await? => {
                    overtaken = Some(under);
                }
                Stands::Sending(..) => return Ok(Claim::Busy),
                Stands::Overdue(under) => overtaken = Some(under),
                Stands::Free => {}
            }
        }
    }

    async fn grant(
        &self,
        key: MailKey,
        sender: WorkerId,
        fence: i64,
        overtaken: Option<i64>,
    ) -> Result<Option<bool>, StoreError> {
        let changed_at = self.clock.now();
        let granting = || {
            sqlx::query(GRANT)
                .bind(key.kind.as_str())
                .bind(key.cause)
                .bind(fence)
                .bind(sender.as_uuid())
                .bind(changed_at)
                .bind(overtaken)
        };
        let row = self.pool.first(granting).await?;
        Ok(row.map(|row| row.try_get("in_doubt")).transpose()?)
    }

    async fn look_at(&self, key: MailKey, doubt_hold: TimeDelta) -> Result<Stands, StoreError> {
        let hold = doubt_hold.num_microseconds().unwrap_or(i64::MAX / 4);
        let looking = || {
            sqlx::query(LOOK)
                .bind(key.kind.as_str())
                .bind(key.cause)
                .bind(hold)
        };
        let Some(row) = self.pool.first(looking).await? else {
            return Ok(Stands::Free);
        };
        Ok(match state(&row)? {
            MailState::Claimed => Stands::Free,
            MailState::Sending if row.try_get("is_overdue")? => {
                Stands::Overdue(row.try_get("fence")?)
            }
            MailState::Sending => {
                Stands::Sending(WorkerId::new(row.try_get("sender")?), row.try_get("fence")?)
            }
            MailState::Sent => Stands::Ended(Claim::AlreadySent),
            MailState::Parked => {
                let reason = reason(&row)?.unwrap_or_else(|| Reason::new("no reason was kept"));
                Stands::Ended(Claim::Parked(reason))
            }
        })
    }
}

/// How a mail stands that was not granted.
enum Stands {
    Ended(Claim),
    /// By whom, and under which claim.
    Sending(WorkerId, i64),
    /// Under which claim it was to be sent.
    Overdue(i64),
    /// It has become free meanwhile.
    Free,
}
