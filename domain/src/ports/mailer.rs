//! Sends mails.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::model::Mail;

/// Sends one mail to one person, in two phases.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Brings `mail` to the point of no return, passes `gate`, and takes the last step.
    ///
    /// Everything before the gate may be repeated without harm; only the step after it
    /// (the final dot of SMTP, the renaming of a file) makes the mail somebody's.
    /// After `Ok` the mail was taken. The gate is passed at most once a call, and never
    /// after an `Err` other than [`MailError::Doubtful`] did the mail go out.
    ///
    /// # Errors
    ///
    /// See [`MailError`]: each says who should do what next.
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError>;

    /// After how long a mail had better come, because now it would wait for long behind
    /// others; `None` when it may come at once.
    ///
    /// Everybody who asks is given a time of their own, so that they do not all come back
    /// together.
    fn come_back_after(&self) -> Option<Duration> {
        None
    }
}

/// Stands before the point of no return and stores that it is being passed.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Stores that this mail is about to go out.
    ///
    /// # Errors
    ///
    /// When the right to send was lost or the passing could not be stored: then the mail
    /// must not go out.
    async fn pass(&self) -> Result<(), GateClosed>;
}

/// Why a mail must not go out.
#[derive(Debug, thiserror::Error)]
pub enum GateClosed {
    /// Somebody else has the right to send this mail now.
    #[error("somebody else sends this mail")]
    Lost,
    /// That it was about to go out could not be stored.
    #[error("the right to send could not be confirmed")]
    Port(#[source] PortError),
}

/// Why a mail was not sent, or not surely.
///
/// The reason is what the other side said, fit for logs: it holds no address and no secret.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not now: the same mail may go later.
    #[error("the mail was not taken for now: {reason}")]
    Transient {
        /// What the other side said.
        reason: String,
    },
    /// Never: this mail will not be taken, another may.
    #[error("the mail will never be taken: {reason}")]
    Permanent {
        /// What the other side said.
        reason: String,
    },
    /// Nobody's mail goes at the moment: wrong password, quota used up, server away.
    #[error("no mail can be sent at the moment: {reason}")]
    Provider {
        /// What the other side said.
        reason: String,
        /// How long to leave the other side alone, at least.
        pause_for: Duration,
    },
    /// Every way to the other side is in use by other mails.
    #[error("every connection for mail is in use")]
    Busy {
        /// How long to stay away.
        come_back_after: Duration,
    },
    /// The last step was begun and its outcome is unknown: the mail may or may not have been taken.
    #[error("nobody knows whether the mail was taken: {reason}")]
    Doubtful {
        /// What happened instead of an answer.
        reason: String,
    },
    /// The gate was closed: nothing went out.
    #[error("the mail was held back")]
    HeldBack(#[source] GateClosed),
}
