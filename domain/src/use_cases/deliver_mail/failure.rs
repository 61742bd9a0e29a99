//! What becomes of a mail that was not taken, and of its task.

use super::pause::Pass;
use super::{DeliverMail, OnDoubt, WHILE_BUSY};
use crate::ports::{GateClosed, MailClaim, MailError, MailStep, PortError};
use crate::tasks::{Context, Reason, TaskError};

impl DeliverMail {
    /// Stores what the failure means for the mail, and says what it means for the task.
    pub(super) async fn failed(
        &self,
        claim: &MailClaim,
        error: MailError,
        mut pass: Pass,
        context: &Context,
    ) -> Result<TaskError, PortError> {
        let said = Reason::new(error.to_string());
        if speaks_of_one_mail(&error) {
            self.provider.answers(&mut pass, context.worker).await;
        }
        let (step, next) = match error {
            MailError::HeldBack(GateClosed::Lost) => {
                return Ok(TaskError::Postpone(WHILE_BUSY, said));
            }
            // It may have been stored all the same; nothing went out, so nobody needs to wait.
            MailError::HeldBack(GateClosed::Port(error)) => (MailStep::Free, error.into()),
            MailError::Permanent { .. } => return self.park(claim, said).await,
            MailError::Doubtful { .. } if self.policy.on_doubt == OnDoubt::Park => {
                return self.park(claim, said).await;
            }
            MailError::Doubtful { .. } => (MailStep::Doubt, TaskError::Retry(said)),
            MailError::Transient { .. } => (MailStep::Free, TaskError::Retry(said)),
            MailError::Provider { pause_for, .. } => {
                let paused = self.provider.refuses(pass, pause_for, said, context).await;
                (MailStep::Free, paused)
            }
            MailError::Busy { come_back_after } => {
                (MailStep::Free, TaskError::Postpone(come_back_after, said))
            }
        };
        self.again(claim, step, next, context).await
    }

    /// Frees the mail for another attempt, or parks it when its task has no time for one.
    pub(super) async fn again(
        &self,
        claim: &MailClaim,
        step: MailStep,
        next: TaskError,
        context: &Context,
    ) -> Result<TaskError, PortError> {
        if context.has_time_for(&next, self.clock.now()) {
            self.record(claim, step).await?;
            return Ok(next);
        }
        let said = next.reason();
        let reason = Reason::new(format!("not taken before its deadline, at last: {said}"));
        self.park(claim, reason).await
    }

    pub(super) async fn park(
        &self,
        claim: &MailClaim,
        reason: Reason,
    ) -> Result<TaskError, PortError> {
        self.record(claim, MailStep::Parked(reason.clone())).await?;
        Ok(parked(&reason))
    }
}

/// Whether the provider took up the mail and said what is the matter with it.
fn speaks_of_one_mail(error: &MailError) -> bool {
    matches!(
        error,
        MailError::Transient { .. } | MailError::Permanent { .. } | MailError::Doubtful { .. }
    )
}

/// What a task is told whose mail will not be sent.
pub(super) fn parked(reason: &Reason) -> TaskError {
    TaskError::GiveUp(Reason::new(format!("the mail is parked: {reason}")))
}
