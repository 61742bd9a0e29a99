//! Accounts and what they log in with.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::model::{Account, AccountEdit, AccountId, Username, folded};
use domain::ports::{
    AccountRepo, AddAccountError, Credentials, EditAccountError, NewAccount, PasswordHash,
    PortError,
};

use super::{MemoryStore, id_taken};

/// Every account, and the names and addresses that are taken, folded.
#[derive(Default)]
pub(super) struct Accounts {
    all: HashMap<AccountId, Credentials>,
    usernames: HashMap<String, AccountId>,
    emails: HashMap<String, AccountId>,
}

impl Accounts {
    pub(super) fn get(&self, id: AccountId) -> Option<&Account> {
        self.all.get(&id).map(|credentials| &credentials.account)
    }

    /// What of `account` is taken by an account other than `owner`.
    fn clash(&self, account: &Account, owner: Option<AccountId>) -> Option<Clash> {
        let username = self.usernames.get(&folded(account.username.as_str()));
        let email = self.emails.get(&account.email.folded());
        let is_taken = |holder: Option<&AccountId>| holder.is_some() && holder != owner.as_ref();
        if is_taken(username) {
            Some(Clash::Username)
        } else {
            is_taken(email).then_some(Clash::Email)
        }
    }

    fn insert(&mut self, account: Account, password: PasswordHash) {
        let username = folded(account.username.as_str());
        self.usernames.insert(username, account.id);
        self.emails.insert(account.email.folded(), account.id);
        let credentials = Credentials { account, password };
        self.all.insert(credentials.account.id, credentials);
    }

    fn remove(&mut self, id: AccountId) -> Option<Credentials> {
        let credentials = self.all.remove(&id)?;
        let account = &credentials.account;
        self.usernames.remove(&folded(account.username.as_str()));
        self.emails.remove(&account.email.folded());
        Some(credentials)
    }
}

enum Clash {
    Username,
    Email,
}

#[async_trait]
impl AccountRepo for MemoryStore {
    async fn add(&self, new: &NewAccount) -> Result<(), AddAccountError> {
        let mut state = self.state();
        match state.accounts.clash(&new.account, None) {
            Some(Clash::Username) => return Err(AddAccountError::UsernameTaken),
            Some(Clash::Email) => return Err(AddAccountError::EmailTaken),
            None => {}
        }
        if state.accounts.get(new.account.id).is_some() {
            return Err(id_taken("add an account").into());
        }
        let NewAccount {
            account,
            password,
            token,
        } = new.clone();
        state.accounts.insert(account, password);
        if let Some(token) = token {
            state.tokens.insert(token);
        }
        Ok(())
    }

    async fn get(&self, id: AccountId) -> Result<Option<Account>, PortError> {
        Ok(self.state().accounts.get(id).cloned())
    }

    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>, PortError> {
        let accounts = &self.state().accounts;
        let id = accounts.usernames.get(&folded(username.as_str()));
        Ok(id.and_then(|id| accounts.all.get(id)).cloned())
    }

    async fn edit(
        &self,
        id: AccountId,
        edit: &AccountEdit,
    ) -> Result<Option<Account>, EditAccountError> {
        let accounts = &mut self.state().accounts;
        let Some(account) = accounts.get(id).cloned() else {
            return Ok(None);
        };
        let edited = edited(account, edit.clone());
        match accounts.clash(&edited, Some(id)) {
            Some(Clash::Username) => return Err(EditAccountError::UsernameTaken),
            Some(Clash::Email) => return Err(EditAccountError::EmailTaken),
            None => {}
        }
        if let Some(Credentials { password, .. }) = accounts.remove(id) {
            accounts.insert(edited.clone(), password);
        }
        Ok(Some(edited))
    }
}

fn edited(account: Account, edit: AccountEdit) -> Account {
    Account {
        username: edit.username.unwrap_or(account.username),
        email: edit.email.unwrap_or(account.email),
        bio: edit.bio.unwrap_or(account.bio),
        ..account
    }
}
