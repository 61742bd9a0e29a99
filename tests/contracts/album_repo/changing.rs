//! Albums are edited and removed.

use chrono::NaiveDate;
use domain::model::{AlbumDetails, AlbumEdit, AlbumFilter, Price, Viewer};
use domain::ports::EditAlbumError;
use tests::samples::{FIRST_PAGE, album, artist, value};

use crate::contracts::world::{FIRST, World};

laws! {
    an_edit_changes_what_it_names_and_no_more,
    an_edit_of_nothing_changes_nothing,
    an_edit_queues_nothing,
    an_edit_of_an_unknown_album_is_none,
    an_edit_may_not_take_the_name_of_another,
    an_album_may_keep_its_own_name_in_another_case,
    a_name_given_up_is_free_and_one_taken_is_taken,
    a_removed_album_is_gone_and_its_name_is_free,
    removing_spares_the_others,
}

async fn an_edit_changes_what_it_names_and_no_more(world: &World) {
    let artist = world.artist(1).await;
    let mut expected = world.album(album(&artist, 1)).await;
    let other = world.album(album(&artist, 2)).await;
    let none = AlbumEdit::default;
    let edits = [
        AlbumEdit {
            name: Some(value("Ångström")),
            ..none()
        },
        AlbumEdit {
            release_date: Some(NaiveDate::from_ymd_opt(1999, 12, 31)),
            ..none()
        },
        AlbumEdit {
            cost: Some(Price::from_hundredths(999)),
            ..none()
        },
        AlbumEdit {
            is_approved: Some(true),
            ..none()
        },
        AlbumEdit {
            release_date: Some(None),
            cost: Some(None),
            is_approved: Some(false),
            ..none()
        },
    ];
    for edit in edits {
        expected.album = edit.clone().apply(expected.album);

        let edited = world.albums.edit(expected.album.id, &edit).await.unwrap();

        assert_eq!(edited.as_ref(), Some(&expected));
        let found = world.albums.get(expected.album.id).await.unwrap();
        assert_eq!(found, edited);
    }
    assert_eq!(world.albums.get(other.album.id).await.unwrap(), Some(other));
}

async fn an_edit_of_nothing_changes_nothing(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;

    let edited = world
        .albums
        .edit(stored.album.id, &AlbumEdit::default())
        .await;

    assert_eq!(edited.unwrap(), Some(stored));
}

async fn an_edit_queues_nothing(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;
    world.lease_only(&FIRST).await;

    renamed(world, &stored, "Renamed").await.unwrap();

    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
}

async fn an_edit_of_an_unknown_album_is_none(world: &World) {
    let unknown = album(&artist(1), 1);

    assert_eq!(renamed(world, &unknown, "Renamed").await.unwrap(), None);
}

async fn an_edit_may_not_take_the_name_of_another(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;
    world.album(album(&artist, 2)).await;
    let edit = AlbumEdit {
        name: Some(value("ALBUM 2")),
        is_approved: Some(true),
        ..AlbumEdit::default()
    };

    let refused = world.albums.edit(stored.album.id, &edit).await;

    assert!(matches!(refused, Err(EditAlbumError::NameTaken)));
    let found = world.albums.get(stored.album.id).await.unwrap();
    assert_eq!(found, Some(stored));
}

async fn an_album_may_keep_its_own_name_in_another_case(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;

    let edited = renamed(world, &stored, "ALBUM 1").await.unwrap();

    assert_eq!(edited.unwrap().album.name, value("ALBUM 1"));
}

async fn a_name_given_up_is_free_and_one_taken_is_taken(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;
    let other = world.album(album(&artist, 2)).await;
    renamed(world, &stored, "Other").await.unwrap();

    let refused = renamed(world, &other, "OTHER").await;
    assert!(matches!(refused, Err(EditAlbumError::NameTaken)));
    let edited = renamed(world, &other, "Album 1").await.unwrap();
    assert_eq!(edited.unwrap().album.name, value("Album 1"));
}

async fn a_removed_album_is_gone_and_its_name_is_free(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;
    let id = stored.album.id;

    assert!(world.albums.remove(id).await.unwrap());

    assert!(!world.albums.remove(id).await.unwrap());
    assert_eq!(world.albums.get(id).await.unwrap(), None);
    assert_eq!(renamed(world, &stored, "Renamed").await.unwrap(), None);
    let mut again = album(&artist, 2);
    again.album.name = stored.album.name;
    world.album(again).await;
}

async fn removing_spares_the_others(world: &World) {
    let artist = world.artist(1).await;
    let stored = world.album(album(&artist, 1)).await;
    let other = world.album(album(&artist, 2)).await;

    world.albums.remove(stored.album.id).await.unwrap();

    let list = world
        .albums
        .list(&AlbumFilter::default(), Viewer::Staff, FIRST_PAGE)
        .await;
    assert_eq!(list.unwrap().items, [other]);
    assert!(world.artists.get(artist.id).await.unwrap().is_some());
}

async fn renamed(
    world: &World,
    details: &AlbumDetails,
    name: &str,
) -> Result<Option<AlbumDetails>, EditAlbumError> {
    let edit = AlbumEdit {
        name: Some(value(name)),
        ..AlbumEdit::default()
    };
    world.albums.edit(details.album.id, &edit).await
}
