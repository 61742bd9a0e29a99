//! G2: the task is carried out, soon after the acknowledgement, and soon after a crash.
//!
//! `CRASH_FLUSHES=15 tests/run g2` empties Redis every 20 s, so many times.

use std::time::Duration;

use tests::proxy::Way;
use tests::scripted_smtp::{Act, Script, Step};
use tokio::time::{Instant, sleep};

use super::asked_for;
use super::fleet::{Fleet, Role};
use super::load::{ARTISTS, Load, email_of};
use super::tally::Tally;

const FLUSHES: &str = "CRASH_FLUSHES";
/// A lease, a sweep, and the way there.
const TAKEN_UP: Duration = Duration::from_secs(25);

promises! {
    everywhere:
        a_mail_is_taken_within_five_seconds,
        what_is_refused_for_good_is_parked_and_nothing_else,
        a_mail_server_that_stands_still_leaves_the_workers_to_others,
        a_mail_server_that_stands_still_leaves_even_one_slot_to_others;
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

/// One artist's mailbox is gone for a while, and some mails look like spam.
async fn what_is_refused_for_good_is_parked_and_nothing_else(mut fleet: Fleet) {
    let gone = email_of(3);
    let mut script = Script::usual().without_mailbox(&gone);
    for _ in 0..5 {
        script = script.once(Step::Dot, Act::say("554 5.7.1 Looks like spam"));
    }
    fleet.sink.play(script);
    let load = Load::begin(&fleet, 40).await;
    sleep(Duration::from_secs(3)).await;
    fleet.sink.play(Script::usual());
    sleep(Duration::from_secs(1)).await;

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    eprintln!("{tally}");
    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    let (to_gone, refused) = tally.parked(&gone);
    assert!(0 < to_gone && to_gone == refused, "{to_gone} of {refused}");
    let others = (0..ARTISTS).map(email_of).filter(|it| *it != gone);
    let (spam, refused) = others.fold((0, 0), |(parked, refused), address| {
        let its = tally.parked(&address);
        (parked + its.0, refused + its.1)
    });
    assert_eq!((spam, refused), (5, 5), "{tally}");
    fleet.end();
}

async fn a_mail_server_that_stands_still_leaves_the_workers_to_others(fleet: Fleet) {
    others_go_on(fleet, 100).await;
}

/// One worker, which does one task at a time.
async fn a_mail_server_that_stands_still_leaves_even_one_slot_to_others(mut fleet: Fleet) {
    let usual = fleet.count(Role::Worker);
    fleet.start_as(Role::Worker, |how| {
        how.args(["-c", "1"]);
    });
    for _ in 0..usual {
        fleet.stop(Role::Worker);
    }
    others_go_on(fleet, 10).await;
}

/// Every final dot stays without an answer, and mails come and come; somebody else's tasks are
/// done all the same, and so are the mails once there are answers again.
async fn others_go_on(mut fleet: Fleet, mails_a_second: u32) {
    const TASK: &str = "albums.tasks.check_inactive_artists";
    fleet.sink.from_now_on(Step::Dot, Act::Stall);
    let load = Load::begin(&fleet, mails_a_second).await;
    // More mails than all workers could hold.
    sleep(Duration::from_secs(6)).await;
    assert_eq!(fleet.done(TASK).await, 0);
    let schedule = format!(r#"{{"look": {{"task": "{TASK}", "schedule": 1}}}}"#);
    fleet.start_as(Role::Beat, |how| {
        how.env("CELERY_CONF_BEAT_SCHEDULE", &schedule);
    });

    sleep(Duration::from_secs(10)).await;
    let done = fleet.done(TASK).await;
    eprintln!("{done} tasks done beside a mail server that stands still");
    assert!((7..=12).contains(&done), "{done} of 10 are done");
    assert!(fleet.mailed().is_empty());

    let ledger = load.end().await;
    let albums: Vec<_> = ledger.albums().keys().copied().collect();
    fleet.sink.play(Script::usual());
    fleet.to_sink.becomes(Way::Cut);
    sleep(Duration::from_secs(1)).await;
    fleet.to_sink.becomes(Way::Open);
    let took = fleet.until_mailed(&albums, Duration::from_mins(2)).await;
    eprintln!("{} mails taken {took:.1?} after it went on", albums.len());
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
    let (count, apart) = asked_for(FLUSHES).map_or((4, 2), |count| (count, 20));
    let load = Load::begin(&fleet, 50).await;
    for _ in 0..count {
        sleep(Duration::from_secs(apart)).await;
        fleet.servers().tell_redis(&["FLUSHALL"]).await;
    }

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    eprintln!("Redis emptied {count} times: {tally}");
    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    fleet.end();
}
