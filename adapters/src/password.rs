//! Passwords as Argon2id hashes, computed where they hold nobody up.

mod hasher;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use argon2::password_hash;
use argon2::password_hash::phc::PasswordHash;
use async_trait::async_trait;
use domain::ports::{self, PortError, Severity};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use self::hasher::{Hasher, decoy};

/// So many wait for each core; at some 30 ms for each of them, the last waits a second.
const WAITING_FOR_EACH: usize = 32;

/// Hashes and verifies passwords, as many at once as there are cores; some others wait, in
/// the order they came, and who finds that line full is refused at once. Clones share both bounds.
///
/// Waiting for one holds up no other work. A caller that stops waiting changes nothing
/// about the bound: what runs, runs to its end. From its first use on each core keeps the
/// 19 MiB that a hash takes.
#[derive(Clone)]
pub struct Argon2Passwords {
    /// Places for those whose turn it is and for those who wait for it.
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    /// Those whose turn it is not; there are never more than turns.
    resting: Arc<Mutex<Vec<Hasher>>>,
    /// Verified for those who have no hash, so that time does not tell.
    decoy: Arc<str>,
}

impl Argon2Passwords {
    /// Cheap: hashes nothing yet.
    pub fn new() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            places: Arc::new(Semaphore::new(cores * (1 + WAITING_FOR_EACH))),
            turns: Arc::new(Semaphore::new(cores)),
            resting: Arc::default(),
            decoy: decoy().to_string().into(),
        }
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hasher) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| PasswordError::Overloaded)?;
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        let resting = self.resting.clone();
        spawn_blocking(move || {
            // Held by the work and not by the caller, who may leave early.
            let _held = (place, turn);
            let rested = lock(&resting).pop();
            let mut hasher = rested.unwrap_or_else(Hasher::new);
            let done = work(&mut hasher);
            lock(&resting).push(hasher);
            done
        })
        .await?
    }
}

fn lock(resting: &Mutex<Vec<Hasher>>) -> MutexGuard<'_, Vec<Hasher>> {
    resting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Argon2Passwords {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl ports::PasswordHasher for Argon2Passwords {
    async fn hash(&self, password: &str) -> Result<ports::PasswordHash, PortError> {
        let password = password.to_owned();
        let hash = self.in_turn(move |hasher| {
            let hash = hasher.hash(&password).map_err(PasswordError::Failed)?;
            Ok(ports::PasswordHash::new(hash.to_string()))
        });
        hash.await
            .map_err(|error| error.into_port("hash a password"))
    }

    async fn verify(
        &self,
        password: &str,
        hash: Option<ports::PasswordHash>,
    ) -> Result<bool, PortError> {
        let fail = |error: PasswordError| error.into_port("verify a password");
        let phc = hash.as_ref().map_or(&*self.decoy, |hash| hash.as_str());
        let parsed = PasswordHash::new(phc)
            .map_err(|error| fail(PasswordError::Unreadable(error.into())))?;
        let password = password.to_owned();
        let fits = self.in_turn(move |hasher| {
            hasher
                .fits(&password, &parsed)
                .map_err(|error| match error {
                    password_hash::Error::OutOfMemory => PasswordError::Failed(error),
                    error => PasswordError::Unreadable(error),
                })
        });
        Ok(fits.await.map_err(fail)? && hash.is_some())
    }
}

/// Why a password could be neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
enum PasswordError {
    /// What was to be compared with is no PHC string of Argon2.
    #[error("the stored hash cannot be read")]
    Unreadable(#[source] password_hash::Error),
    /// The computation failed: no memory, no randomness.
    #[error("the password could not be hashed")]
    Failed(#[source] password_hash::Error),
    /// Too many wait already.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    /// The program is stopping.
    #[error("the hashing was abandoned")]
    Abandoned(#[from] JoinError),
}

impl PasswordError {
    fn into_port(self, action: &'static str) -> PortError {
        let severity = match self {
            Self::Unreadable(_) => Severity::Permanent,
            Self::Failed(_) | Self::Overloaded | Self::Abandoned(_) => Severity::Transient,
        };
        PortError {
            adapter: "argon2",
            action,
            severity,
            source: self.into(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
