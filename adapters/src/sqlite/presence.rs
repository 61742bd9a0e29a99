//! Tells living workers from dead ones: each holds a lock on a file of its own, which the
//! system lets go when the process ends, however it ends, and not while it is paused.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use domain::ports::WorkerId;
use uuid::Uuid;

/// How often a lock is tried while somebody else looks whether it is free.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(1);
/// How many files of dead workers are cleared away at once.
const MOST_CLEARED: usize = 1_000;

/// The lock files of all workers of one store, and which of them this process holds.
pub(super) struct Presence {
    folder: PathBuf,
    held: Mutex<HashMap<WorkerId, File>>,
}

/// How a worker came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It has only now taken its lock.
    New,
    /// It held its lock before.
    Known,
}

impl Presence {
    /// The presence of the workers of the database `path`.
    pub(super) fn beside(path: &Path) -> Self {
        let mut folder = OsString::from(path);
        folder.push("-workers");
        Self {
            folder: folder.into(),
            held: Mutex::default(),
        }
    }

    /// Where the lock files lie.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Holds the lock of `worker` from now on.
    ///
    /// A lock file that somebody removed is made anew.
    pub(super) fn arrive(&self, worker: WorkerId) -> io::Result<Arrival> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path(worker);
        if held.contains_key(&worker) && path.try_exists()? {
            return Ok(Arrival::Known);
        }
        fs::create_dir_all(&self.folder)?;
        let lock = locked(&path)?;
        let before = held.insert(worker, lock);
        Ok(before.map_or(Arrival::New, |_| Arrival::Known))
    }

    /// Lets go of the lock of `worker`.
    pub(super) fn forget(&self, worker: WorkerId) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&worker);
    }

    /// Whether nobody holds the lock of `worker`. It never will again: its file is removed.
    ///
    /// Lookers share the lock, so that none of them takes another for the worker.
    pub(super) fn is_dead(&self, worker: WorkerId) -> io::Result<bool> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.contains_key(&worker) {
            return Ok(false);
        }
        drop(held);
        remove_if_free(&self.path(worker))
    }

    /// Removes the files of workers that died with nothing in their hands.
    pub(super) fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)?.take(MOST_CLEARED) {
            let name = entry?.file_name();
            let worker = name.to_str().and_then(|name| Uuid::try_parse(name).ok());
            if let Some(worker) = worker {
                self.is_dead(WorkerId::new(worker))?;
            }
        }
        Ok(())
    }

    fn path(&self, worker: WorkerId) -> PathBuf {
        self.folder.join(worker.to_string())
    }
}

/// Between making the file and locking it somebody may look, find the lock free, and
/// remove the file; only a lock on a file that is there afterwards counts.
fn locked(path: &Path) -> io::Result<File> {
    for _ in 0..TRIES {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) if path.try_exists()? => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::ResourceBusy,
        "another process holds the lock of this worker",
    ))
}

/// A file that is not there is as free as one that nobody has locked.
fn remove_if_free(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const WORKER: WorkerId = WorkerId::new(Uuid::from_u128(1));

    fn pair() -> (tempfile::TempDir, Presence, Presence) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (ours, theirs) = (Presence::beside(&path), Presence::beside(&path));
        (folder, ours, theirs)
    }

    #[test]
    fn a_worker_lives_from_its_arrival_until_its_lock_is_let_go() {
        let (_folder, ours, theirs) = pair();
        assert!(theirs.is_dead(WORKER).unwrap(), "nobody has seen it yet");

        assert_eq!(ours.arrive(WORKER).unwrap(), Arrival::New);
        assert_eq!(ours.arrive(WORKER).unwrap(), Arrival::Known);
        assert!(!ours.is_dead(WORKER).unwrap());
        assert!(!theirs.is_dead(WORKER).unwrap());

        ours.forget(WORKER);
        assert!(theirs.is_dead(WORKER).unwrap());
        assert!(!theirs.path(WORKER).exists());
    }

    #[test]
    fn a_lock_file_that_was_removed_is_made_anew() {
        let (_folder, ours, theirs) = pair();
        ours.arrive(WORKER).unwrap();

        fs::remove_file(ours.path(WORKER)).unwrap();

        assert_eq!(ours.arrive(WORKER).unwrap(), Arrival::Known);
        assert!(!theirs.is_dead(WORKER).unwrap());
    }

    #[test]
    fn files_of_the_dead_are_cleared_and_nothing_else() {
        let (_folder, ours, theirs) = pair();
        let living = WorkerId::new(Uuid::from_u128(2));
        ours.arrive(WORKER).unwrap();
        theirs.arrive(living).unwrap();
        fs::write(ours.folder.join("notes"), "mine").unwrap();
        ours.forget(WORKER);

        ours.clear().unwrap();

        assert!(!ours.path(WORKER).exists());
        assert!(ours.path(living).exists());
        assert!(ours.folder.join("notes").exists());
    }
}
