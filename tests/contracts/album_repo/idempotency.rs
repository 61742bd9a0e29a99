//! A request that is repeated under its key is one request.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::model::{AlbumDetails, AlbumEdit, Artist};
use domain::ports::{AddAlbumError, Added, AlbumRepo, Fingerprint, NewAlbum, Once};
use futures_util::future::join_all;
use tests::samples::{START, artist, congratulation, new_album, value};

use crate::contracts::world::{FIRST, World};

laws! {
    a_repeated_request_is_answered_as_at_first_and_changes_nothing,
    the_answer_stays_whatever_becomes_of_the_album,
    a_key_is_not_for_another_request,
    a_key_belongs_to_its_artist,
    keys_tell_case_apart,
    a_key_ends_at_the_instant_it_is_kept_until,
    a_refused_request_does_not_use_up_its_key,
    of_many_repeated_at_once_one_is_new,
}

async fn a_repeated_request_is_answered_as_at_first_and_changes_nothing(world: &World) {
    let artist = world.artist(1).await;
    let first = with_key(&artist, 1, "key", 7);
    // The edge makes a new id and a new instant each time; the answer is the first one all the same.
    let again = with_key(&artist, 2, "key", 7);

    assert_eq!(add(world, &first).await.unwrap(), Added::New);
    assert_eq!(add(world, &again).await.unwrap(), repeated(&first));
    assert_eq!(add(world, &again).await.unwrap(), repeated(&first));

    assert_eq!(
        world.albums.get(again.details.album.id).await.unwrap(),
        None
    );
    assert_eq!(world.due_ids(&FIRST).await.len(), 1);
}

async fn the_answer_stays_whatever_becomes_of_the_album(world: &World) {
    let artist = world.artist(1).await;
    let first = with_key(&artist, 1, "key", 7);
    let id = first.details.album.id;
    add(world, &first).await.unwrap();

    let edit = AlbumEdit {
        name: Some(value("Renamed")),
        is_approved: Some(true),
        ..AlbumEdit::default()
    };
    world.albums.edit(id, &edit).await.unwrap();
    assert_eq!(add(world, &first).await.unwrap(), repeated(&first));

    world.albums.remove(id).await.unwrap();
    assert_eq!(add(world, &first).await.unwrap(), repeated(&first));
    assert_eq!(world.albums.get(id).await.unwrap(), None);
}

async fn a_key_is_not_for_another_request(world: &World) {
    let artist = world.artist(1).await;
    add(world, &with_key(&artist, 1, "key", 7)).await.unwrap();
    let other = with_key(&artist, 2, "key", 8);

    let refused = add(world, &other).await;

    assert!(matches!(refused, Err(AddAlbumError::KeyReused)));
    assert_eq!(
        world.albums.get(other.details.album.id).await.unwrap(),
        None
    );
    assert_eq!(world.due_ids(&FIRST).await.len(), 1);
}

async fn a_key_belongs_to_its_artist(world: &World) {
    let (one, other) = (world.artist(1).await, world.artist(2).await);

    let first = add(world, &with_key(&one, 1, "key", 7)).await;
    let second = add(world, &with_key(&other, 2, "key", 8)).await;

    assert_eq!((first.unwrap(), second.unwrap()), (Added::New, Added::New));
}

async fn keys_tell_case_apart(world: &World) {
    let artist = world.artist(1).await;

    for (number, key) in [(1, "key"), (2, "KEY"), (3, "%"), (4, "_")] {
        let added = add(world, &with_key(&artist, number, key, 7)).await;
        assert_eq!(added.unwrap(), Added::New, "{key}");
    }
}

async fn a_key_ends_at_the_instant_it_is_kept_until(world: &World) {
    let artist = world.artist(1).await;
    let first = with_key(&artist, 1, "key", 7);
    add(world, &first).await.unwrap();
    let mut later = with_key(&artist, 2, "key", 8);
    later.once.as_mut().unwrap().keep_until += TimeDelta::days(1);

    world.passes(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    assert_eq!(add(world, &first).await.unwrap(), repeated(&first));
    assert!(matches!(
        add(world, &later).await,
        Err(AddAlbumError::KeyReused)
    ));

    world.passes(TimeDelta::microseconds(1));
    assert_eq!(add(world, &later).await.unwrap(), Added::New);
    assert_eq!(add(world, &later).await.unwrap(), repeated(&later));
    assert!(matches!(
        add(world, &first).await,
        Err(AddAlbumError::KeyReused)
    ));
}

async fn a_refused_request_does_not_use_up_its_key(world: &World) {
    let unknown = add(world, &with_key(&artist(1), 1, "key", 7)).await;
    assert!(matches!(unknown, Err(AddAlbumError::UnknownArtist)));
    let artist = world.artist(1).await;
    world.album(new_album(&artist, 2).details).await;

    let taken = add(world, &with_key(&artist, 2, "key", 8)).await;
    assert!(matches!(taken, Err(AddAlbumError::NameTaken)));

    let added = add(world, &with_key(&artist, 3, "key", 9)).await;
    assert_eq!(added.unwrap(), Added::New);
}

async fn of_many_repeated_at_once_one_is_new(world: &World) {
    let artist = world.artist(1).await;
    let many = (1..=12).map(|number| {
        let albums: Arc<dyn AlbumRepo> = Arc::clone(&world.albums);
        let new = with_key(&artist, number, "key", 7);
        tokio::spawn(async move {
            let follow_up = congratulation(&new.details.album);
            match albums.add(&new, &follow_up).await.unwrap() {
                Added::New => (true, new.details),
                Added::Repeated(details) => (false, details),
            }
        })
    });

    let answers: Vec<(bool, AlbumDetails)> = join_all(many)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    assert_eq!(answers.iter().filter(|(is_new, _)| *is_new).count(), 1);
    assert!(answers.iter().all(|(_, details)| *details == answers[0].1));
    assert_eq!(world.due_ids(&FIRST).await.len(), 1);
}

/// A new album under a key that is kept for 24 hours.
fn with_key(artist: &Artist, number: u32, key: &str, fingerprint: u8) -> NewAlbum {
    let once = Once {
        key: value(key),
        fingerprint: Fingerprint([fingerprint; 32]),
        keep_until: START + TimeDelta::hours(24),
    };
    NewAlbum {
        once: Some(once),
        ..new_album(artist, number)
    }
}

async fn add(world: &World, new: &NewAlbum) -> Result<Added, AddAlbumError> {
    let follow_up = congratulation(&new.details.album);
    world.albums.add(new, &follow_up).await
}

fn repeated(first: &NewAlbum) -> Added {
    Added::Repeated(first.details.clone())
}
