//! Somebody changes their own account.

use std::sync::Arc;

use crate::model::{Account, AccountEdit, AccountId, Caller};
use crate::ports::{AccountRepo, EditAccountError};

/// Shows and changes one's own account.
pub struct EditOwnAccountUseCase {
    accounts: Arc<dyn AccountRepo>,
}

/// Why an account was not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum EditOwnAccountError {
    /// It is not the caller's; whether it exists is not said.
    #[error("this account is not yours")]
    NotYours,
    /// Name or address are taken, or the store failed.
    #[error(transparent)]
    Edit(#[from] EditAccountError),
}

impl EditOwnAccountUseCase {
    /// Changes accounts of `accounts`.
    pub fn new(accounts: Arc<dyn AccountRepo>) -> Self {
        Self { accounts }
    }

    /// The caller's own account, which must be `id`.
    ///
    /// # Errors
    ///
    /// When it is another's.
    pub fn show(&self, caller: &Caller, id: AccountId) -> Result<Account, EditOwnAccountError> {
        if caller.account.id == id {
            Ok(caller.account.clone())
        } else {
            Err(EditOwnAccountError::NotYours)
        }
    }

    /// Changes the caller's own account, which must be `id`, and answers with what it is now.
    ///
    /// # Errors
    ///
    /// When it is another's, when name or address are taken, when the store fails.
    pub async fn edit(
        &self,
        caller: &Caller,
        id: AccountId,
        edit: &AccountEdit,
    ) -> Result<Account, EditOwnAccountError> {
        self.show(caller, id)?;
        self.accounts
            .edit(id, edit)
            .await?
            .ok_or(EditOwnAccountError::NotYours)
    }
}
