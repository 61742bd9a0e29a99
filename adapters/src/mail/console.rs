//! Mails on the console, for looking at while developing.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};

use super::Composer;

/// Writes each mail out, followed by a line of 79 hyphens, as Django's console backend does.
pub struct ConsoleMailer {
    composer: Composer,
    console: Mutex<Box<dyn Write + Send>>,
}

impl ConsoleMailer {
    /// Writes what `composer` composes to standard output.
    pub fn new(composer: Composer) -> Self {
        Self::onto(Box::new(io::stdout()), composer)
    }

    /// Writes what `composer` composes to `console`.
    pub fn onto(console: Box<dyn Write + Send>, composer: Composer) -> Self {
        Self {
            composer,
            console: Mutex::new(console),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        console.write_all(bytes)?;
        writeln!(console, "\n{}", "-".repeat(79))?;
        console.flush()
    }
}

#[async_trait]
impl Mailer for ConsoleMailer {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let bytes = self.composer.compose(mail)?;
        gate.pass().await.map_err(MailError::HeldBack)?;
        // Half a mail may have been read before writing failed.
        self.write(&bytes).map_err(|error| MailError::Doubtful {
            reason: format!("the console: {error}"),
        })
    }
}
