//! Which albums somebody asks for.

use domain::model::{AlbumFilter, Artist, Price, Viewer};
use tests::samples::{FIRST_PAGE, album, artist, value};

use super::{names, two_of_two_artists};
use crate::contracts::world::World;

laws! {
    names_are_searched_for_parts_regardless_of_case,
    names_are_searched_for_every_character_as_it_is,
    bounds_of_the_cost_are_inside,
    without_a_cost_an_album_is_within_no_bounds,
    a_list_may_be_of_one_artist,
    every_condition_must_hold,
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
