//! The laws of the artists.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::model::{Artist, PageRequest};
use domain::ports::{AddArtistError, ArtistRepo};
use futures_util::future::join_all;
use tests::samples::{FIRST_PAGE, START, artist, new_account, value};

use crate::contracts::world::World;

laws! {
    an_artist_comes_out_as_they_went_in,
    an_unknown_artist_is_none,
    an_artist_is_an_account,
    an_account_is_at_most_one_artist,
    stage_names_are_unique_regardless_of_case,
    a_refused_artist_leaves_nothing,
    of_many_with_the_same_stage_name_one_is_stored,
    artists_are_listed_by_when_they_became_one,
    artists_of_one_instant_are_listed_by_id,
    a_search_finds_parts_of_names_regardless_of_case,
    a_search_takes_every_character_as_it_is,
    a_list_comes_in_pages,
}

async fn an_artist_comes_out_as_they_went_in(world: &World) {
    let full = Artist {
        stage_name: value("Sigur Rós 🎵 %_\\'\""),
        social_link: Some(value("https://exämple.com/ü?x=1#y")),
        created_at: START + TimeDelta::microseconds(1),
        ..artist(1)
    };
    let plain = Artist {
        social_link: None,
        ..artist(2)
    };
    for each in [&full, &plain] {
        store(world, each).await.unwrap();
    }

    assert_eq!(world.artists.get(full.id).await.unwrap(), Some(full));
    assert_eq!(world.artists.get(plain.id).await.unwrap(), Some(plain));
}

async fn an_unknown_artist_is_none(world: &World) {
    assert_eq!(world.artists.get(artist(1).id).await.unwrap(), None);
}

async fn an_artist_is_an_account(world: &World) {
    let refused = world.artists.add(&artist(1)).await;

    assert!(matches!(refused, Err(AddArtistError::UnknownAccount)));
    assert_eq!(world.artists.get(artist(1).id).await.unwrap(), None);
}

async fn an_account_is_at_most_one_artist(world: &World) {
    world.artist(1).await;
    let second = Artist {
        account_id: artist(1).account_id,
        ..artist(2)
    };

    let refused = world.artists.add(&second).await;

    assert!(matches!(refused, Err(AddArtistError::AlreadyArtist)));
    assert_eq!(world.artists.get(second.id).await.unwrap(), None);
}

async fn stage_names_are_unique_regardless_of_case(world: &World) {
    store(world, &named(1, "Sigur Rós")).await.unwrap();

    for (number, name) in [(2, "Sigur Rós"), (3, "SIGUR RÓS"), (4, "sigur ro\u{301}s")] {
        let refused = store(world, &named(number, name)).await;
        assert!(
            matches!(refused, Err(AddArtistError::StageNameTaken)),
            "{name}"
        );
    }
    store(world, &named(5, "Sigur Ros")).await.unwrap();
}

async fn a_refused_artist_leaves_nothing(world: &World) {
    world.artist(1).await;
    let refused = Artist {
        stage_name: artist(1).stage_name,
        ..artist(2)
    };
    store(world, &refused).await.unwrap_err();

    let list = world.artists.list(None, FIRST_PAGE).await.unwrap();
    assert_eq!((list.items, list.count), (vec![artist(1)], 1));
    world.artists.add(&artist(2)).await.unwrap();
}

async fn of_many_with_the_same_stage_name_one_is_stored(world: &World) {
    for number in 1..=8 {
        world.accounts.add(&new_account(number)).await.unwrap();
    }
    let many = (1..=8).map(|number| {
        let artists: Arc<dyn ArtistRepo> = Arc::clone(&world.artists);
        tokio::spawn(async move { artists.add(&named(number, "Wanted")).await })
    });

    let answers = join_all(many).await.into_iter().map(Result::unwrap);

    assert_eq!(answers.flatten().count(), 1);
    assert_eq!(found(world, None).await, ["Wanted"]);
}

