//! What gets lost on Redis, or on the way there.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::ports::{Conveyor as _, Outbox as _, Push};
use redis::cmd;
use tests::samples::worker;

use super::{FIRST, NO_WAIT, Place, SECOND, own_work};

async fn flush(place: &Place) {
    place.ask::<()>(&["FLUSHALL"]).await;
}

#[tokio::test]
async fn what_redis_forgot_is_pushed_again_with_the_next_push() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    for id in ["a", "b"] {
        place.enqueue(&[id]).await;
        relay.step(NO_WAIT).await.unwrap();
    }

    flush(&place).await;
    place.enqueue(&["c"]).await;
    relay.step(NO_WAIT).await.unwrap();
    assert_eq!(relay.step(NO_WAIT).await.unwrap(), 2);

    let done: BTreeSet<_> = place.does(&FIRST).await.into_iter().collect();
    assert_eq!(done, ["a", "b", "c"].map(str::to_owned).into());
}

#[tokio::test]
async fn what_redis_forgot_while_nothing_is_pushed_is_found_by_looking() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    place.enqueue(&["a", "b"]).await;
    relay.step(NO_WAIT).await.unwrap();
    assert_eq!(relay.mend().await.unwrap(), 0, "nothing is lost yet");

    flush(&place).await;

    assert_eq!(relay.mend().await.unwrap(), 2);
    assert_eq!(relay.step(NO_WAIT).await.unwrap(), 2);
    assert_eq!(place.does(&FIRST).await, ["a", "b"]);
}

#[tokio::test]
async fn an_old_dump_costs_nothing_and_repeats_nothing() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    let (list, number) = (place.key("celery"), place.key(&number_of(77)));
    place.enqueue(&["old"]).await;
    relay.step(NO_WAIT).await.unwrap();
    let dump: Vec<Vec<u8>> = place.ask(&["LRANGE", &list, "0", "-1"]).await;
    let dumped: String = place.ask(&["GET", &number]).await;
    assert_eq!(place.does(&FIRST).await, ["old"]);
    place.enqueue(&["new"]).await;
    relay.step(NO_WAIT).await.unwrap();

    flush(&place).await;
    let mut restore = cmd("RPUSH");
    restore.arg(&list).arg(&dump);
    place.server.ask::<()>(&restore).await.unwrap();
    place.ask::<()>(&["SET", &number, &dumped]).await;

    assert_eq!(relay.mend().await.unwrap(), 1);
    relay.step(NO_WAIT).await.unwrap();
    assert_eq!(place.does(&SECOND).await, ["new"]);
}

fn number_of(relay: u128) -> String {
    format!("backbeat:last-push:{}", worker(relay))
}

#[tokio::test]
async fn a_relay_that_died_before_it_pushed_is_made_up_for() {
    let place = Place::new().await;
    place.enqueue(&["a"]).await;
    let push = Push {
        relay: worker(78),
        number: 1,
    };
    place.store.relay(push, 9, NO_WAIT).await.unwrap();
    let mut relay = place.relay(77);

    assert_eq!(relay.mend().await.unwrap(), 0, "it may be about to push");
    assert_eq!(mended_by_another(&place, 1).await, 1);
    relay.step(NO_WAIT).await.unwrap();
    assert_eq!(place.does(&FIRST).await, ["a"]);
}

#[tokio::test]
async fn what_redis_forgot_is_found_though_its_relay_died_with_the_next_push() {
    let place = Place::new().await;
    let pushed = async |number, after, id| {
        place.enqueue(&[id]).await;
        let push = Push {
            relay: worker(78),
            number,
        };
        let tasks = place.store.relay(push, 9, NO_WAIT).await.unwrap();
        let own = own_work();
        let pushing = place.conveyor.push(push, after, &tasks, &own);
        pushing.await.unwrap();
    };
    pushed(1, 0, "a").await;
    pushed(2, 1, "b").await;
    flush(&place).await;
    // It pushes once more, and dies before it calls back what it now knows to be lost.
    pushed(3, 2, "c").await;
    // Somebody else's messages make up for the missing ones, if they are counted.
    for _ in 0..9 {
        place
            .ask::<()>(&["LPUSH", &place.key("celery"), "{}"])
            .await;
    }

    assert_eq!(mended_by_another(&place, 2).await, 2);
    let mut relay = place.relay(77);
    assert_eq!(relay.step(NO_WAIT).await.unwrap(), 2);
    let done: BTreeSet<_> = place.does(&FIRST).await.into_iter().collect();
    assert_eq!(done, ["a", "b", "c"].map(str::to_owned).into());
}

/// Looks until so many tasks were found, as relays do every few seconds; answers how many.
async fn mended_by_another(place: &Place, wanted: u64) -> u64 {
    let (mut relay, mut mended) = (place.relay(79), 0);
    // A relay that is not heard of is given five seconds.
    for _ in 0..100 {
        mended += relay.mend().await.unwrap();
        if wanted <= mended {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    mended
}

#[tokio::test]
async fn while_redis_is_away_tasks_wait_in_the_store() {
    let mut place = Place::new().await;
    let mut relay = place.relay(77);
    place.enqueue(&["a"]).await;

    place.server.crash().await;
    for _ in 0..3 {
        assert!(relay.step(NO_WAIT).await.is_err());
    }
    assert_eq!(place.store.on_their_way().await.unwrap(), []);
    place.server.start_again().await;

    let mut pushed = 0;
    for _ in 0..200 {
        pushed += relay.step(NO_WAIT).await.unwrap_or(0);
        if 0 < pushed {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(place.does(&FIRST).await, ["a"]);
}
