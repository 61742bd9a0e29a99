//! The way of the mails: which mailer, and in words.

use std::sync::Arc;

use adapters::mail::{
    Composer, ConsoleMailer, FileMailer, Security, SmtpMailer, SmtpServer, Speaker, Trust,
};
use domain::ports::{Clock, Mailer};
use tokio_util::sync::CancellationToken;

use crate::program::Failure;
use crate::settings::{MailSettings, MailTo};

/// What sends mails, and what it needs beside.
pub(crate) struct Mailing {
    pub(super) mailer: Arc<dyn Mailer>,
    /// The same, if it holds connections.
    smtp: Option<Arc<SmtpMailer>>,
}

impl Mailing {
    /// Sends mails as `settings` say, dated by `clock`.
    pub(super) fn of(settings: &MailSettings, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let composer = composer(settings, clock)?;
        let (mailer, smtp): (Arc<dyn Mailer>, _) = match &settings.to {
            MailTo::Files(folder) => (Arc::new(FileMailer::open(folder, composer)?), None),
            MailTo::Console => (Arc::new(ConsoleMailer::new(composer)), None),
            MailTo::Smtp(server) => {
                tracing::info!("mail goes {}", mail_place(&settings.to));
                let smtp = SmtpMailer::new(server.clone(), Trust::System, composer);
                let smtp = Arc::new(smtp);
                (smtp.clone(), Some(smtp))
            }
        };
        Ok(Self { mailer, smtp })
    }

    /// Closes connections that no mail has needed for a while, and at `stop` all that wait.
    pub(crate) async fn tidy(self, stop: CancellationToken) {
        match self.smtp {
            Some(smtp) => smtp.tidy(stop).await,
            None => stop.cancelled().await,
        }
    }
}

/// What sends mails as `settings` say, while `by` hears what is said between it and a mail server.
pub(crate) fn overheard_mailer(
    settings: &MailSettings,
    clock: Arc<dyn Clock>,
    by: fn(Speaker, &str),
) -> Result<Arc<dyn Mailer>, Failure> {
    let MailTo::Smtp(server) = &settings.to else {
        return Ok(Mailing::of(settings, clock)?.mailer);
    };
    let smtp = SmtpMailer::new(server.clone(), Trust::System, composer(settings, clock)?);
    Ok(Arc::new(smtp.overheard(by)))
}

fn composer(settings: &MailSettings, clock: Arc<dyn Clock>) -> Result<Composer, Failure> {
    let from = &settings.from;
    let name = from.name().map(str::to_owned);
    Ok(Composer::new(name, from.address(), clock)?)
}

/// Where mails go, for people to read.
pub(crate) fn mail_place(to: &MailTo) -> String {
    match to {
        MailTo::Files(folder) => format!("{}, one .eml file a mail", folder.display()),
        MailTo::Console => "to standard output".to_owned(),
        MailTo::Smtp(server) => through(server),
    }
}

/// How mails travel through `server`: never with the password, and of an address that logs
/// in only the part that tells people which it is.
fn through(server: &SmtpServer) -> String {
    let SmtpServer {
        host,
        port,
        security,
        credentials,
        ..
    } = server;
    let how = match security {
        Security::StartTls => "with STARTTLS",
        Security::Implicit => "with TLS from the first byte",
        Security::Plain { .. } => "unencrypted",
    };
    let who = credentials
        .as_ref()
        .map(|it| match it.user.split_once('@') {
            Some((name, _)) => format!(" as {name}@…"),
            None => format!(" as {}", it.user),
        });
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    format!("through {host}:{port} {how}{}", who.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use adapters::mail::{Credentials, Secret};

    use super::*;

    #[test]
    fn the_words_say_which_server_and_keep_the_password_to_themselves() {
        let mut server = SmtpServer::new("smtp.gmail.com", 587, Security::StartTls);
        assert_eq!(through(&server), "through smtp.gmail.com:587 with STARTTLS");
        for (user, shown) in [("ada@gmail.com", "ada@…"), ("apikey", "apikey")] {
            server.credentials = Some(Credentials {
                user: user.to_owned(),
                password: Secret::new("hunter2"),
            });
            let words = format!("through smtp.gmail.com:587 with STARTTLS as {shown}");
            assert_eq!(through(&server), words);
        }
        server = SmtpServer::new("::1", 465, Security::Implicit);
        assert_eq!(
            through(&server),
            "through [::1]:465 with TLS from the first byte"
        );
    }
}
