//! Mails through a mail server (SMTP, RFC 5321).

mod dial;
mod dots;
mod judge;
mod letter;
mod line;
mod login;
mod offers;
mod pool;
mod reason;
mod reply;
mod server;
mod session;
mod transaction;
mod transcript;
mod trouble;
mod trust;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::judge::judge;
use self::letter::Letter;
use self::line::Turn;
use self::pool::{IDLE_FOR, Pool};
pub use self::server::{Credentials, Secret, Security, SmtpServer};
use self::session::{Opener, Session};
pub use self::transcript::{Speaker, Transcript};
use self::trouble::Trouble;
use self::trust::TlsClient;
pub use self::trust::{Trust, TrustError};
use super::Composer;

/// Hands each mail to a mail server, over a few connections that are used again.
///
/// The gate stands before the final dot: until then the server has the whole mail and has
/// promised nothing. A call that is dropped half-way takes its connection with it.
pub struct SmtpMailer {
    opener: Opener,
    composer: Composer,
    pool: Pool,
}

/// A connection on which a mail waits for its final dot.
struct Ready<'a> {
    session: Session,
    turn: Turn<'a>,
}

impl SmtpMailer {
    /// How long a mail may take until only its final dot is missing, however many steps that takes.
    pub const BEFORE_THE_DOT: Duration = Duration::from_mins(5);

    /// Hands what `composer` composes to `server`, if `trust` believes that it is the one.
    ///
    /// Opens nothing; the first mail does.
    pub fn new(server: SmtpServer, trust: Trust, composer: Composer) -> Self {
        Self {
            composer,
            pool: Pool::new(server.connections),
            opener: Opener {
                server,
                tls: TlsClient::new(trust),
                transcript: None,
            },
        }
    }

    /// Lets `by` hear every line of every conversation.
    #[must_use]
    pub fn overheard(mut self, by: impl Fn(Speaker, &str) + Send + Sync + 'static) -> Self {
        self.opener.transcript = Some(Arc::new(by));
        self
    }

    /// Closes connections that no mail has needed for a while, and at `stop` all that wait.
    pub async fn tidy(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(sleep(IDLE_FOR)).await.is_some() {
            self.pool.close_idle();
        }
        self.pool.close_all();
    }

    /// Hands over everything of `letter` but the final dot.
    async fn present(&self, letter: &Letter) -> Result<Ready<'_>, MailError> {
        let turn = self.pool.line.turn().await;
        let turn = turn.map_err(|come_back_after| MailError::Busy { come_back_after })?;
        let ready = |session| Ready { session, turn };
        if let Some(session) = self.pool.take() {
            match self.presented(session, letter).await {
                Ok(session) => return Ok(ready(session)),
                // It may have been closed behind our back; nothing was taken, so once more.
                Err(trouble) if trouble.may_be_of_a_stale_connection() => {}
                Err(trouble) => return Err(judge(&trouble)),
            }
        }
        let session = self.opener.open().await.map_err(|e| judge(&e))?;
        let session = self.presented(session, letter).await;
        session.map(ready).map_err(|trouble| judge(&trouble))
    }

    async fn presented(&self, mut session: Session, letter: &Letter) -> Result<Session, Trouble> {
        match session.present(letter).await {
            Ok(()) => Ok(session),
            Err(trouble) => {
                self.pool.give_back(session);
                Err(trouble)
            }
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let letter = Letter::write(&self.composer, mail)?;
        let presented = timeout(Self::BEFORE_THE_DOT, self.present(&letter)).await;
        let Ready {
            mut session,
            mut turn,
        } = presented.unwrap_or_else(|_| Err(too_slow()))?;
        let passed = turn.elsewhere(gate.pass()).await;
        passed.map_err(MailError::HeldBack)?;
        let taken = session.finish(self.opener.server.last_reply).await;
        self.pool.give_back(session);
        drop(turn);
        taken.map_err(|trouble| judge(&trouble))
    }

    fn come_back_after(&self) -> Option<Duration> {
        self.pool.line.come_back_after()
    }
}

fn too_slow() -> MailError {
    MailError::Transient {
        reason: format!(
            "the server had not taken the whole mail after {} s",
            SmtpMailer::BEFORE_THE_DOT.as_secs()
        ),
    }
}
