//! Mails through a mail server (SMTP, RFC 5321).

mod server;
mod transcript;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};

pub use self::server::{Credentials, Secret, Security, SmtpServer};
pub use self::transcript::{Speaker, Transcript};
pub use self::trust::{Trust, TrustError};
use super::Composer;

/// Hands each mail to a mail server, over a few connections that are used again.
///
/// The gate stands before the final dot: until then the server has the whole mail and has
/// promised nothing.
#[expect(dead_code, reason = "the conversation itself is the next change")]
pub struct SmtpMailer {
    server: SmtpServer,
    trust: Trust,
    composer: Composer,
    transcript: Option<Transcript>,
}

impl SmtpMailer {
    /// Hands what `composer` composes to `server`, if `trust` believes that it is the one.
    ///
    /// Opens nothing; the first mail does.
    pub fn new(server: SmtpServer, trust: Trust, composer: Composer) -> Self {
        Self {
            server,
            trust,
            composer,
            transcript: None,
        }
    }

    /// Lets `by` hear every line of every conversation.
    #[must_use]
    pub fn overheard(mut self, by: impl Fn(Speaker, &str) + Send + Sync + 'static) -> Self {
        self.transcript = Some(Arc::new(by));
        self
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, _: &Mail, _: &dyn Gate) -> Result<(), MailError> {
        Err(MailError::Provider {
            reason: "SMTP is not spoken yet".to_owned(),
            pause_for: Duration::from_mins(1),
        })
    }
}
