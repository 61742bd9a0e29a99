//! G2: the task is carried out, soon after the acknowledgement, and soon after a crash.

use std::time::Duration;

use tests::proxy::Way;
use tokio::time::{Instant, sleep};

use super::fleet::{Fleet, Role};
use super::load::Load;
use super::tally::Tally;

/// A lease, a sweep, and the way there.
const TAKEN_UP: Duration = Duration::from_secs(25);

promises! {
    everywhere: a_mail_is_taken_within_five_seconds;
    on servers: what_redis_forgets_is_carried_again;
    as usual: what_a_killed_worker_held_is_done_within_25_seconds;
}

async fn a_mail_is_taken_within_five_seconds(mut fleet: Fleet) {
    let load = Load::begin(&fleet, 20).await;
    sleep(Duration::from_secs(5)).await;

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    assert!(tally.delay(99) < Duration::from_secs(5), "{tally}");
    fleet.end();
}

async fn what_a_killed_worker_held_is_done_within_25_seconds(mut fleet: Fleet) {
    let mut ada = fleet.artist("ada").await;
    fleet.to_sink.becomes(Way::Silent);
    let mut albums = Vec::new();
    for number in 0..12 {
        albums.push(ada.publish(&format!("Album {number}")).await.unwrap());
    }
    // Both workers hold some by now.
    sleep(Duration::from_secs(1)).await;

    fleet.kill(Role::Worker);
    let killed = Instant::now();
    fleet.to_sink.becomes(Way::Open);

    fleet.until_mailed(&albums, TAKEN_UP).await;
    eprintln!("taken up {:.1?} after the kill", killed.elapsed());
    fleet.until_at_rest().await;
    fleet.end();
}

async fn what_redis_forgets_is_carried_again(mut fleet: Fleet) {
    let load = Load::begin(&fleet, 50).await;
    for _ in 0..4 {
        sleep(Duration::from_secs(2)).await;
        fleet.servers().tell_redis(&["FLUSHALL"]).await;
    }

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    fleet.end();
}