async fn artists_are_listed_by_when_they_became_one(world: &World) {
    for (number, seconds) in [(1, 30), (2, 10), (3, 20)] {
        let since = Artist {
            created_at: START + TimeDelta::seconds(seconds),
            ..artist(number)
        };
        store(world, &since).await.unwrap();
    }

    assert_eq!(
        found(world, None).await,
        ["Artist 2", "Artist 3", "Artist 1"]
    );
}

async fn artists_of_one_instant_are_listed_by_id(world: &World) {
    for number in [3, 1, 2] {
        world.artist(number).await;
    }

    assert_eq!(
        found(world, None).await,
        ["Artist 1", "Artist 2", "Artist 3"]
    );
}

async fn a_search_finds_parts_of_names_regardless_of_case(world: &World) {
    for (number, name) in [(1, "Björk"), (2, "BJÖRN"), (3, "Bjork")] {
        store(world, &named(number, name)).await.unwrap();
    }

    assert_eq!(found(world, Some("jö")).await, ["Björk", "BJÖRN"]);
    assert_eq!(found(world, Some("JO\u{308}RK")).await, ["Björk"]);
    assert_eq!(found(world, Some("")).await, ["Björk", "BJÖRN", "Bjork"]);
    assert_eq!(found(world, Some("x")).await, [""; 0]);
}

async fn a_search_takes_every_character_as_it_is(world: &World) {
    let names = [
        "100%",
        "1000",
        "a_b",
        "axb",
        "back\\slash",
        "' OR 1=1 --",
        "star*",
    ];
    for (number, name) in (1..).zip(names) {
        store(world, &named(number, name)).await.unwrap();
    }

    assert_eq!(found(world, Some("100%")).await, ["100%"]);
    assert_eq!(found(world, Some("A_B")).await, ["a_b"]);
    assert_eq!(found(world, Some("\\")).await, ["back\\slash"]);
    assert_eq!(found(world, Some("' or 1=1 --")).await, ["' OR 1=1 --"]);
    assert_eq!(found(world, Some("*")).await, ["star*"]);
    assert_eq!(
        found(world, Some("'; DROP TABLE artists; --")).await,
        [""; 0]
    );
    assert_eq!(found(world, None).await.len(), names.len());
}

async fn a_list_comes_in_pages(world: &World) {
    for number in 1..=5 {
        world.artist(number).await;
    }
    let page = async |search: Option<&str>, limit, offset| {
        let request = PageRequest { limit, offset };
        let search = search.map(str::to_owned);
        let page = world.artists.list(search, request).await.unwrap();
        (names(&page.items), page.count)
    };

    assert_eq!(page(None, 2, 0).await, (texts(["Artist 1", "Artist 2"]), 5));
    assert_eq!(page(None, 2, 4).await, (texts(["Artist 5"]), 5));
    assert_eq!(page(None, 2, 5).await, (vec![], 5));
    assert_eq!(page(None, 2, u32::MAX).await, (vec![], 5));
    assert_eq!(page(None, 0, 0).await, (vec![], 5));
    assert_eq!(page(Some("5"), 2, 0).await, (texts(["Artist 5"]), 1));
}

fn named(number: u32, name: &str) -> Artist {
    Artist {
        stage_name: value(name),
        ..artist(number)
    }
}

/// Stores an artist, and the account they are.
async fn store(world: &World, artist: &Artist) -> Result<(), AddArtistError> {
    let number = u32::try_from(artist.account_id.as_uuid().as_u128()).unwrap();
    world.accounts.add(&new_account(number)).await.unwrap();
    world.artists.add(artist).await
}

async fn found(world: &World, search: Option<&str>) -> Vec<String> {
    let search = search.map(str::to_owned);
    let page = world.artists.list(search, FIRST_PAGE).await.unwrap();
    assert_eq!(page.count, page.items.len() as u64);
    names(&page.items)
}

fn names(artists: &[Artist]) -> Vec<String> {
    let names = artists.iter().map(|artist| artist.stage_name.to_string());
    names.collect()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}
