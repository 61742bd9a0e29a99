//! Looking for those who are quiet, slice by slice.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::{QuietArtist, QuietSlice};
use tests::samples::START;

use super::{LATER, day, id, publish, quiet, slice};
use crate::contracts::world::World;

laws! {
    an_artist_without_an_album_is_quiet_since_they_became_one,
    an_artist_is_quiet_since_their_youngest_album,
    an_album_that_is_removed_does_not_count,
    an_album_that_is_edited_is_no_younger,
    who_is_quiet_since_exactly_then_is_not_quiet_before_it,
    who_has_unsubscribed_is_left_out,
    a_slice_is_as_long_as_it_looks_at_and_no_longer,
    slices_together_are_everybody_once,
    without_artists_there_is_nothing_to_look_at,
    no_instant_is_too_far_away,
}

async fn an_artist_without_an_album_is_quiet_since_they_became_one(world: &World) {
    world.artist(1).await;

    let found = slice(world, None, 100, LATER).await;

    let since = START;
    assert_eq!(found.quiet, [QuietArtist { id: id(1), since }]);
}

async fn an_artist_is_quiet_since_their_youngest_album(world: &World) {
    let (ada, eve) = (world.artist(1).await, world.artist(2).await);
    for (number, on) in [(1, 10), (2, 30), (3, 20)] {
        publish(world, &ada, number, on).await;
    }
    publish(world, &eve, 4, 5).await;

    let found = slice(world, None, 100, LATER).await;

    let expected = [(1, 30), (2, 5)].map(|(number, on)| QuietArtist {
        id: id(number),
        since: day(on),
    });
    assert_eq!(found.quiet, expected);
}

async fn an_album_that_is_removed_does_not_count(world: &World) {
    let ada = world.artist(1).await;
    publish(world, &ada, 1, 10).await;
    let removed = publish(world, &ada, 2, 20).await;
    assert_eq!(quiet(world, day(15)).await, []);

    world.albums.remove(removed.album.id).await.unwrap();

    assert_eq!(quiet(world, day(15)).await, [id(1)]);
}

async fn an_album_that_is_edited_is_no_younger(world: &World) {
    let ada = world.artist(1).await;
    let details = publish(world, &ada, 1, 10).await;
    world.passes(TimeDelta::days(20));

    let edit = domain::model::AlbumEdit {
        is_approved: Some(true),
        ..domain::model::AlbumEdit::default()
    };
    world.albums.edit(details.album.id, &edit).await.unwrap();

    assert_eq!(quiet(world, day(15)).await, [id(1)]);
}

async fn who_is_quiet_since_exactly_then_is_not_quiet_before_it(world: &World) {
    let ada = world.artist(1).await;
    publish(world, &ada, 1, 10).await;

    assert_eq!(quiet(world, day(10)).await, []);
    let moment_later = day(10) + TimeDelta::microseconds(1);
    assert_eq!(quiet(world, moment_later).await, [id(1)]);
}

async fn who_has_unsubscribed_is_left_out(world: &World) {
    for number in [1, 2, 3] {
        world.artist(number).await;
    }

    world.reminders.unsubscribe(id(2)).await.unwrap();

    let found = slice(world, None, 100, LATER).await;
    let ids: Vec<_> = found.quiet.iter().map(|each| each.id).collect();
    assert_eq!((ids, found.scanned), (vec![id(1), id(3)], 3));
}

async fn a_slice_is_as_long_as_it_looks_at_and_no_longer(world: &World) {
    for number in 1..=5 {
        let artist = world.artist(number).await;
        if number != 2 {
            publish(world, &artist, number, 10).await;
        }
    }
    let looked = async |after, most| {
        let slice = slice(world, after, most, day(5)).await;
        let quiet: Vec<_> = slice.quiet.into_iter().map(|each| each.id).collect();
        (quiet, slice.scanned, slice.more_after)
    };

    assert_eq!(looked(None, 1).await, (vec![], 1, Some(id(1))));
    assert_eq!(looked(None, 3).await, (vec![id(2)], 3, Some(id(3))));
    assert_eq!(looked(Some(id(1)), 2).await, (vec![id(2)], 2, Some(id(3))));
    assert_eq!(looked(Some(id(2)), 2).await, (vec![], 2, Some(id(4))));
    assert_eq!(looked(Some(id(2)), 4).await, (vec![], 3, None));
    assert_eq!(looked(Some(id(5)), 4).await, (vec![], 0, None));
    assert_eq!(looked(Some(id(9)), 4).await, (vec![], 0, None));
}

async fn slices_together_are_everybody_once(world: &World) {
    for number in [5, 3, 1, 6, 4, 2] {
        world.artist(number).await;
    }
    for most in [1, 2, 3, 6, 7] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let slice = slice(world, after, most, LATER).await;
            assert!(slice.scanned <= most);
            found.extend(slice.quiet.into_iter().map(|each| each.id));
            after = slice.more_after;
            if after.is_none() {
                break;
            }
        }

        assert_eq!(found, [1, 2, 3, 4, 5, 6].map(id), "{most} at a time");
    }
}

async fn without_artists_there_is_nothing_to_look_at(world: &World) {
    assert_eq!(slice(world, None, 9, LATER).await, QuietSlice::default());
    assert_eq!(slice(world, None, 0, LATER).await, QuietSlice::default());
}

async fn no_instant_is_too_far_away(world: &World) {
    world.artist(1).await;

    assert_eq!(quiet(world, DateTime::<Utc>::MAX_UTC).await, [id(1)]);
    assert_eq!(quiet(world, DateTime::<Utc>::MIN_UTC).await, []);
}
