//! Mails as files that any mail program opens.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use domain::model::Mail;
use domain::ports::{Gate, MailError, Mailer};
use tempfile::{Builder, NamedTempFile};
use tokio::task::spawn_blocking;

use super::Composer;

/// How the files begin that are not mails yet.
const UNFINISHED: &str = ".unfinished-";
/// An unfinished file older than this was left by a process that died.
const LEFT_BEHIND_AFTER: Duration = Duration::from_hours(1);
/// How long a folder that cannot be written to is left alone.
const PAUSE: Duration = Duration::from_mins(1);

/// Writes each mail into a file of its own, `<Message-ID>.eml`.
///
/// A file appears whole or not at all and is on the disk when `send` returns. A mail that
/// is sent twice is one file. Files are readable by their owner alone: they hold addresses.
pub struct FileMailer {
    folder: PathBuf,
    composer: Composer,
}

/// The folder for mails cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("mails cannot be written to {}", folder.display())]
pub struct OpenMailFolderError {
    /// Which folder.
    pub folder: PathBuf,
    /// Why not.
    pub source: io::Error,
}

impl FileMailer {
    /// Writes into `folder`, which is made if it is not there.
    ///
    /// Clears away unfinished files that a process left behind when it died.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or written to.
    pub fn open(folder: &Path, composer: Composer) -> Result<Self, OpenMailFolderError> {
        let fail = |source| OpenMailFolderError {
            folder: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(fail)?;
        unfinished(folder).map_err(fail)?;
        clear(folder).map_err(fail)?;
        Ok(Self {
            folder: folder.to_owned(),
            composer,
        })
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let bytes = self.composer.compose(mail)?;
        let path = self
            .folder
            .join(format!("{}.eml", self.composer.message_id(mail)));
        let folder = self.folder.clone();
        let written = on_a_thread(move || written(&folder, &bytes)).await;
        let written = written.map_err(nobodys_mail_goes)?;
        gate.pass().await.map_err(MailError::HeldBack)?;
        let folder = self.folder.clone();
        on_a_thread(move || Ok(named(written, &path, &folder)))
            .await
            .unwrap_or_else(|error| Err(in_doubt(&error)))
    }
}

/// Gives the finished file its name, for good: this is the point of no return.
fn named(written: NamedTempFile, path: &Path, folder: &Path) -> Result<(), MailError> {
    written
        .persist(path)
        .map_err(|failed| nobodys_mail_goes(failed.error))?;
    // From here on the mail can be seen; only a power cut could still undo its name.
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| in_doubt(&error))
}

fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(UNFINISHED).tempfile_in(folder)
}

fn written(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = unfinished(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn clear(folder: &Path) -> io::Result<()> {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let age = entry
            .metadata()
            .and_then(|data| data.modified())
            .ok()
            .and_then(|then| now.duration_since(then).ok());
        if is_unfinished && age.is_some_and(|age| age > LEFT_BEHIND_AFTER) {
            // Somebody else may clear at the same time.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// A full disk or a missing folder is no one mail's fault.
#[expect(
    clippy::needless_pass_by_value,
    reason = "used as the argument of map_err"
)]
fn nobodys_mail_goes(error: io::Error) -> MailError {
    MailError::Provider {
        reason: format!("the folder for mails: {error}"),
        pause_for: PAUSE,
    }
}

fn in_doubt(error: &io::Error) -> MailError {
    MailError::Doubtful {
        reason: format!("the folder for mails: {error}"),
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}
