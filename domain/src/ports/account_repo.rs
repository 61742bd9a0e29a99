//! Keeps accounts.

use async_trait::async_trait;

use super::{NewToken, PasswordHash, PortError};
use crate::model::{Account, AccountEdit, AccountId, Username};

/// Keeps accounts and what they log in with.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait AccountRepo: Send + Sync {
    /// Stores a new account together with its first token, all or nothing.
    ///
    /// # Errors
    ///
    /// [`AddAccountError::UsernameTaken`] and [`AddAccountError::EmailTaken`] compare without
    /// regard to case; nothing is stored then. After [`AddAccountError::Port`] all or nothing is.
    async fn add(&self, new: &NewAccount) -> Result<(), AddAccountError>;

    /// The account with this id.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn get(&self, id: AccountId) -> Result<Option<Account>, PortError>;

    /// The account with this name, without regard to case, and the hash of its password.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>, PortError>;

    /// Changes an account and answers with what it is now; `None` when there is no such account.
    ///
    /// # Errors
    ///
    /// As for [`AccountRepo::add`]; nothing is changed by a refusal.
    async fn edit(
        &self,
        id: AccountId,
        edit: &AccountEdit,
    ) -> Result<Option<Account>, EditAccountError>;
}

/// An account to be.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The account.
    pub account: Account,
    /// The hash of its password.
    pub password: PasswordHash,
    /// The token it is given at registration; `None` for one that logs in later.
    pub token: Option<NewToken>,
}

/// An account and what proves that somebody is it.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// The hash of its password.
    pub password: PasswordHash,
}

/// Why an account was not stored.
#[derive(Debug, thiserror::Error)]
pub enum AddAccountError {
    /// Somebody has this name.
    #[error("an account with this username exists")]
    UsernameTaken,
    /// Somebody has this address.
    #[error("an account with this e-mail address exists")]
    EmailTaken,
    /// The store failed.
    #[error("the account could not be stored")]
    Port(#[from] PortError),
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditAccountError {
    /// Somebody else has this name.
    #[error("an account with this username exists")]
    UsernameTaken,
    /// Somebody else has this address.
    #[error("an account with this e-mail address exists")]
    EmailTaken,
    /// The store failed.
    #[error("the account could not be changed")]
    Port(#[from] PortError),
}
