//! Between a mail and its point of no return.

use async_trait::async_trait;

use crate::ports::{Gate, GateClosed, MailClaim, MailLog, MailStep, Recorded};

/// Stores *sending* before the point of no return.
pub(super) struct LoggedGate<'a> {
    pub(super) log: &'a dyn MailLog,
    pub(super) claim: MailClaim,
}

#[async_trait]
impl Gate for LoggedGate<'_> {
    async fn pass(&self) -> Result<(), GateClosed> {
        match self.log.record(&self.claim, MailStep::Sending).await {
            Ok(Recorded::InTime) => Ok(()),
            Ok(Recorded::TooLate) => Err(GateClosed::Lost),
            Err(error) => Err(GateClosed::Port(error)),
        }
    }
}
