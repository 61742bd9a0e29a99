//! Steps of a mail that others wait for.

use crate::ports::{MailClaim, MailLog, MailStep, PortError, Recorded};

/// How often a step is tried to be stored. One that is not stored leaves the mail at its
/// final step for others: they wait as long as a doubt is held, and then it may go twice, or
/// be parked although it never went.
const TRIES: u32 = 3;

/// Stores a step, trying again at once when the log does not answer.
///
/// After a lost answer the next try comes too late: what it wanted is stored.
pub(super) async fn record(
    log: &dyn MailLog,
    claim: &MailClaim,
    step: MailStep,
) -> Result<Recorded, PortError> {
    let mut tries = 1;
    loop {
        match log.record(claim, step.clone()).await {
            Err(_) if tries < TRIES => tries += 1,
            recorded => return recorded,
        }
    }
}
