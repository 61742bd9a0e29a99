//! The laws of the tokens.

use chrono::TimeDelta;
use domain::model::{AccountEdit, Caller};
use domain::ports::{NewToken, TokenDigest};
use tests::samples::{START, account, artist, new_account, token, value};

use crate::contracts::world::World;

laws! {
    a_token_tells_who_stands_behind_it,
    a_token_tells_the_artist_its_account_has_become,
    a_token_tells_the_account_as_it_is_now,
    an_unknown_token_is_nobodys,
    a_token_is_good_until_it_expires_and_no_longer,
    a_revoked_token_is_worthless,
    revoking_all_spares_other_accounts,
    revoking_what_is_worthless_is_harmless,
}

async fn a_token_tells_who_stands_behind_it(world: &World) {
    for number in [1, 2] {
        world.accounts.add(&new_account(number)).await.unwrap();
    }
    for each in [token(1, 1), token(2, 2), token(3, 1)] {
        world.tokens.add(&each).await.unwrap();
    }

    for (digest, number) in [(1, 1), (2, 2), (3, 1)] {
        let expected = Caller {
            account: account(number),
            artist: None,
        };
        assert_eq!(caller(world, digest).await, Some(expected));
    }
}

async fn a_token_tells_the_artist_its_account_has_become(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    world.tokens.add(&token(1, 1)).await.unwrap();
    world.artists.add(&artist(1)).await.unwrap();

    assert_eq!(caller(world, 1).await.unwrap().artist, Some(artist(1)));
}

async fn a_token_tells_the_account_as_it_is_now(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    world.tokens.add(&token(1, 1)).await.unwrap();
    let edit = AccountEdit {
        username: Some(value("renamed")),
        ..AccountEdit::default()
    };
    let edited = world.accounts.edit(account(1).id, &edit).await.unwrap();

    assert_eq!(caller(world, 1).await.map(|caller| caller.account), edited);
}

async fn an_unknown_token_is_nobodys(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    world.tokens.add(&token(1, 1)).await.unwrap();

    assert_eq!(caller(world, 2).await, None);
}

async fn a_token_is_good_until_it_expires_and_no_longer(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    let expires_at = START + TimeDelta::seconds(1);
    let short = NewToken {
        expires_at,
        ..token(1, 1)
    };
    world.tokens.add(&short).await.unwrap();
    let is_good = async |now| {
        let caller = world.tokens.caller(&short.digest, now).await.unwrap();
        caller.is_some()
    };

    assert!(is_good(START).await);
    assert!(is_good(expires_at - TimeDelta::microseconds(1)).await);
    assert!(!is_good(expires_at).await);
    assert!(!is_good(expires_at + TimeDelta::days(1)).await);
}

async fn a_revoked_token_is_worthless(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    for number in [1, 2] {
        world.tokens.add(&token(number, 1)).await.unwrap();
    }

    world.tokens.revoke(&token(1, 1).digest).await.unwrap();

    assert_eq!(caller(world, 1).await, None);
    assert!(caller(world, 2).await.is_some());
}

async fn revoking_all_spares_other_accounts(world: &World) {
    for number in [1, 2] {
        world.accounts.add(&new_account(number)).await.unwrap();
    }
    for each in [token(1, 1), token(2, 2), token(3, 1)] {
        world.tokens.add(&each).await.unwrap();
    }

    world.tokens.revoke_all(account(1).id).await.unwrap();

    assert_eq!(caller(world, 1).await, None);
    assert_eq!(caller(world, 3).await, None);
    assert!(caller(world, 2).await.is_some());
}

async fn revoking_what_is_worthless_is_harmless(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    world.tokens.add(&token(1, 1)).await.unwrap();

    for _ in 0..2 {
        world.tokens.revoke(&token(1, 1).digest).await.unwrap();
        world.tokens.revoke_all(account(1).id).await.unwrap();
        world.tokens.revoke_all(account(9).id).await.unwrap();
    }

    assert_eq!(caller(world, 1).await, None);
}

/// Who stands behind the token with this number.
async fn caller(world: &World, number: u8) -> Option<Caller> {
    let digest = TokenDigest([number; 32]);
    world.tokens.caller(&digest, START).await.unwrap()
}
