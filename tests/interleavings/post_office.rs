//! The post office: a mail server that takes every mail, as long as the line to it holds.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};

use super::ledger::{Ledger, Sending};
use super::stage::{Fate, Process, Stage};

/// A process's line to the mail server.
pub(super) struct PostOffice {
    pub(super) stage: Arc<Stage>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) process: Process,
}

#[async_trait]
impl Mailer for PostOffice {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let sending = self
            .ledger
            .pages()
            .sends(self.process, self.stage.actor(), mail.key);
        if self.stage.before("bring a mail to the server").await == Fate::Fails {
            return Err(self.refusal());
        }
        self.ledger.pages().passes(sending);
        gate.pass().await.map_err(MailError::HeldBack)?;
        // The dot may be answered with no, or never get there: then nobody knows.
        if self.stage.before("send the final dot").await == Fate::Fails {
            return Err(match self.stage.turns() % 2 {
                0 => self.doubt(sending),
                _ => MailError::Transient {
                    reason: "451 not after all".to_owned(),
                },
            });
        }
        self.write(sending, |it| it.is_taken = true);
        self.stage.note(|| {
            format!(
                "the server takes {} from process {}",
                mail.key, self.process
            )
        });
        if self.stage.after("send the final dot").await == Fate::Fails {
            return Err(self.doubt(sending));
        }
        Ok(())
    }
}

impl PostOffice {
    fn write(&self, sending: usize, change: impl FnOnce(&mut Sending)) {
        change(&mut self.ledger.pages().sendings[sending]);
    }

    fn doubt(&self, sending: usize) -> MailError {
        self.write(sending, |it| {
            it.excuse.get_or_insert("did not hear the answer");
        });
        MailError::Doubtful {
            reason: "the line went dead".to_owned(),
        }
    }

    /// Each of the ways in which a mail is not taken for now, by turns.
    fn refusal(&self) -> MailError {
        match self.stage.turns() % 3 {
            0 => MailError::Busy {
                come_back_after: Duration::from_secs(5),
            },
            1 => MailError::Transient {
                reason: "451 not now".to_owned(),
            },
            _ => MailError::Provider {
                reason: "535 wrong password".to_owned(),
                pause_for: Duration::from_secs(20),
            },
        }
    }
}
