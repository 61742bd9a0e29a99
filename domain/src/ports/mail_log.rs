//! Who may send which mail, and which were sent.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Fence, PortError, WorkerId};
use crate::model::MailKey;
use crate::tasks::Reason;

/// Holds the right to send each mail: claimed, then *sending*, then *sent* or *parked*.
///
/// There is one row per [`MailKey`] for ever, so a mail is sent at most once but for what
/// nobody can know: whether a mail was taken when its sender died at the final step.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait MailLog: Send + Sync {
    /// Claims the right to send the mail `key` for `sender`.
    ///
    /// A claim that is not yet *sending* passes to whoever claims last: nothing has gone
    /// out, and the earlier claimant's steps come too late from then on. A claim that is
    /// *sending* is [`Claim::Busy`] for as long as its sender lives, at most for
    /// `doubt_hold` since it began; after that it passes on, marked as in doubt.
    /// A sender that holds no lock on its life (see [`super::TaskQueue::alive`]) is dead.
    ///
    /// # Errors
    ///
    /// When the log cannot be reached; claiming again is harmless.
    async fn claim(
        &self,
        key: MailKey,
        sender: WorkerId,
        doubt_hold: TimeDelta,
    ) -> Result<Claim, PortError>;

    /// Records the next step of a claimed mail.
    ///
    /// [`Recorded::TooLate`] when the claim is no longer held or the step does not follow
    /// from where the mail stands; nothing has changed then.
    ///
    /// # Errors
    ///
    /// When the log cannot be reached; the step may or may not be recorded then.
    async fn record(&self, claim: &MailClaim, step: MailStep) -> Result<Recorded, PortError>;

    /// Which of the mails `keys` have ended, sent or parked; answers for each, in their order.
    ///
    /// # Errors
    ///
    /// When the log cannot be reached.
    async fn ended(&self, keys: &[MailKey]) -> Result<Vec<bool>, PortError>;

    /// How many mails stand in each state; states without mails are left out.
    ///
    /// # Errors
    ///
    /// When the log cannot be reached.
    async fn counts(&self) -> Result<Vec<(MailState, u64)>, PortError>;

    /// Up to `most` mails in `state`, the last changed first.
    ///
    /// # Errors
    ///
    /// When the log cannot be reached.
    async fn list(&self, state: MailState, most: u32) -> Result<Vec<MailLogEntry>, PortError>;
}

/// What came of asking for the right to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The right is yours.
    Granted(MailClaim),
    /// A living sender is at the final step; ask again later.
    Busy,
    /// The mail was sent before.
    AlreadySent,
    /// It was decided before that this mail is not sent.
    Parked(Reason),
}

/// The right to send one mail, until somebody else claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailClaim {
    /// Which mail.
    pub key: MailKey,
    /// Who holds it.
    pub sender: WorkerId,
    /// Tells this claim from every other on the same mail.
    pub fence: Fence,
    /// Whether an earlier sender died or fell silent at the final step, so that the mail may have been taken.
    pub is_in_doubt: bool,
}

/// A step of a claimed mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailStep {
    /// The final step begins: from claimed, by a sender that lives. Who was taken for dead has to
    /// give a sign of life first: at the final step its mail would pass on at once.
    Sending,
    /// The mail was taken: from *sending*. Ends the mail.
    Sent,
    /// The mail is not sent and will not be: from claimed or *sending*. Ends the mail.
    Parked(Reason),
    /// The mail was surely not taken and may be tried again: from claimed or *sending*, back to unclaimed.
    Free,
    /// There is nothing to say any more, and nothing has gone out: from claimed. Forgets the mail, as
    /// though nobody had ever claimed it; one in doubt is not forgotten ([`Recorded::TooLate`]).
    Withdrawn,
    /// The outcome of the final step is unknown: from *sending*, back to unclaimed and in doubt.
    Doubt,
}

/// Whether a step was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was.
    InTime,
    /// The claim was lost, or the step does not follow; nothing changed.
    TooLate,
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailState {
    /// Somebody prepares it, or will again: nothing has gone out in this attempt.
    Claimed,
    /// Somebody is at the final step.
    Sending,
    /// It was taken.
    Sent,
    /// It is not sent, for a reason.
    Parked,
}

impl MailState {
    /// Every state, in the order of a mail's life.
    pub const ALL: [Self; 4] = [Self::Claimed, Self::Sending, Self::Sent, Self::Parked];

    /// The word for it in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Parked => "parked",
        }
    }
}

/// One mail, as an operator sees it: no address, no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLogEntry {
    /// Which mail.
    pub key: MailKey,
    /// Where it stands.
    pub state: MailState,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
    /// Why it was parked.
    pub reason: Option<Reason>,
}
