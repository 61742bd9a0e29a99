//! Where mail goes, who writes it, and what becomes of one in doubt.

use std::path::Path;
use std::time::Duration;

use adapters::mail::SmtpServer;
use domain::use_cases::OnDoubt;

use super::email_url::MailTo;
use super::reader::Reader;
use super::sender::Sender;
use super::smtp::{Django, is_this_machine, shows_password};
use super::values::{ValueError, choice, duration, number};

const DAY: Duration = Duration::from_hours(24);

/// A server is waited for ten minutes after a mail's last byte; by now it has let go as well.
const ELEVEN_MINUTES: Duration = Duration::from_mins(11);

/// Where mail goes and who writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// `EMAIL_URL`, or `EMAIL_HOST` and its neighbours, and `MAIL_CONCURRENCY`.
    pub to: MailTo,
    /// `DEFAULT_FROM_EMAIL`; if it is not set, whoever logs in at the mail server.
    pub from: Sender,
    /// `MAIL_ON_DOUBT`: `resend` (rather twice than never) or `park` (rather never than twice).
    pub on_doubt: OnDoubt,
    /// `MAIL_ON_DOUBT_REMINDER`: the same for reminders; if it is not set, as for all.
    pub on_doubt_reminder: OnDoubt,
    /// `MAIL_DOUBT_HOLD`: how long a mail in doubt is left alone.
    pub doubt_hold: Duration,
}

/// `EMAIL_BACKEND`: Django's word for where mail goes.
#[derive(Clone, Copy)]
enum Backend {
    Smtp,
    Console,
    Files,
}

impl MailSettings {
    pub(super) fn read(read: &mut Reader, data_dir: &Path) -> Self {
        let mut to = place(read, data_dir);
        let connections = read.or("MAIL_CONCURRENCY", SmtpServer::CONNECTIONS, number(1..=64));
        let from = read.open("DEFAULT_FROM_EMAIL", str::parse);
        let from = match &mut to {
            MailTo::Smtp(server) => {
                server.connections = connections;
                sender_through(server, from, read)
            }
            MailTo::Files(_) | MailTo::Console => from.unwrap_or_default(),
        };
        let of_all = read.or("MAIL_ON_DOUBT", OnDoubt::Resend, on_doubt);
        Self {
            to,
            from,
            on_doubt: of_all,
            on_doubt_reminder: read.or("MAIL_ON_DOUBT_REMINDER", of_all, on_doubt),
            doubt_hold: read.or(
                "MAIL_DOUBT_HOLD",
                ELEVEN_MINUTES,
                duration(Duration::ZERO..=DAY),
            ),
        }
    }
}

fn place(read: &mut Reader, data_dir: &Path) -> MailTo {
    let url = read.masked("EMAIL_URL", str::parse);
    let backend = read.masked("EMAIL_BACKEND", backend);
    let django = Django::read(read);
    if let Some(url) = url {
        let also = backend.map(|_| "EMAIL_BACKEND").into_iter();
        for name in also.chain(django.names()) {
            read.complain_about(
                name,
                "EMAIL_URL says where mail goes already; remove this, or remove EMAIL_URL",
            );
        }
        if let MailTo::Smtp(server) = &url
            && shows_password(server)
        {
            read.complain_about(
                "EMAIL_URL",
                "would send the password unencrypted; write smtp+tls:// (port 587) or smtp+ssl:// (port 465), \
                 or put ?allow_plaintext_auth=1 at the end if nobody can listen on the way",
            );
        }
        return url;
    }
    let files = MailTo::Files(data_dir.join("mail"));
    match backend {
        Some(Backend::Console) => MailTo::Console,
        Some(Backend::Files) => files,
        None if !django.has_host() => {
            for name in django.names() {
                read.complain_about(
                    name,
                    "belongs to EMAIL_HOST, which names no server; set EMAIL_HOST, for example to smtp.gmail.com, or remove this",
                );
            }
            files
        }
        Some(Backend::Smtp) | None => {
            let server = django.server(read);
            if shows_password(&server) {
                read.complain_about(
                    "EMAIL_HOST_PASSWORD",
                    "would be sent unencrypted; set EMAIL_USE_TLS=true (port 587) or EMAIL_USE_SSL=true (port 465)",
                );
            }
            MailTo::Smtp(server)
        }
    }
}

/// Who writes mails that go through `server`: a server refuses, or worse, buries, what comes
/// from an address that is not its own, and nobody can answer to localhost.
fn sender_through(server: &SmtpServer, from: Option<Sender>, read: &mut Reader) -> Sender {
    let why = "mail through a server needs a sender that the server lets you use; \
               set it, for example DEFAULT_FROM_EMAIL=Backbeat <backbeat@example.org>";
    let Some(from) = from else {
        let user = server.credentials.as_ref().map(|it| it.user.as_str());
        let sender = user.and_then(|user| Sender::default().at(user));
        if sender.is_none() {
            read.complain_about("DEFAULT_FROM_EMAIL", why);
        }
        return sender.unwrap_or_default();
    };
    if from.address().ends_with("@localhost") && !is_this_machine(&server.host) {
        read.complain_about("DEFAULT_FROM_EMAIL", why);
    }
    from
}

fn backend(text: &str) -> Result<Backend, ValueError> {
    let text = text.strip_suffix(".EmailBackend").unwrap_or(text);
    let word = text.rsplit('.').next().unwrap_or(text);
    choice(
        word,
        &[
            ("smtp", Backend::Smtp),
            ("console", Backend::Console),
            ("file", Backend::Files),
            ("filebased", Backend::Files),
        ],
    )
}

fn on_doubt(text: &str) -> Result<OnDoubt, ValueError> {
    choice(
        text,
        &[("resend", OnDoubt::Resend), ("park", OnDoubt::Park)],
    )
}
