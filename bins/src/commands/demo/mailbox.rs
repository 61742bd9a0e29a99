//! The mails of the demo, as their reader sees them.

use std::path::PathBuf;
use std::time::Duration;

use mail_parser::{Address, HeaderValue, Message, MessageParser};
use tokio::time::{Instant, sleep};

use crate::output::tell;
use crate::program::Failure;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The folder that mails are written to.
pub(super) struct Mailbox {
    folder: PathBuf,
}

impl Mailbox {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// How many mails of `kind` there are.
    pub(super) fn count(&self, kind: &str) -> Result<usize, Failure> {
        Ok(self.files(kind)?.len())
    }

    /// The bytes of the first mail of `kind`, as soon as it has arrived.
    pub(super) async fn first(&self, kind: &str) -> Result<Vec<u8>, Failure> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(path) = self.files(kind)?.first() {
                return Ok(std::fs::read(path)?);
            }
            sleep(BETWEEN_LOOKS).await;
        }
        Err(format!("no {kind} arrived within {} s", PATIENCE.as_secs()).into())
    }

    /// The mails of `kind`: the Message-ID that names a file begins with it.
    fn files(&self, kind: &str) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for entry in self.folder.read_dir()? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&format!("{kind}.")) && name.ends_with(".eml") {
                files.push(self.folder.join(name.as_ref()));
            }
        }
        Ok(files)
    }
}

/// Shows a mail as its reader sees it.
pub(super) fn show(bytes: &[u8]) -> Result<(), Failure> {
    let mail = parsed(bytes)?;
    let from = person(mail.from()).ok_or("the mail has no sender")?;
    let to = person(mail.to()).ok_or("the mail has no recipient")?;
    let subject = mail.subject().ok_or("the mail has no subject")?;
    tell(&format!("  From:    {from}"));
    tell(&format!("  To:      {to}"));
    tell(&format!("  Subject: {subject}\n"));
    let text = mail.body_text(0).ok_or("the mail has no text")?;
    for line in text.lines() {
        tell(format!("  {line}").trim_end());
    }
    tell("");
    Ok(())
}

/// The path of the link by which mail programs unsubscribe the reader.
pub(super) fn unsubscribing(bytes: &[u8]) -> Result<String, Failure> {
    let mail = parsed(bytes)?;
    let header = mail.list_unsubscribe();
    let link = match header {
        HeaderValue::Address(address) => address.first().and_then(|first| first.address()),
        header => header.as_text(),
    };
    let link = link.ok_or("the mail has no link to unsubscribe")?;
    let link = url::Url::parse(link.trim_matches(['<', '>']))?;
    Ok(link.path().to_owned())
}

fn parsed(bytes: &[u8]) -> Result<Message<'_>, Failure> {
    let mail = MessageParser::default().parse(bytes);
    mail.ok_or_else(|| "the mail cannot be read".into())
}

fn person(address: Option<&Address<'_>>) -> Option<String> {
    let person = address?.first()?;
    let (name, address) = (person.name().unwrap_or_default(), person.address()?);
    Some(format!("{name} <{address}>"))
}
