//! What gets lost on Redis, or on the way there.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::ports::{Outbox as _, Push};
use redis::cmd;
use tests::samples::worker;

use super::{FIRST, NO_WAIT, Place, SECOND};

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
    let mut mended = 0;
    // It is given five seconds.
    for _ in 0..100 {
        mended += relay.mend().await.unwrap();
        if 0 < mended {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    assert_eq!(mended, 1);
    relay.step(NO_WAIT).await.unwrap();
    assert_eq!(place.does(&FIRST).await, ["a"]);
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
