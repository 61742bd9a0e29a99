//! Mails in memory, for laws, scenarios and whoever wants to look.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};

use super::Composer;

/// Keeps every mail it was given, in order.
pub struct MemoryMailer {
    composer: Composer,
    sent: Mutex<Vec<SentMail>>,
}

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// What was said.
    pub mail: Mail,
    /// The bytes that would have travelled.
    pub bytes: Vec<u8>,
}

impl MemoryMailer {
    /// An empty outbox for what `composer` composes.
    pub fn new(composer: Composer) -> Self {
        Self {
            composer,
            sent: Mutex::default(),
        }
    }

    /// Every mail taken so far, in order; a mail sent twice is there twice.
    pub fn sent(&self) -> Vec<SentMail> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let bytes = self.composer.compose(mail)?;
        gate.pass().await.map_err(MailError::HeldBack)?;
        let taken = SentMail {
            mail: mail.clone(),
            bytes,
        };
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(taken);
        Ok(())
    }
}
