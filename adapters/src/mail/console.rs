//! Mails on the console, for looking at while developing.

use std::io::{self, Write};

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};

use super::Composer;

/// Writes each mail to standard output, followed by a line of 79 hyphens, as Django's
/// console backend does.
pub struct ConsoleMailer {
    composer: Composer,
}

impl ConsoleMailer {
    /// Writes what `composer` composes.
    pub fn new(composer: Composer) -> Self {
        Self { composer }
    }
}

#[async_trait]
impl Mailer for ConsoleMailer {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let mut bytes = self.composer.compose(mail)?;
        bytes.extend_from_slice(format!("\n{}\n", "-".repeat(79)).as_bytes());
        gate.pass().await.map_err(MailError::HeldBack)?;
        let mut console = io::stdout().lock();
        console
            .write_all(&bytes)
            .and_then(|()| console.flush())
            .map_err(|error| MailError::Doubtful {
                reason: format!("standard output: {error}"),
            })
    }
}
