//! Slows down those who guess passwords.

use std::net::IpAddr;
use std::time::Duration;

/// Limits how often somebody may try to log in, per account and per address.
#[cfg_attr(test, mockall::automock)]
pub trait LoginThrottle: Send + Sync {
    /// Counts one attempt to log in as `username` from `address`.
    ///
    /// # Errors
    ///
    /// When either has used up its attempts; the attempt must not be carried out then.
    fn attempt(&self, username: &str, address: IpAddr) -> Result<(), TooManyAttempts>;

    /// Forgets the attempts on `username`: its owner has logged in.
    fn succeeded(&self, username: &str, address: IpAddr);
}

/// Attempts are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts to log in")]
pub struct TooManyAttempts {
    /// When the next one is possible.
    pub retry_after: Duration,
}
