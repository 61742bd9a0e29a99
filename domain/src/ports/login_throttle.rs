//! Slows down those who guess passwords.

use std::net::IpAddr;
use std::time::Duration;

/// Limits how often somebody may try to log in, per account and per address.
///
/// Names are compared without regard to case.
#[cfg_attr(test, mockall::automock)]
pub trait LoginThrottle: Send + Sync {
    /// Counts one attempt to log in as `username` from `address`, before the password is looked at.
    ///
    /// # Errors
    ///
    /// When either has used up its attempts; the attempt must not be carried out then. It
    /// is not counted, so asking again does no harm.
    fn attempt(&self, username: &str, address: IpAddr) -> Result<(), TooManyAttempts>;

    /// Says that the attempt just counted has succeeded: the attempts on `username` are
    /// forgotten, and `address` has this one back.
    fn succeeded(&self, username: &str, address: IpAddr);
}

/// Attempts are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts to log in")]
pub struct TooManyAttempts {
    /// When the next one is possible.
    pub retry_after: Duration,
}
