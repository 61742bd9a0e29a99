//! Each mailer beside what it has taken, and a gate that may be closed.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::mail::{
    Composer, ConsoleMailer, FileMailer, MemoryMailer, Security, SmtpMailer, SmtpServer, Trust,
};
use async_trait::async_trait;
use chrono::DateTime;
use domain::model::{EmailAddress, HeaderName, HeaderText, Mail, MailKey, MailKind, Recipient};
use domain::ports::{Gate, GateClosed, Mailer};
use mail_parser::{Message, MessageParser};
use tempfile::TempDir;
use tests::scripted_smtp::{Script, ScriptedServer};
use uuid::Uuid;

/// A mailer, and what it has taken so far.
pub(super) struct World {
    pub(super) mailer: Arc<dyn Mailer>,
    pub(super) taken: Box<dyn Fn() -> Vec<Vec<u8>> + Send + Sync>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) folder: TempDir,
}

pub(super) fn composer(clock: &Arc<ManualClock>) -> Composer {
    Composer::new(
        Some("Backbeat, Inc.".to_owned()),
        "backbeat@music.example",
        clock.clone(),
    )
    .unwrap()
}

pub(super) fn start() -> (Arc<ManualClock>, TempDir) {
    let clock = ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    (Arc::new(clock), TempDir::new().unwrap())
}

pub(super) fn memory() -> World {
    let (clock, folder) = start();
    let mailer = Arc::new(MemoryMailer::new(composer(&clock)));
    let outbox = mailer.clone();
    let taken = Box::new(move || outbox.sent().into_iter().map(|sent| sent.bytes).collect());
    World {
        mailer,
        taken,
        clock,
        folder,
    }
}

pub(super) fn files() -> World {
    let (clock, folder) = start();
    let mailer = Arc::new(FileMailer::open(folder.path(), composer(&clock)).unwrap());
    let path = folder.path().to_owned();
    let taken = Box::new(move || {
        let entries = path.read_dir().unwrap().map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.extension().is_some_and(|it| it == "eml"))
            .map(|path| std::fs::read(path).unwrap())
            .collect()
    });
    World {
        mailer,
        taken,
        clock,
        folder,
    }
}

/// Standard output, as far as a test can look into it.
#[derive(Clone, Default)]
pub(super) struct Screen(pub(super) Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn console() -> World {
    let (clock, folder) = start();
    let screen = Screen::default();
    let mailer = Arc::new(ConsoleMailer::onto(
        Box::new(screen.clone()),
        composer(&clock),
    ));
    let taken = Box::new(move || {
        let text = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
        let line = format!("\n{}\n", "-".repeat(79));
        text.split_terminator(&line)
            .map(|mail| mail.as_bytes().to_vec())
            .collect()
    });
    World {
        mailer,
        taken,
        clock,
        folder,
    }
}

pub(super) fn smtp_server() -> World {
    let (clock, folder) = start();
    let server = ScriptedServer::start(Script::usual());
    let mailer = Arc::new(SmtpMailer::new(
        plain(&server),
        Trust::System,
        composer(&clock),
    ));
    World {
        mailer,
        taken: Box::new(move || server.seen().mails),
        clock,
        folder,
    }
}

/// How `server` is spoken to without encryption.
pub(super) fn plain(server: &ScriptedServer) -> SmtpServer {
    let security = Security::Plain {
        may_show_password: false,
    };
    let address = server.address();
    SmtpServer {
        timeout: Duration::from_secs(20),
        ..SmtpServer::new(address.ip().to_string(), address.port(), security)
    }
}

/// A gate that counts who passes, or is closed.
#[derive(Default)]
pub(super) struct TestGate {
    pub(super) is_closed: bool,
    pub(super) passed: Mutex<u32>,
}

#[async_trait]
impl Gate for TestGate {
    async fn pass(&self) -> Result<(), GateClosed> {
        *self.passed.lock().unwrap() += 1;
        if self.is_closed {
            Err(GateClosed::Lost)
        } else {
            Ok(())
        }
    }
}

pub(super) fn mail(name: &str, subject: &str) -> Mail {
    Mail {
        key: MailKey {
            kind: MailKind::Congratulation,
            cause: Uuid::from_u128(7),
        },
        to: Recipient {
            name: HeaderText::without_controls(name),
            address: EmailAddress::try_from("ada@exämple.com".to_owned()).unwrap(),
        },
        subject: HeaderText::without_controls(subject),
        text: "Hello Ada,\n.\n.. a line of dots, and ünïcode\n".to_owned(),
        html: "<p>Hello Ada</p>".to_owned(),
        headers: vec![(
            HeaderName::try_from("X-Kind".to_owned()).unwrap(),
            HeaderText::without_controls("test"),
        )],
    }
}

pub(super) fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}
