//! Accounts are stored and found.

use std::sync::Arc;

use domain::model::{Account, AccountEdit};
use domain::ports::{AccountRepo, AddAccountError, NewAccount, PasswordHash};
use futures_util::future::join_all;
use tests::samples::{START, account, new_account, token, value};

use super::add;
use crate::contracts::world::World;

laws! {
    an_account_comes_out_as_it_went_in,
    an_unknown_account_is_none,
    an_account_comes_with_its_first_token,
    usernames_are_unique_regardless_of_case,
    addresses_are_unique_regardless_of_case,
    a_refused_account_leaves_nothing,
    of_many_with_the_same_name_one_is_stored,
    credentials_are_found_regardless_of_case,
}

async fn an_account_comes_out_as_it_went_in(world: &World) {
    let full = Account {
        username: value("Åsa.1@home"),
        email: value("åsa+music@exämple.com"),
        bio: Some(value("First line\nsecond “line” with 🎵 and \\ %_'\"")),
        is_staff: true,
        ..account(1)
    };
    let plain = account(2);
    for account in [&full, &plain] {
        add(world, account).await.unwrap();
    }

    assert_eq!(
        world.accounts.get(full.id).await.unwrap().as_ref(),
        Some(&full)
    );
    assert_eq!(world.accounts.get(plain.id).await.unwrap(), Some(plain));
}

async fn an_unknown_account_is_none(world: &World) {
    let name = value("nobody");

    assert_eq!(world.accounts.get(account(1).id).await.unwrap(), None);
    assert!(world.accounts.credentials(&name).await.unwrap().is_none());
    let edit = AccountEdit::default();
    assert_eq!(
        world.accounts.edit(account(1).id, &edit).await.unwrap(),
        None
    );
}

async fn an_account_comes_with_its_first_token(world: &World) {
    let token = token(7, 1);
    let new = NewAccount {
        token: Some(token.clone()),
        ..new_account(1)
    };

    world.accounts.add(&new).await.unwrap();

    let caller = world.tokens.caller(&token.digest, START).await.unwrap();
    assert_eq!(caller.unwrap().account, new.account);
}

async fn usernames_are_unique_regardless_of_case(world: &World) {
    let named = |number, name| Account {
        username: value(name),
        ..account(number)
    };
    add(world, &named(1, "Straße")).await.unwrap();

    for (number, name) in [(2, "Straße"), (3, "STRASSE"), (4, "strasse")] {
        let refused = add(world, &named(number, name)).await.unwrap_err();
        assert!(matches!(refused, AddAccountError::UsernameTaken), "{name}");
    }
    add(world, &named(5, "Strase")).await.unwrap();
}

async fn addresses_are_unique_regardless_of_case(world: &World) {
    let at = |number, email| Account {
        email: value(email),
        ..account(number)
    };
    add(world, &at(1, "Åsa@example.com")).await.unwrap();

    for (number, email) in [(2, "åsa@example.com"), (3, "ÅSA@EXAMPLE.COM")] {
        let refused = add(world, &at(number, email)).await.unwrap_err();
        assert!(matches!(refused, AddAccountError::EmailTaken), "{email}");
    }
    add(world, &at(4, "asa@example.com")).await.unwrap();
}

async fn a_refused_account_leaves_nothing(world: &World) {
    add(world, &account(1)).await.unwrap();
    let token = token(7, 2);
    let refused = NewAccount {
        account: Account {
            email: account(1).email,
            ..account(2)
        },
        token: Some(token.clone()),
        ..new_account(2)
    };

    assert!(world.accounts.add(&refused).await.is_err());

    let name = &refused.account.username;
    assert_eq!(world.accounts.get(refused.account.id).await.unwrap(), None);
    assert!(world.accounts.credentials(name).await.unwrap().is_none());
    let caller = world.tokens.caller(&token.digest, START).await.unwrap();
    assert_eq!(caller, None);
    add(world, &account(2)).await.unwrap();
}

async fn of_many_with_the_same_name_one_is_stored(world: &World) {
    let many = (1..=8).map(|number| {
        let accounts: Arc<dyn AccountRepo> = Arc::clone(&world.accounts);
        let mut new = new_account(number);
        new.account.username = value("wanted");
        tokio::spawn(async move { accounts.add(&new).await })
    });

    let answers: Vec<_> = join_all(many)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = answers.into_iter().filter_map(Result::err);
    assert_eq!(
        refused
            .filter(|error| matches!(error, AddAccountError::UsernameTaken))
            .count(),
        7
    );
}

async fn credentials_are_found_regardless_of_case(world: &World) {
    let mut new = new_account(1);
    new.account.username = value("Åsa");
    new.password = PasswordHash::new("$argon2id$v=19$…".to_owned());
    world.accounts.add(&new).await.unwrap();
    world.accounts.add(&new_account(2)).await.unwrap();

    for name in ["Åsa", "åsa", "ÅSA"] {
        let found = world
            .accounts
            .credentials(&value(name))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.account, new.account);
        assert_eq!(found.password, new.password);
    }
    assert!(
        world
            .accounts
            .credentials(&value("Asa"))
            .await
            .unwrap()
            .is_none()
    );
}
