//! Which albums are listed for whom, in which order.

use chrono::{NaiveDate, TimeDelta};
use domain::model::{Album, AlbumEdit, AlbumFilter, PageRequest, Price, Viewer};
use tests::samples::{FIRST_PAGE, START, album, artist};

use super::{names, two_of_two_artists};
use crate::contracts::world::World;

laws! {
    everybody_sees_what_is_approved,
    artists_see_their_own_as_well,
    staff_see_everything,
    approval_shows_and_hides_an_album,
    the_newest_come_first,
    albums_of_one_instant_are_listed_by_id,
    a_list_comes_in_pages_with_the_count_of_all,
    listed_albums_are_whole,
}

async fn everybody_sees_what_is_approved(world: &World) {
    two_of_two_artists(world).await;

    assert_eq!(
        seen(world, Viewer::Public).await,
        ["approved 2", "approved 1"]
    );
}

async fn artists_see_their_own_as_well(world: &World) {
    let (one, other) = two_of_two_artists(world).await;
    let nobody = artist(9);

    assert_eq!(
        seen(world, Viewer::Artist(one.id)).await,
        ["approved 2", "new 1", "approved 1"]
    );
    assert_eq!(
        seen(world, Viewer::Artist(other.id)).await,
        ["new 2", "approved 2", "approved 1"]
    );
    assert_eq!(
        seen(world, Viewer::Artist(nobody.id)).await,
        ["approved 2", "approved 1"]
    );
}

async fn staff_see_everything(world: &World) {
    two_of_two_artists(world).await;

    assert_eq!(
        seen(world, Viewer::Staff).await,
        ["new 2", "approved 2", "new 1", "approved 1"]
    );
}

async fn approval_shows_and_hides_an_album(world: &World) {
    let artist = world.artist(1).await;
    let id = world.album(album(&artist, 1)).await.album.id;
    for (is_approved, count) in [(true, 1), (false, 0)] {
        let edit = AlbumEdit {
            is_approved: Some(is_approved),
            ..AlbumEdit::default()
        };
        world.albums.edit(id, &edit).await.unwrap();

        assert_eq!(seen(world, Viewer::Public).await.len(), count);
    }
}

async fn the_newest_come_first(world: &World) {
    let artist = world.artist(1).await;
    for (number, seconds) in [(1, 10), (2, 30), (3, 20)] {
        let mut details = album(&artist, number);
        details.album.created_at = START + TimeDelta::seconds(seconds);
        world.album(details).await;
    }

    assert_eq!(
        seen(world, Viewer::Staff).await,
        ["Album 2", "Album 3", "Album 1"]
    );
}

async fn albums_of_one_instant_are_listed_by_id(world: &World) {
    let artist = world.artist(1).await;
    for number in [2, 3, 1] {
        let mut details = album(&artist, number);
        details.album.created_at = START;
        world.album(details).await;
    }

    assert_eq!(
        seen(world, Viewer::Staff).await,
        ["Album 1", "Album 2", "Album 3"]
    );
}

async fn a_list_comes_in_pages_with_the_count_of_all(world: &World) {
    let artist = world.artist(1).await;
    for number in 1..=5 {
        world.album(album(&artist, number)).await;
    }
    let page = async |limit, offset| {
        let request = PageRequest { limit, offset };
        let page = world
            .albums
            .list(&AlbumFilter::default(), Viewer::Staff, request)
            .await;
        let page = page.unwrap();
        assert_eq!(page.count, 5);
        names(&page.items)
    };

    assert_eq!(page(2, 0).await, ["Album 5", "Album 4"]);
    assert_eq!(page(2, 2).await, ["Album 3", "Album 2"]);
    assert_eq!(page(2, 4).await, ["Album 1"]);
    assert_eq!(page(2, 5).await, [""; 0]);
    assert_eq!(page(0, 0).await, [""; 0]);
    assert_eq!(page(u32::MAX, u32::MAX).await, [""; 0]);
}

async fn listed_albums_are_whole(world: &World) {
    let artist = world.artist(1).await;
    let mut details = album(&artist, 1);
    details.album = Album {
        release_date: NaiveDate::from_ymd_opt(2026, 12, 24),
        cost: Price::from_hundredths(999),
        is_approved: true,
        ..details.album
    };
    let stored = world.album(details).await;

    let page = world
        .albums
        .list(&AlbumFilter::default(), Viewer::Public, FIRST_PAGE)
        .await;

    assert_eq!(page.unwrap().items, [stored]);
}

async fn seen(world: &World, viewer: Viewer) -> Vec<String> {
    let page = world
        .albums
        .list(&AlbumFilter::default(), viewer, FIRST_PAGE)
        .await;
    let page = page.unwrap();
    assert_eq!(page.count, page.items.len() as u64);
    names(&page.items)
}
