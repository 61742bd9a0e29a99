//! How long one artist is quiet, and whether they want to hear of it.

use std::sync::Arc;

use domain::ports::{ReminderRepo, Silence};
use futures_util::future::join_all;
use tests::samples::{START, album};

use super::{day, id, publish};
use crate::contracts::world::World;

laws! {
    a_silence_is_the_artists_own,
    a_silence_begins_with_the_youngest_album_there_is,
    an_unknown_artist_has_no_silence,
    who_unsubscribes_is_unsubscribed_for_good,
    an_unknown_artist_cannot_unsubscribe,
    of_many_who_unsubscribe_one_artist_all_are_answered_alike,
    unsubscribing_changes_nothing_else,
}

async fn a_silence_is_the_artists_own(world: &World) {
    let (ada, eve) = (world.artist(1).await, world.artist(2).await);
    publish(world, &eve, 1, 10).await;
    world.reminders.unsubscribe(eve.id).await.unwrap();

    let silence = Silence {
        artist: ada,
        since: START,
        is_unsubscribed: false,
    };
    assert_eq!(world.reminders.silence(id(1)).await.unwrap(), Some(silence));
}

async fn a_silence_begins_with_the_youngest_album_there_is(world: &World) {
    let ada = world.artist(1).await;
    let since = async || {
        let silence = world.reminders.silence(id(1)).await.unwrap();
        silence.unwrap().since
    };
    assert_eq!(since().await, START);
    for (number, on) in [(1, 20), (2, 10)] {
        publish(world, &ada, number, on).await;
    }
    assert_eq!(since().await, day(20));

    let youngest = album(&ada, 1).album.id;
    world.albums.remove(youngest).await.unwrap();

    assert_eq!(since().await, day(10));
}

async fn an_unknown_artist_has_no_silence(world: &World) {
    world.artist(1).await;

    assert_eq!(world.reminders.silence(id(2)).await.unwrap(), None);
}

async fn who_unsubscribes_is_unsubscribed_for_good(world: &World) {
    let ada = world.artist(1).await;
    for _ in 0..2 {
        assert!(world.reminders.unsubscribe(id(1)).await.unwrap());

        publish(world, &ada, 1, 10).await;
        world.housekeeping.tidy().await.unwrap();
        let silence = world.reminders.silence(id(1)).await.unwrap();
        assert!(silence.unwrap().is_unsubscribed);
        world.albums.remove(album(&ada, 1).album.id).await.unwrap();
    }
}

async fn an_unknown_artist_cannot_unsubscribe(world: &World) {
    assert!(!world.reminders.unsubscribe(id(1)).await.unwrap());

    world.artist(1).await;
    let silence = world.reminders.silence(id(1)).await.unwrap();
    assert!(!silence.unwrap().is_unsubscribed);
}

async fn of_many_who_unsubscribe_one_artist_all_are_answered_alike(world: &World) {
    world.artist(1).await;
    let many = (0..8).map(|_| {
        let reminders: Arc<dyn ReminderRepo> = Arc::clone(&world.reminders);
        tokio::spawn(async move { reminders.unsubscribe(id(1)).await.unwrap() })
    });

    let answers: Vec<_> = join_all(many)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    assert_eq!(answers, [true; 8]);
}

async fn unsubscribing_changes_nothing_else(world: &World) {
    let ada = world.artist(1).await;
    let details = publish(world, &ada, 1, 10).await;

    world.reminders.unsubscribe(id(1)).await.unwrap();

    assert_eq!(world.artists.get(id(1)).await.unwrap(), Some(ada));
    let stored = world.albums.get(details.album.id).await.unwrap();
    assert_eq!(stored, Some(details));
}
