//! Keeps passwords without keeping them.

use std::fmt;

use async_trait::async_trait;

use super::PortError;

/// Turns passwords into what may be stored, and tells whether one fits.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// What may be stored of `password`; another each time.
    ///
    /// # Errors
    ///
    /// When there is not enough of the machine left to do it.
    async fn hash(&self, password: &str) -> Result<PasswordHash, PortError>;

    /// Whether `password` is the one `hash` was made of.
    ///
    /// Without a hash the answer is no, after the same time: so nobody learns from the
    /// time whether an account exists.
    ///
    /// # Errors
    ///
    /// When there is not enough of the machine left to do it, or the hash is no hash.
    async fn verify(&self, password: &str, hash: Option<PasswordHash>) -> Result<bool, PortError>;
}

/// What is stored of a password (a PHC string).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash with this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for those who store it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}
