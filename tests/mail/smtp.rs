//! The conversation with a mail server, however it goes.

mod connections;
mod content;
mod dot;
mod encryption;
mod injection;
mod login;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use adapters::mail::{Credentials, Secret, SmtpMailer, SmtpServer, Trust};
use domain::ports::{MailError, Mailer};
use tests::scripted_smtp::{PASSWORD, ScriptedServer, USER};

use super::world::{TestGate, composer, mail, plain, start};

/// Long enough for everything that happens at all, short enough to wait for what does not.
const SOON: Duration = Duration::from_secs(3);

fn mailer(server: SmtpServer) -> SmtpMailer {
    SmtpMailer::new(server, Trust::System, composer(&start().0))
}

fn credentials() -> Credentials {
    Credentials {
        user: USER.to_owned(),
        password: Secret::new(PASSWORD),
    }
}

/// Sends one mail through `mailer`; also says how often the gate was passed.
async fn send(mailer: &SmtpMailer) -> (Result<(), MailError>, u32) {
    let gate = TestGate::default();
    let outcome = mailer.send(&mail("Ada", "Hello"), &gate).await;
    let passed = *gate.passed.lock().unwrap();
    (outcome, passed)
}

/// Sends so many mails one after the other; all are taken.
async fn send_all(mailer: &SmtpMailer, count: usize) {
    for _ in 0..count {
        send(mailer).await.0.unwrap();
    }
}

fn kind(outcome: &Result<(), MailError>) -> &'static str {
    match outcome {
        Ok(()) => "taken",
        Err(MailError::Transient { .. }) => "transient",
        Err(MailError::Permanent { .. }) => "permanent",
        Err(MailError::Provider { .. }) => "provider",
        Err(MailError::Busy { .. }) => "busy",
        Err(MailError::Doubtful { .. }) => "doubtful",
        Err(MailError::HeldBack(_)) => "held back",
    }
}

/// The mailer that a task runs, so that a test can go on beside it.
fn shared(server: &ScriptedServer) -> Arc<SmtpMailer> {
    Arc::new(mailer(plain(server)))
}
