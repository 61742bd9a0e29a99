//! Accounts are edited.

use domain::model::{Account, AccountEdit};
use domain::ports::{AddAccountError, EditAccountError};
use tests::samples::{account, new_account, value};

use super::add;
use crate::contracts::world::World;

laws! {
    an_edit_changes_what_it_names_and_no_more,
    an_edit_of_nothing_changes_nothing,
    an_account_may_keep_its_own_name_in_another_case,
    an_edit_may_not_take_what_another_has,
    what_an_edit_gave_up_is_free_and_what_it_took_is_taken,
}

async fn an_edit_changes_what_it_names_and_no_more(world: &World) {
    for number in [1, 2] {
        add(world, &account(number)).await.unwrap();
    }
    let edits = [
        AccountEdit {
            username: Some(value("new.name")),
            ..AccountEdit::default()
        },
        AccountEdit {
            email: Some(value("new@example.com")),
            ..AccountEdit::default()
        },
        AccountEdit {
            bio: Some(Some(value("new\nwords"))),
            ..AccountEdit::default()
        },
        AccountEdit {
            bio: Some(None),
            ..AccountEdit::default()
        },
    ];
    let mut expected = account(1);
    for edit in edits {
        let AccountEdit {
            username,
            email,
            bio,
        } = edit.clone();
        expected.username = username.unwrap_or(expected.username);
        expected.email = email.unwrap_or(expected.email);
        expected.bio = bio.unwrap_or(expected.bio);

        let edited = world.accounts.edit(expected.id, &edit).await.unwrap();

        assert_eq!(edited.as_ref(), Some(&expected));
        assert_eq!(world.accounts.get(expected.id).await.unwrap(), edited);
    }
    let credentials = world
        .accounts
        .credentials(&value("NEW.NAME"))
        .await
        .unwrap();
    assert_eq!(credentials.unwrap().password, new_account(1).password);
    assert_eq!(
        world.accounts.get(account(2).id).await.unwrap(),
        Some(account(2))
    );
}

async fn an_edit_of_nothing_changes_nothing(world: &World) {
    add(world, &account(1)).await.unwrap();

    let edited = world
        .accounts
        .edit(account(1).id, &AccountEdit::default())
        .await;

    assert_eq!(edited.unwrap(), Some(account(1)));
}

async fn an_account_may_keep_its_own_name_in_another_case(world: &World) {
    add(world, &account(1)).await.unwrap();
    let edit = AccountEdit {
        username: Some(value("USER1")),
        email: Some(value("USER1@example.com")),
        bio: None,
    };

    let edited = world.accounts.edit(account(1).id, &edit).await.unwrap();

    assert_eq!(edited.unwrap().username, value("USER1"));
}

async fn an_edit_may_not_take_what_another_has(world: &World) {
    for number in [1, 2] {
        add(world, &account(number)).await.unwrap();
    }
    let name = AccountEdit {
        username: Some(value("USER2")),
        bio: Some(Some(value("never stored"))),
        ..AccountEdit::default()
    };
    let address = AccountEdit {
        email: Some(value("User2@Example.com")),
        bio: Some(Some(value("never stored"))),
        ..AccountEdit::default()
    };

    let refused = world.accounts.edit(account(1).id, &name).await;
    assert!(matches!(refused, Err(EditAccountError::UsernameTaken)));
    let refused = world.accounts.edit(account(1).id, &address).await;
    assert!(matches!(refused, Err(EditAccountError::EmailTaken)));

    assert_eq!(
        world.accounts.get(account(1).id).await.unwrap(),
        Some(account(1))
    );
}

async fn what_an_edit_gave_up_is_free_and_what_it_took_is_taken(world: &World) {
    add(world, &account(1)).await.unwrap();
    let edit = AccountEdit {
        username: Some(value("other")),
        email: Some(value("other@example.com")),
        bio: None,
    };
    world.accounts.edit(account(1).id, &edit).await.unwrap();

    let given_up = Account {
        id: account(2).id,
        ..account(1)
    };
    add(world, &given_up).await.unwrap();
    let taken = Account {
        username: value("OTHER"),
        ..account(3)
    };
    let refused = add(world, &taken).await;
    assert!(matches!(refused, Err(AddAccountError::UsernameTaken)));
}
