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
mod tests {
    use domain::ports::PasswordHasher as _;

    use super::*;

    async fn fits(passwords: &Argon2Passwords, password: &str, hash: &ports::PasswordHash) -> bool {
        let verified = passwords.verify(password, Some(hash.clone())).await;
        verified.unwrap()
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_and_no_other() {
        let passwords = Argon2Passwords::new();

        let hash = passwords.hash("corréct horse").await.unwrap();

        assert!(fits(&passwords, "corréct horse", &hash).await);
        assert!(!fits(&passwords, "correct horse", &hash).await);
        assert!(!fits(&passwords, "", &hash).await);
    }

    #[tokio::test]
    async fn a_hash_names_its_cost_and_is_salted() {
        let passwords = Argon2Passwords::new();

        let first = passwords.hash("secret").await.unwrap();
        let second = passwords.hash("secret").await.unwrap();

        assert!(
            first
                .as_str()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
        assert_ne!(first, second);
    }

    #[tokio::test]
    async fn the_decoy_costs_the_same_and_fits_nothing() {
        let passwords = Argon2Passwords::new();
        let real = passwords.hash("secret").await.unwrap();
        let shape = |phc: &str| {
            let parts = phc.split('$').map(str::to_owned).collect::<Vec<_>>();
            (parts[..4].to_vec(), parts[4].len(), parts[5].len())
        };

        assert_eq!(shape(&passwords.decoy), shape(real.as_str()));
        assert!(!passwords.verify("secret", None).await.unwrap());
        let decoy = ports::PasswordHash::new(passwords.decoy.to_string());
        assert!(!fits(&passwords, "", &decoy).await);
        assert_ne!(passwords.decoy, Argon2Passwords::new().decoy);
    }

    #[tokio::test]
    async fn what_is_no_hash_is_an_error() {
        let passwords = Argon2Passwords::new();

        for phc in ["", "secret", "$argon2id$v=19$m=1", "$1$salt$hash"] {
            let hash = ports::PasswordHash::new(phc.to_owned());
            let refusal = passwords.verify("secret", Some(hash)).await.unwrap_err();
            assert_eq!(refusal.severity, Severity::Permanent, "{phc:?}");
            assert!(
                matches!(
                    refusal.source.downcast_ref(),
                    Some(PasswordError::Unreadable(_))
                ),
                "{phc:?}: {refusal:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_caller_that_left_keeps_its_turn_until_the_work_is_done() {
        let passwords = Argon2Passwords {
            turns: Arc::new(Semaphore::new(1)),
            ..Argon2Passwords::new()
        };
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (tell, told) = tokio::sync::oneshot::channel();
        let impatient = passwords.in_turn(move |_| {
            let _ = tell.send(());
            let _ = held.recv();
            Ok(())
        });
        tokio::select! {
            _ = impatient => panic!("nobody released it"),
            begun = told => begun.unwrap(),
        }

        assert_eq!(passwords.turns.available_permits(), 0);
        drop(release);
        passwords.in_turn(|_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn who_finds_the_line_full_is_refused_at_once_and_may_come_again() {
        let passwords = Argon2Passwords {
            places: Arc::new(Semaphore::new(2)),
            turns: Arc::new(Semaphore::new(0)),
            ..Argon2Passwords::new()
        };
        let first = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.hash("secret").await }
        });
        let second = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.hash("secret").await }
        });
        while 0 < passwords.places.available_permits() {
            tokio::task::yield_now().await;
        }

        let refusal = passwords.hash("secret").await.unwrap_err();

        assert_eq!(refusal.severity, Severity::Transient);
        let why = refusal.source.downcast_ref();
        assert!(
            matches!(why, Some(PasswordError::Overloaded)),
            "{refusal:?}"
        );
        passwords.turns.add_permits(1);
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
        passwords.hash("secret").await.unwrap();
    }
}
