//! An artist wants no more reminders.

use std::sync::Arc;

use crate::ports::{LinkSigner, PortError, ReminderRepo};

/// Unsubscribes whoever follows the link of a reminder, without a log-in.
pub struct UnsubscribeUseCase {
    reminders: Arc<dyn ReminderRepo>,
    signer: Arc<dyn LinkSigner>,
}

impl UnsubscribeUseCase {
    /// Stores in `reminders` what links signed by `signer` ask for.
    pub fn new(reminders: Arc<dyn ReminderRepo>, signer: Arc<dyn LinkSigner>) -> Self {
        Self { reminders, signer }
    }

    /// Whether `token` is one of ours; nothing is changed.
    pub fn knows(&self, token: &str) -> bool {
        self.signer.verify(token).is_some()
    }

    /// Ends the reminders of the artist whom `token` names; congratulations still go.
    ///
    /// Answers whether there is such an artist. Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; doing it again is harmless.
    pub async fn run(&self, token: &str) -> Result<bool, PortError> {
        match self.signer.verify(token) {
            Some(artist) => self.reminders.unsubscribe(artist).await,
            None => Ok(false),
        }
    }
}
