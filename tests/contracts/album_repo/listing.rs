//! Which albums are listed, for whom, in which order.

use chrono::TimeDelta;
use domain::model::{
    Album, AlbumDetails, AlbumEdit, AlbumFilter, Artist, PageRequest, Price, Viewer,
};
use tests::samples::{FIRST_PAGE, START, album, artist, value};

use crate::contracts::world::World;

laws! {
    everybody_sees_what_is_approved,
    artists_see_their_own_as_well,
    staff_see_everything,
    approval_shows_and_hides_an_album,
    the_newest_come_first,
    albums_of_one_instant_are_listed_by_id,
    names_are_searched_for_parts_regardless_of_case,
    names_are_searched_for_every_character_as_it_is,
    bounds_of_the_cost_are_inside,
    without_a_cost_an_album_is_within_no_bounds,
    a_list_may_be_of_one_artist,
    every_condition_must_hold,
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

async fn names_are_searched_for_parts_regardless_of_case(world: &World) {
    named(world, &["Heima", "ÁGÆTIS", "Straße"]).await;

    assert_eq!(containing(world, "EIM").await, ["Heima"]);
    assert_eq!(containing(world, "gæt").await, ["ÁGÆTIS"]);
    assert_eq!(containing(world, "a\u{301}gæ").await, ["ÁGÆTIS"]);
    assert_eq!(containing(world, "STRASSE").await, ["Straße"]);
    assert_eq!(containing(world, "").await.len(), 3);
    assert_eq!(containing(world, "agætis").await, [""; 0]);
}

async fn names_are_searched_for_every_character_as_it_is(world: &World) {
    let names = [
        "100%",
        "1000",
        "a_b",
        "axb",
        "back\\slash",
        "' OR '1'='1",
        "star*",
        "[a]",
    ];
    named(world, &names).await;

    for name in ["100%", "a_b", "star*", "[a]", "' OR '1'='1"] {
        assert_eq!(containing(world, name).await, [name]);
    }
    assert_eq!(containing(world, "%").await, ["100%"]);
    assert_eq!(containing(world, "_").await, ["a_b"]);
    assert_eq!(containing(world, "\\").await, ["back\\slash"]);
    assert_eq!(containing(world, "\\%").await, [""; 0]);
    assert_eq!(containing(world, "'; DROP TABLE albums; --").await, [""; 0]);
    assert_eq!(containing(world, "\0").await, [""; 0]);
    assert_eq!(containing(world, "").await.len(), names.len());
}

async fn bounds_of_the_cost_are_inside(world: &World) {
    costing(
        world,
        &[
            Some(0),
            Some(999),
            Some(1000),
            Some(1001),
            Some(9_999_999_999),
        ],
    )
    .await;
    let between = async |least: Option<i64>, most: Option<i64>| {
        let filter = AlbumFilter {
            cost_at_least: least.and_then(Price::from_hundredths),
            cost_at_most: most.and_then(Price::from_hundredths),
            ..AlbumFilter::default()
        };
        listed(world, &filter).await.len()
    };

    assert_eq!(between(Some(1000), None).await, 3);
    assert_eq!(between(None, Some(1000)).await, 3);
    assert_eq!(between(Some(1000), Some(1000)).await, 1);
    assert_eq!(between(Some(0), Some(9_999_999_999)).await, 5);
    assert_eq!(between(Some(1001), Some(1000)).await, 0);
}

async fn without_a_cost_an_album_is_within_no_bounds(world: &World) {
    costing(world, &[None, Some(0)]).await;
    let least = AlbumFilter {
        cost_at_least: Price::from_hundredths(0),
        ..AlbumFilter::default()
    };
    let most = AlbumFilter {
        cost_at_most: Some(Price::MOST),
        ..AlbumFilter::default()
    };

    assert_eq!(listed(world, &least).await, ["Album 1"]);
    assert_eq!(listed(world, &most).await, ["Album 1"]);
    assert_eq!(listed(world, &AlbumFilter::default()).await.len(), 2);
}

async fn a_list_may_be_of_one_artist(world: &World) {
    let (one, _) = two_of_two_artists(world).await;
    let filter = AlbumFilter {
        artist: Some(one.id),
        ..AlbumFilter::default()
    };
    let nobodys = AlbumFilter {
        artist: Some(artist(9).id),
        ..AlbumFilter::default()
    };

    assert_eq!(listed(world, &filter).await, ["new 1", "approved 1"]);
    assert_eq!(listed(world, &nobodys).await, [""; 0]);
    let page = world.albums.list(&filter, Viewer::Public, FIRST_PAGE).await;
    assert_eq!(names(&page.unwrap().items), ["approved 1"]);
}

async fn every_condition_must_hold(world: &World) {
    let (one, other) = (world.artist(1).await, world.artist(2).await);
    let priced = |artist: &Artist, number, name, cost| {
        let mut details = album(artist, number);
        details.album.name = value(name);
        details.album.cost = Price::from_hundredths(cost);
        details
    };
    world.album(priced(&one, 1, "Blue", 500)).await;
    world.album(priced(&one, 2, "Blue II", 5000)).await;
    world.album(priced(&one, 3, "Red", 500)).await;
    world.album(priced(&other, 4, "Blue", 500)).await;
    let filter = AlbumFilter {
        name_contains: Some("blue".to_owned()),
        cost_at_least: Price::from_hundredths(1),
        cost_at_most: Price::from_hundredths(1000),
        artist: Some(one.id),
    };

    assert_eq!(listed(world, &filter).await, ["Blue"]);
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
        release_date: chrono::NaiveDate::from_ymd_opt(2026, 12, 24),
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

/// An approved album and a new one of each of two artists.
async fn two_of_two_artists(world: &World) -> (Artist, Artist) {
    let artists = (world.artist(1).await, world.artist(2).await);
    let albums = [
        (&artists.0, 1, "approved 1", true),
        (&artists.0, 2, "new 1", false),
        (&artists.1, 3, "approved 2", true),
        (&artists.1, 4, "new 2", false),
    ];
    for (artist, number, name, is_approved) in albums {
        let mut details = album(artist, number);
        details.album.name = value(name);
        details.album.is_approved = is_approved;
        world.album(details).await;
    }
    artists
}

async fn named(world: &World, names: &[&str]) {
    let artist = world.artist(1).await;
    for (number, name) in (1..).zip(names) {
        let mut details = album(&artist, number);
        details.album.name = value(name);
        world.album(details).await;
    }
}

/// Albums from number 0 on, each with its cost in hundredths.
async fn costing(world: &World, costs: &[Option<i64>]) {
    let artist = world.artist(1).await;
    for (number, cost) in (0..).zip(costs) {
        let mut details = album(&artist, number);
        details.album.cost = cost.and_then(Price::from_hundredths);
        world.album(details).await;
    }
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

async fn containing(world: &World, part: &str) -> Vec<String> {
    let filter = AlbumFilter {
        name_contains: Some(part.to_owned()),
        ..AlbumFilter::default()
    };
    listed(world, &filter).await
}

/// What staff find with `filter`.
async fn listed(world: &World, filter: &AlbumFilter) -> Vec<String> {
    let page = world
        .albums
        .list(filter, Viewer::Staff, FIRST_PAGE)
        .await
        .unwrap();
    assert_eq!(page.count, page.items.len() as u64);
    names(&page.items)
}

fn names(albums: &[AlbumDetails]) -> Vec<String> {
    let names = albums.iter().map(|details| details.album.name.to_string());
    names.collect()
}
