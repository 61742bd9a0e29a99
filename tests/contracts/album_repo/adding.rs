//! An album and its follow-up: both or neither.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use domain::model::{Album, AlbumDetails, Artist, Price};
use domain::ports::{AddAlbumError, Added, AlbumRepo, NewAlbum};
use domain::tasks::{Due, Envelope, TaskId};
use futures_util::future::join_all;
use tests::samples::{START, album, artist, congratulation, new_album, task, value};

use crate::contracts::world::{FIRST, World};

laws! {
    an_album_comes_out_as_it_went_in,
    an_unknown_album_is_none,
    a_new_album_brings_its_follow_up,
    a_follow_up_may_be_due_later,
    a_follow_up_that_is_queued_already_is_no_obstacle,
    an_album_needs_an_artist,
    names_are_unique_for_an_artist_regardless_of_case,
    a_name_is_free_for_another_artist,
    an_id_is_taken_once,
    of_many_with_the_same_name_one_is_stored_and_followed_up,
    many_at_once_are_all_stored_and_followed_up,
}

async fn an_album_comes_out_as_it_went_in(world: &World) {
    let artist = world.artist(1).await;
    let AlbumDetails { album: plain, .. } = album(&artist, 1);
    let full = Album {
        name: value("( ) 🎵 %_\\'\" ångström"),
        release_date: NaiveDate::from_ymd_opt(2026, 2, 28),
        cost: Some(Price::MOST),
        is_approved: true,
        created_at: START + TimeDelta::microseconds(999_999),
        ..album(&artist, 2).album
    };
    let free = Album {
        cost: Price::from_hundredths(0),
        ..album(&artist, 3).album
    };
    for album in [plain, full, free] {
        let artist = artist.clone();
        let stored = world.album(AlbumDetails { album, artist }).await;

        let found = world.albums.get(stored.album.id).await.unwrap();
        assert_eq!(found, Some(stored));
    }
}

async fn an_unknown_album_is_none(world: &World) {
    let id = album(&artist(1), 1).album.id;

    assert_eq!(world.albums.get(id).await.unwrap(), None);
}

async fn a_new_album_brings_its_follow_up(world: &World) {
    let artist = world.artist(1).await;
    let new = new_album(&artist, 1);
    let follow_up = congratulation(&new.details.album);

    let added = world.albums.add(&new, &follow_up).await.unwrap();

    assert_eq!(added, Added::New);
    let lease = world.lease_only(&FIRST).await;
    let due = lease.envelope.due;
    assert_eq!(lease.envelope, Envelope { due, ..follow_up });
    assert_eq!((lease.attempt, lease.due_since), (1, START));
}

async fn a_follow_up_may_be_due_later(world: &World) {
    let artist = world.artist(1).await;
    let follow_up = Envelope {
        due: Due::After(Duration::from_mins(1)),
        ..task("later")
    };
    world
        .albums
        .add(&new_album(&artist, 1), &follow_up)
        .await
        .unwrap();

    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
    world.passes(TimeDelta::minutes(1));
    assert_eq!(world.due_ids(&FIRST).await, ["later"]);
}

async fn a_follow_up_that_is_queued_already_is_no_obstacle(world: &World) {
    let artist = world.artist(1).await;
    let new = new_album(&artist, 1);
    let follow_up = congratulation(&new.details.album);
    world.enqueue(std::slice::from_ref(&follow_up)).await;

    let added = world.albums.add(&new, &follow_up).await;

    assert_eq!(added.unwrap(), Added::New);
    let id = new.details.album.id;
    assert_eq!(world.albums.get(id).await.unwrap(), Some(new.details));
    assert_eq!(world.lease_only(&FIRST).await.envelope.id, follow_up.id);
}

async fn an_album_needs_an_artist(world: &World) {
    let refused = refused(world, &new_album(&artist(1), 1)).await;

    assert!(matches!(refused, AddAlbumError::UnknownArtist));
}

