//! A mail goes out: claimed, then *sending*, then *sent*, each step stored first.

mod failure;
mod gate;
mod pause;
mod provider;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::model::{Mail, MailKey};
use crate::ports::{
    Claim, Clock, MailClaim, MailError, MailLog, MailPauses, MailStep, Mailer, PortError, Recorded,
};
use crate::tasks::{Context, Reason, TaskError};
use failure::parked;
use gate::LoggedGate;
use provider::Provider;

/// How long one attempt at a mail may take: five minutes until the server has it all, the ten
/// that its last reply is waited for, and time to store what came of it. Who ended an attempt
/// earlier would send the mail again while the server still thinks about it.
pub(super) const MAIL_TIME_LIMIT: Duration = Duration::from_mins(17);
/// How long a mail waits while another sender is at its final step.
const WHILE_BUSY: Duration = Duration::from_secs(30);

/// What becomes of a mail of which nobody knows whether it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDoubt {
    /// It is sent again: never lost, perhaps doubled.
    Resend,
    /// It is parked for a person to decide: never doubled, perhaps lost.
    Park,
}

/// What an operator decides about doubtful mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailPolicy {
    /// What becomes of a doubtful mail.
    pub on_doubt: OnDoubt,
    /// How long a living sender may be at the final step before the mail is in doubt.
    pub doubt_hold: TimeDelta,
}

/// Sends mails, each at most once but for what nobody can know.
///
/// While the provider takes nobody's mail, nobody's mail is tried: its clones share the pause.
#[derive(Clone)]
pub struct DeliverMail {
    log: Arc<dyn MailLog>,
    mailer: Arc<dyn Mailer>,
    provider: Provider,
    clock: Arc<dyn Clock>,
    policy: MailPolicy,
}

/// How a delivery ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivered {
    /// The mail was taken.
    Now,
    /// It had been before.
    Before,
}

impl DeliverMail {
    /// Sends through `mailer` what `log` gives the right to, and tells `pauses` when it does not.
    pub fn new(
        log: Arc<dyn MailLog>,
        pauses: Arc<dyn MailPauses>,
        mailer: Arc<dyn Mailer>,
        clock: Arc<dyn Clock>,
        policy: MailPolicy,
    ) -> Self {
        Self {
            log,
            mailer,
            provider: Provider::new(pauses, clock.clone()),
            clock,
            policy,
        }
    }

    /// The same by another policy, for mails of another kind; a pause holds for both.
    #[must_use]
    pub fn by(self, policy: MailPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Sends the mail `key`, which `write` makes once the right to send it is held.
    ///
    /// `write` loads what the mail speaks of as late as possible; `None` from it means
    /// that there is nothing to say any more, and so does `None` from here. While mail is
    /// paused, or would wait for long behind others, the task is postponed and nothing is
    /// claimed, but for a task that has no time to wait: its mail is parked.
    pub(super) async fn run<W>(
        &self,
        key: MailKey,
        context: &Context,
        write: W,
    ) -> Result<Option<Delivered>, TaskError>
    where
        W: AsyncFnOnce() -> Result<Option<Mail>, TaskError>,
    {
        let entered = self.provider.enter(&context.id);
        if let Err(paused) = &entered
            && context.has_time_for(paused, self.clock.now())
        {
            return Err(paused.clone());
        }
        if let Some(busy) = self.busy()
            && context.has_time_for(&busy, self.clock.now())
        {
            return Err(busy);
        }
        let claim = match self
            .log
            .claim(key, context.worker, self.policy.doubt_hold)
            .await?
        {
            Claim::Granted(claim) => claim,
            Claim::AlreadySent => return Ok(Some(Delivered::Before)),
            Claim::Parked(reason) => return Err(parked(&reason)),
            Claim::Busy => {
                return Err(TaskError::Postpone(
                    WHILE_BUSY,
                    Reason::new("another sender is at the final step of this mail"),
                ));
            }
        };
        if claim.is_in_doubt && self.policy.on_doubt == OnDoubt::Park {
            return Err(self
                .park(
                    &claim,
                    Reason::new(
                        "it may have been sent: its sender died or fell silent at the final step",
                    ),
                )
                .await?);
        }
        let mut pass = match entered {
            Ok(pass) => pass,
            Err(paused) => {
                return Err(self.again(&claim, MailStep::Free, paused, context).await?);
            }
        };
        let Some(mail) = write().await? else {
            self.record(&claim, unsaid(&claim)).await?;
            return Ok(None);
        };
        let gate = LoggedGate {
            log: self.log.as_ref(),
            claim,
        };
        let sent = self.mailer.send(&mail, &gate);
        match context.slot.lent_for(sent).await {
            Ok(()) => {
                let stored = self.store_sent(&claim).await;
                self.provider.answers(&mut pass, context.worker).await;
                stored
            }
            Err(error) => Err(self.failed(&claim, error, pass, context).await?),
        }
    }

    /// What a task is told whose mail would wait for long behind others.
    fn busy(&self) -> Option<TaskError> {
        let come_back_after = self.mailer.come_back_after()?;
        let reason = Reason::new(MailError::Busy { come_back_after }.to_string());
        Some(TaskError::Postpone(come_back_after, reason))
    }

    async fn store_sent(&self, claim: &MailClaim) -> Result<Option<Delivered>, TaskError> {
        if self.record(claim, MailStep::Sent).await? == Recorded::TooLate {
            tracing::warn!(mail.key = %claim.key, "mail {} was sent, but its claim had been lost", claim.key);
        }
        Ok(Some(Delivered::Now))
    }

    async fn record(&self, claim: &MailClaim, step: MailStep) -> Result<Recorded, PortError> {
        steps::record(self.log.as_ref(), claim, step).await
    }
}

/// The end of a mail that has nothing to say any more.
fn unsaid(claim: &MailClaim) -> MailStep {
    if claim.is_in_doubt {
        MailStep::Parked(Reason::new(
            "it may have been sent; by now it has nothing to say",
        ))
    } else {
        MailStep::Withdrawn
    }
}

#[cfg(test)]
mod tests;
