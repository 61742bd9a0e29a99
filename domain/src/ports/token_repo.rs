//! Keeps the digests of access tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{PortError, TokenDigest};
use crate::model::{AccountId, Caller};

/// Keeps which tokens are good, for whom, and until when.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait TokenRepo: Send + Sync {
    /// Stores a token.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; the token may or may not be good then.
    async fn add(&self, token: &NewToken) -> Result<(), PortError>;

    /// Who stands behind a token at `now`; `None` when it is unknown, revoked, or expired.
    ///
    /// A token is good until the instant it expires at, and no longer at that instant.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn caller(
        &self,
        digest: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, PortError>;

    /// Makes a token worthless; harmless when it is so already.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; revoking again is harmless.
    async fn revoke(&self, digest: &TokenDigest) -> Result<(), PortError>;

    /// Makes every token of an account worthless.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; revoking again is harmless.
    async fn revoke_all(&self, account: AccountId) -> Result<(), PortError>;
}

/// A token to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What is kept of it.
    pub digest: TokenDigest,
    /// Whose it is.
    pub account_id: AccountId,
    /// When it was given.
    pub created_at: DateTime<Utc>,
    /// When it stops being good.
    pub expires_at: DateTime<Utc>,
}