async fn names_are_unique_for_an_artist_regardless_of_case(world: &World) {
    let artist = world.artist(1).await;
    world.album(named(&artist, 1, "Ágætis Byrjun")).await;
    world.album(named(&artist, 2, "Straße")).await;
    world.due_ids(&FIRST).await;
    let same = [
        "Ágætis Byrjun",
        "ÁGÆTIS BYRJUN",
        "a\u{301}gætis byrjun",
        "STRASSE",
    ];

    for (number, name) in (3..).zip(same) {
        let new = NewAlbum {
            details: named(&artist, number, name),
            once: None,
        };
        let refused = refused(world, &new).await;
        assert!(matches!(refused, AddAlbumError::NameTaken), "{name}");
    }
    world.album(named(&artist, 9, "Agætis Byrjun")).await;
}

async fn a_name_is_free_for_another_artist(world: &World) {
    let (one, other) = (world.artist(1).await, world.artist(2).await);

    world.album(named(&one, 1, "Debut")).await;
    world.album(named(&other, 2, "DEBUT")).await;

    assert_eq!(world.due_ids(&FIRST).await.len(), 2);
}

async fn an_id_is_taken_once(world: &World) {
    let artist = world.artist(1).await;
    let first = world.album(named(&artist, 1, "One")).await;
    let again = NewAlbum {
        details: named(&artist, 1, "Another"),
        once: None,
    };

    let added = world.albums.add(&again, &task("other")).await;

    assert!(matches!(added, Err(AddAlbumError::NameTaken)));
    assert_eq!(world.albums.get(first.album.id).await.unwrap(), Some(first));
    assert_eq!(world.due_ids(&FIRST).await.len(), 1);
}

async fn of_many_with_the_same_name_one_is_stored_and_followed_up(world: &World) {
    let artist = world.artist(1).await;
    let many = (1..=12).map(|number| {
        let albums: Arc<dyn AlbumRepo> = Arc::clone(&world.albums);
        let new = NewAlbum {
            details: named(&artist, number, "Wanted"),
            once: None,
        };
        tokio::spawn(async move {
            let follow_up = congratulation(&new.details.album);
            let added = albums.add(&new, &follow_up).await;
            added.is_ok().then_some(follow_up.id)
        })
    });

    let added: Vec<TaskId> = join_all(many)
        .await
        .into_iter()
        .filter_map(Result::unwrap)
        .collect();

    assert_eq!(added.len(), 1);
    assert_eq!(world.lease_only(&FIRST).await.envelope.id, added[0]);
}

async fn many_at_once_are_all_stored_and_followed_up(world: &World) {
    let artist = world.artist(1).await;
    let many = (1..=64).map(|number| {
        let albums: Arc<dyn AlbumRepo> = Arc::clone(&world.albums);
        let new = new_album(&artist, number);
        tokio::spawn(async move {
            let follow_up = congratulation(&new.details.album);
            albums.add(&new, &follow_up).await.unwrap();
            (new.details, follow_up.id.to_string())
        })
    });

    let mut expected = Vec::new();
    for added in join_all(many).await {
        let (details, id) = added.unwrap();
        let found = world.albums.get(details.album.id).await.unwrap();
        assert_eq!(found, Some(details));
        expected.push(id);
    }
    let mut queued = world.due_ids(&FIRST).await;
    queued.sort();
    expected.sort();
    assert_eq!(queued, expected);
}

/// Tries to add an album, and makes sure that the refusal left neither album nor task.
async fn refused(world: &World, new: &NewAlbum) -> AddAlbumError {
    let follow_up = congratulation(&new.details.album);

    let refused = world.albums.add(new, &follow_up).await.unwrap_err();

    let found = world.albums.get(new.details.album.id).await.unwrap();
    assert_eq!(found, None, "no album after {refused}");
    assert_eq!(
        world.due_ids(&FIRST).await,
        [""; 0],
        "no task after {refused}"
    );
    refused
}

fn named(artist: &Artist, number: u32, name: &str) -> AlbumDetails {
    let mut details = album(artist, number);
    details.album.name = value(name);
    details
}
