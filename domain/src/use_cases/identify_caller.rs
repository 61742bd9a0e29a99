//! Somebody shows a token.

use std::sync::Arc;

use crate::model::Caller;
use crate::ports::{Clock, PortError, TokenRepo, TokenSource};

/// Finds out who stands behind a token.
pub struct IdentifyCallerUseCase {
    tokens: Arc<dyn TokenRepo>,
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
}

impl IdentifyCallerUseCase {
    /// Looks tokens up in `tokens`.
    pub fn new(
        tokens: Arc<dyn TokenRepo>,
        source: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            tokens,
            source,
            clock,
        }
    }

    /// Who stands behind `token`; `None` when it is not good (any more).
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn run(&self, token: &str) -> Result<Option<Caller>, PortError> {
        self.tokens
            .caller(&self.source.digest(token), self.clock.now())
            .await
    }
}
