//! When nobody knows whether a mail was taken.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::ports::{Claim, MailStep, Recorded};
use tests::samples::worker;

use super::{HOLD, claim, granted, mail, record, sending};
use crate::contracts::world::{FIRST, SECOND, THIRD, World};

laws! {
    who_dies_before_the_final_step_leaves_no_doubt,
    who_dies_at_the_final_step_leaves_doubt_at_once,
    who_does_not_live_takes_no_final_step,
    who_is_silent_for_longer_than_the_hold_leaves_doubt,
    what_passed_on_in_doubt_is_lost_to_its_first_sender,
    an_unknown_outcome_leaves_doubt,
    doubt_once_cast_stays,
    a_doubtful_mail_may_be_sent,
}

async fn who_dies_before_the_final_step_leaves_no_doubt(world: &World) {
    granted(world, mail(1), &FIRST).await;
    world.dies(&FIRST).await;

    assert!(!granted(world, mail(1), &SECOND).await.is_in_doubt);
}

async fn who_dies_at_the_final_step_leaves_doubt_at_once(world: &World) {
    sending(world, mail(1), &FIRST).await;
    world.dies(&FIRST).await;

    assert!(granted(world, mail(1), &SECOND).await.is_in_doubt);
}

async fn who_does_not_live_takes_no_final_step(world: &World) {
    let Claim::Granted(never_seen) = claim(world, mail(1), &worker(99)).await else {
        panic!("nobody else has claimed it");
    };
    let first = granted(world, mail(2), &FIRST).await;
    world.dies(&FIRST).await;

    for claim in [never_seen, first] {
        let recorded = record(world, &claim, MailStep::Sending).await;
        assert_eq!(recorded, Recorded::TooLate);
    }

    world.alive(&FIRST).await;
    let recorded = record(world, &first, MailStep::Sending).await;
    assert_eq!(recorded, Recorded::InTime, "it was only cut off");
    assert!(!granted(world, mail(1), &SECOND).await.is_in_doubt);
}

async fn who_is_silent_for_longer_than_the_hold_leaves_doubt(world: &World) {
    let hold = TimeDelta::milliseconds(300);
    let before = Instant::now();
    sending(world, mail(1), &FIRST).await;
    world.alive(&SECOND).await;

    let second = loop {
        match world.mails.claim(mail(1), SECOND, hold).await.unwrap() {
            Claim::Granted(claim) => break claim,
            Claim::Busy => {
                let waited = before.elapsed();
                assert!(waited < Duration::from_mins(1), "busy for {waited:?}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => panic!("busy or granted, but {other:?}"),
        }
    };

    let waited = before.elapsed();
    assert!(Duration::from_millis(300) <= waited, "held for {waited:?}");
    assert!(second.is_in_doubt);
}

async fn what_passed_on_in_doubt_is_lost_to_its_first_sender(world: &World) {
    let silent = sending(world, mail(1), &FIRST).await;
    world.alive(&SECOND).await;
    let passed_on = world.mails.claim(mail(1), SECOND, TimeDelta::zero()).await;
    let Claim::Granted(held) = passed_on.unwrap() else {
        panic!("nothing is held for no time");
    };

    assert_eq!(
        record(world, &silent, MailStep::Sent).await,
        Recorded::TooLate
    );
    assert_eq!(
        record(world, &silent, MailStep::Free).await,
        Recorded::TooLate
    );
    assert_eq!(
        record(world, &held, MailStep::Sending).await,
        Recorded::InTime
    );
    assert_eq!(
        record(world, &silent, MailStep::Sent).await,
        Recorded::TooLate
    );
    assert_eq!(record(world, &held, MailStep::Sent).await, Recorded::InTime);
}

async fn an_unknown_outcome_leaves_doubt(world: &World) {
    let first = sending(world, mail(1), &FIRST).await;

    assert_eq!(
        record(world, &first, MailStep::Doubt).await,
        Recorded::InTime
    );

    assert_eq!(
        record(world, &first, MailStep::Sent).await,
        Recorded::TooLate
    );
    assert!(granted(world, mail(1), &FIRST).await.is_in_doubt);
}

async fn doubt_once_cast_stays(world: &World) {
    let first = sending(world, mail(1), &FIRST).await;
    record(world, &first, MailStep::Doubt).await;

    let second = granted(world, mail(1), &SECOND).await;
    assert!(second.is_in_doubt, "claimed again");
    let third = granted(world, mail(1), &THIRD).await;
    assert!(third.is_in_doubt, "passed on");
    record(world, &third, MailStep::Free).await;
    let fourth = sending(world, mail(1), &FIRST).await;
    assert!(
        fourth.is_in_doubt,
        "this attempt was freed, the doubtful one was not"
    );
    record(world, &fourth, MailStep::Free).await;
    assert!(granted(world, mail(1), &SECOND).await.is_in_doubt);
}

async fn a_doubtful_mail_may_be_sent(world: &World) {
    sending(world, mail(1), &FIRST).await;
    world.dies(&FIRST).await;
    let second = sending(world, mail(1), &SECOND).await;

    let busy = world.mails.claim(mail(1), THIRD, HOLD).await.unwrap();
    assert_eq!(busy, Claim::Busy, "its sender lives");
    assert_eq!(
        record(world, &second, MailStep::Sent).await,
        Recorded::InTime
    );
    assert_eq!(claim(world, mail(1), &THIRD).await, Claim::AlreadySent);
}
