//! Lets the processes that share a file write in turn.
//!
//! `SQLite` lets whoever asks at the right moment write, and the others ask again at ever
//! longer intervals: beside a busy process they starve. So before it asks, each takes its
//! turn: it queues for the lock *next*, with it for the lock *turn*, and lets go of *next*
//! once it has both. Who has just written finds *next* taken by whoever waits, and has to
//! wait in turn. The system lets go of the locks of the dead.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long a turn is waited for: as long as a statement waits for a lock of `SQLite`.
const WITHIN: Duration = Duration::from_secs(5);

/// The two locks of one store.
pub(super) struct Turnstile {
    next: PathBuf,
    turn: PathBuf,
}

/// The right to ask for a transaction, until it is dropped.
pub(super) struct Turn(#[expect(dead_code, reason = "held for its lock")] File);

impl Turnstile {
    /// The turnstile whose lock files lie in `folder`, which is made if it is not there.
    pub(super) fn inside(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            next: folder.join("next"),
            turn: folder.join("turn"),
        })
    }

    /// Waits for a turn.
    ///
    /// Whoever gives up waiting is let through later all the same, and leaves at once.
    pub(super) async fn wait(&self) -> io::Result<Turn> {
        let both = async {
            let next = locked(&self.next).await?;
            let turn = locked(&self.turn).await?;
            drop(next);
            Ok(Turn(turn))
        };
        let waited = timeout(WITHIN, both).await;
        waited.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
    }
}

/// The file `path`, locked until it is dropped. Opened anew each time: a lock belongs to an opening.
async fn locked(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => {
            let waiting = spawn_blocking(move || file.lock().map(|()| file));
            waiting.await.map_err(io::Error::other)?
        }
    }
}
