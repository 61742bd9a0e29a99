//! Who sends no mail for now, and why.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{PortError, WorkerId};
use crate::tasks::Reason;

/// Shows operators which senders hold their mails back because of the provider.
///
/// Each sender decides for itself and reads nothing here, so a sender that starts anew
/// tries at once. There is one pause a sender at most.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait MailPauses: Send + Sync {
    /// Records that the sender of `pause` holds its mails back; what it had recorded before is replaced.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; recording again is harmless.
    async fn begin(&self, pause: &MailPause) -> Result<(), PortError>;

    /// Records that `sender` sends mails again; harmless when it had recorded no pause.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; recording again is harmless.
    async fn end(&self, sender: WorkerId) -> Result<(), PortError>;

    /// The pauses of senders that live, the longest standing first.
    ///
    /// A pause stands until its sender ends it or dies, so one whose `until` has passed
    /// waits for the next mail, which will be tried. A sender that holds no lock on its
    /// life (see [`super::TaskQueue::alive`]) is dead.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn list(&self) -> Result<Vec<MailPause>, PortError>;
}

/// The pause of one sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPause {
    /// Which sender.
    pub sender: WorkerId,
    /// Since when no mail has gone.
    pub since: DateTime<Utc>,
    /// When a mail is tried next.
    pub until: DateTime<Utc>,
    /// What the provider said.
    pub reason: Reason,
}
