//! Somebody registers.

use std::sync::Arc;

use super::{LoggedIn, TokenIssuer};
use crate::model::{Account, AccountId, Bio, EmailAddress, Password, Username, folded};
use crate::ports::{AccountRepo, AddAccountError, Clock, NewAccount, PasswordHasher, PortError};

/// What somebody registers with.
#[derive(Clone, Debug)]
pub struct RegisterAccount {
    /// The id of the account to be.
    pub id: AccountId,
    /// The name to log in with.
    pub username: Username,
    /// Where mail goes.
    pub email: EmailAddress,
    /// The password they chose.
    pub password: Password,
    /// What they say about themselves.
    pub bio: Option<Bio>,
}

/// Registers accounts.
pub struct RegisterAccountUseCase {
    accounts: Arc<dyn AccountRepo>,
    hasher: Arc<dyn PasswordHasher>,
    issuer: TokenIssuer,
    clock: Arc<dyn Clock>,
}

/// Why somebody is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterAccountError {
    /// The password says no more than the name does.
    #[error("the password is the username or the e-mail address")]
    PasswordIsName,
    /// Name or address are taken, or the store failed.
    #[error(transparent)]
    Add(#[from] AddAccountError),
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hash(#[source] PortError),
}

impl RegisterAccountUseCase {
    /// Registers in `accounts`.
    pub fn new(
        accounts: Arc<dyn AccountRepo>,
        hasher: Arc<dyn PasswordHasher>,
        issuer: TokenIssuer,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            accounts,
            hasher,
            issuer,
            clock,
        }
    }

    /// Registers an account and logs it in.
    ///
    /// # Errors
    ///
    /// After an error other than that of the store nothing is stored.
    pub async fn run(&self, request: RegisterAccount) -> Result<LoggedIn, RegisterAccountError> {
        let mut new = self.prepared(request).await?;
        let (granted, token) = self.issuer.grant(new.account.id, new.account.created_at);
        new.token = Some(token);
        self.accounts.add(&new).await?;
        Ok(LoggedIn {
            account: new.account,
            granted,
        })
    }

    /// Registers an account that sees and edits everything, without logging it in.
    ///
    /// # Errors
    ///
    /// As for [`RegisterAccountUseCase::run`].
    pub async fn staff(&self, request: RegisterAccount) -> Result<Account, RegisterAccountError> {
        let mut new = self.prepared(request).await?;
        new.account.is_staff = true;
        self.accounts.add(&new).await?;
        Ok(new.account)
    }

    async fn prepared(&self, request: RegisterAccount) -> Result<NewAccount, RegisterAccountError> {
        let RegisterAccount {
            id,
            username,
            email,
            password,
            bio,
        } = request;
        let secret = folded(password.reveal());
        if secret == folded(username.as_str()) || secret == email.folded() {
            return Err(RegisterAccountError::PasswordIsName);
        }
        let hashed = self.hasher.hash(password.reveal()).await;
        let account = Account {
            id,
            username,
            email,
            bio,
            is_staff: false,
            created_at: self.clock.now(),
        };
        Ok(NewAccount {
            account,
            password: hashed.map_err(RegisterAccountError::Hash)?,
            token: None,
        })
    }
}
