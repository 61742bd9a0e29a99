//! Somebody logs out, here or everywhere.

use std::sync::Arc;

use crate::model::AccountId;
use crate::ports::{PortError, TokenRepo, TokenSource};

/// Makes tokens worthless.
pub struct LogOutUseCase {
    tokens: Arc<dyn TokenRepo>,
    source: Arc<dyn TokenSource>,
}

impl LogOutUseCase {
    /// Revokes tokens of `tokens`.
    pub fn new(tokens: Arc<dyn TokenRepo>, source: Arc<dyn TokenSource>) -> Self {
        Self { tokens, source }
    }

    /// Makes this one token worthless.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; the token may still be good then.
    pub async fn here(&self, token: &str) -> Result<(), PortError> {
        self.tokens.revoke(&self.source.digest(token)).await
    }

    /// Makes every token of `account` worthless.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; tokens may still be good then.
    pub async fn everywhere(&self, account: AccountId) -> Result<(), PortError> {
        self.tokens.revoke_all(account).await
    }
}
