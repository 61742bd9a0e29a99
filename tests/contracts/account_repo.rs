//! The laws of the accounts.

mod adding;
mod editing;

use domain::model::Account;
use domain::ports::{AddAccountError, NewAccount};
use tests::samples::new_account;

use super::world::World;

/// Stores an account, without a token.
async fn add(world: &World, account: &Account) -> Result<(), AddAccountError> {
    let new = NewAccount {
        account: account.clone(),
        ..new_account(1)
    };
    world.accounts.add(&new).await
}
