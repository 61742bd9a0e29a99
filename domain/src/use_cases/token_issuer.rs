//! Gives tokens to those who have proved who they are.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{Account, AccountId};
use crate::ports::{AccessToken, NewToken, TokenSource};

/// Makes tokens that are good for a while.
#[derive(Clone)]
pub struct TokenIssuer {
    source: Arc<dyn TokenSource>,
    good_for: TimeDelta,
}

/// A token on its way to its owner.
#[derive(Clone, Debug)]
pub struct GrantedToken {
    /// The token itself; told once.
    pub token: AccessToken,
    /// When it stops being good.
    pub expires_at: DateTime<Utc>,
}

/// Somebody who has just proved who they are.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// Who they are.
    pub account: Account,
    /// What proves it from now on.
    pub granted: GrantedToken,
}

impl TokenIssuer {
    /// Makes tokens from `source` that are good for `good_for`.
    pub fn new(source: Arc<dyn TokenSource>, good_for: TimeDelta) -> Self {
        Self { source, good_for }
    }

    pub(super) fn grant(
        &self,
        account_id: AccountId,
        now: DateTime<Utc>,
    ) -> (GrantedToken, NewToken) {
        let token = self.source.generate();
        let digest = self.source.digest(token.reveal());
        let expires_at = now + self.good_for;
        (
            GrantedToken { token, expires_at },
            NewToken {
                digest,
                account_id,
                created_at: now,
                expires_at,
            },
        )
    }
}
