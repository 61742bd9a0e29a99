//! Which tokens are good, for whom, and until when.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::{AccountId, Caller};
use domain::ports::{NewToken, PortError, TokenDigest, TokenRepo};

use super::MemoryStore;

/// Every token that was not revoked.
#[derive(Default)]
pub(super) struct Tokens(HashMap<TokenDigest, NewToken>);

impl Tokens {
    pub(super) fn insert(&mut self, token: NewToken) {
        self.0.insert(token.digest, token);
    }

    /// Removes up to `most` that have expired at `now`; answers how many.
    pub(super) fn tidy(&mut self, now: DateTime<Utc>, most: usize) -> u64 {
        let expired = self.0.extract_if(|_, token| token.expires_at <= now);
        expired.take(most).count() as u64
    }
}

#[async_trait]
impl TokenRepo for MemoryStore {
    async fn add(&self, token: &NewToken) -> Result<(), PortError> {
        self.state().tokens.insert(token.clone());
        Ok(())
    }

    async fn caller(
        &self,
        digest: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, PortError> {
        let state = self.state();
        let token = state.tokens.0.get(digest);
        let good = token.filter(|token| now < token.expires_at);
        let account = good.and_then(|token| state.accounts.get(token.account_id));
        Ok(account.map(|account| Caller {
            account: account.clone(),
            artist: state.artists.of_account(account.id).cloned(),
        }))
    }

    async fn revoke(&self, digest: &TokenDigest) -> Result<(), PortError> {
        self.state().tokens.0.remove(digest);
        Ok(())
    }

    async fn revoke_all(&self, account: AccountId) -> Result<(), PortError> {
        let tokens = &mut self.state().tokens.0;
        tokens.retain(|_, token| token.account_id != account);
        Ok(())
    }
}
