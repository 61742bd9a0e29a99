//! A quiet artist is reminded that silence costs popularity.

mod mail;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use self::mail::Letter;
use super::deliver_mail::{Delivered, MAIL_TIME_LIMIT};
use super::{DeliverMail, InactivityPolicy};
use crate::model::{ArtistId, Mail, MailKey};
use crate::ports::{AccountRepo, LinkSigner, QuietArtist, ReminderRepo, Silence};
use crate::tasks::{Context, Handler, Task, TaskError};

/// Remind this artist, if they are still quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemindInactiveArtist {
    /// Whom.
    pub artist_id: ArtistId,
    /// The instant at which they were found quiet.
    pub as_of: DateTime<Utc>,
}

impl Task for RemindInactiveArtist {
    type Output = Reminded;
    const NAME: &'static str = "albums.tasks.remind_inactive_artist";
    const ARGUMENTS: &'static [&'static str] = &["artist_id", "as_of"];
    const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
    const TIME_LIMIT: Option<Duration> = Some(MAIL_TIME_LIMIT);
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reminded {
    /// The mail was taken.
    #[serde(rename = "sent")]
    Sent,
    /// It had been before: one mail an artist and window.
    #[serde(rename = "already sent")]
    AlreadySent,
    /// There is no such artist, or nobody behind them: no mail.
    #[serde(rename = "not sent: the artist is gone")]
    ArtistGone,
    /// They have published in the meantime: no mail.
    #[serde(rename = "not sent: the artist is not quiet")]
    NotQuiet,
    /// They want no reminders: no mail.
    #[serde(rename = "not sent: the artist has unsubscribed")]
    Unsubscribed,
}

/// Reminds artists who are quiet when the mail goes, at most once in each window.
pub struct RemindInactiveArtistHandler {
    reminders: Arc<dyn ReminderRepo>,
    accounts: Arc<dyn AccountRepo>,
    signer: Arc<dyn LinkSigner>,
    deliver: DeliverMail,
    policy: InactivityPolicy,
    public_url: String,
}

impl RemindInactiveArtistHandler {
    /// Reminds through `deliver` who is quiet by `policy`; links in mails begin with
    /// `public_url`, which has no slash at its end, and are signed by `signer`.
    pub fn new(
        reminders: Arc<dyn ReminderRepo>,
        accounts: Arc<dyn AccountRepo>,
        signer: Arc<dyn LinkSigner>,
        deliver: DeliverMail,
        policy: InactivityPolicy,
        public_url: String,
    ) -> Self {
        Self {
            reminders,
            accounts,
            signer,
            deliver,
            policy,
            public_url,
        }
    }

    /// The silence to remind of, as it is at this moment, or why there is none.
    async fn silence(
        &self,
        task: RemindInactiveArtist,
    ) -> Result<Result<Silence, Reminded>, TaskError> {
        let silence = self.reminders.silence(task.artist_id).await?;
        let before = self.policy.quiet_before(task.as_of);
        Ok(match silence {
            None => Err(Reminded::ArtistGone),
            Some(silence) if silence.is_unsubscribed => Err(Reminded::Unsubscribed),
            Some(silence) if before <= silence.since => Err(Reminded::NotQuiet),
            Some(silence) => Ok(silence),
        })
    }

    async fn write(
        &self,
        key: MailKey,
        silence: &Silence,
        as_of: DateTime<Utc>,
    ) -> Result<Option<Mail>, TaskError> {
        let account = self.accounts.get(silence.artist.account_id).await?;
        Ok(account.map(|account| {
            let letter = Letter {
                key,
                silence,
                account: &account,
                as_of,
                quiet_after: self.policy.after,
                public_url: &self.public_url,
                token: &self.signer.sign(silence.artist.id),
            };
            letter.mail()
        }))
    }
}

#[async_trait]
impl Handler<RemindInactiveArtist> for RemindInactiveArtistHandler {
    async fn handle(
        &self,
        task: RemindInactiveArtist,
        context: &Context,
    ) -> Result<Reminded, TaskError> {
        let silence = match self.silence(task).await? {
            Ok(silence) => silence,
            Err(why_not) => return Ok(why_not),
        };
        let quiet = QuietArtist {
            id: silence.artist.id,
            since: silence.since,
        };
        let key = self.policy.reminder(quiet, task.as_of).mail();
        let delivered = self
            .deliver
            .run(key, context, async || {
                self.write(key, &silence, task.as_of).await
            })
            .await?;
        Ok(match delivered {
            Some(Delivered::Now) => Reminded::Sent,
            Some(Delivered::Before) => Reminded::AlreadySent,
            None => Reminded::ArtistGone,
        })
    }
}

#[cfg(test)]
mod tests;
