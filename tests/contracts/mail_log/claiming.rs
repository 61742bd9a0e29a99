//! Who has the right to send.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::ports::{Claim, MailLog, MailStep, Recorded};
use domain::tasks::Reason;
use futures_util::future::join_all;
use tests::samples::worker;

use super::{HOLD, claim, granted, mail, record, sending};
use crate::contracts::world::{FIRST, SECOND, World, only};

laws! {
    a_new_mail_is_claimed_without_doubt,
    mails_are_claimed_apart,
    a_claim_passes_to_whoever_claims_last,
    a_claim_passes_to_its_own_holder_under_a_new_fence,
    a_mail_at_the_final_step_is_busy,
    a_mail_stays_busy_however_the_clock_moves,
    a_sent_mail_is_never_claimed_again,
    a_parked_mail_is_never_claimed_again,
    a_freed_mail_is_claimed_without_doubt,
    of_many_who_claim_at_once_one_sends,
}

async fn a_new_mail_is_claimed_without_doubt(world: &World) {
    let claim = granted(world, mail(1), &FIRST).await;

    assert_eq!((claim.key, claim.is_in_doubt), (mail(1), false));
}

async fn mails_are_claimed_apart(world: &World) {
    let one = sending(world, mail(1), &FIRST).await;
    let other = sending(world, mail(2), &SECOND).await;

    assert_eq!(record(world, &one, MailStep::Sent).await, Recorded::InTime);
    assert_eq!(
        record(world, &other, MailStep::Sent).await,
        Recorded::InTime
    );
}

async fn a_claim_passes_to_whoever_claims_last(world: &World) {
    let lost = granted(world, mail(1), &FIRST).await;
    let held = granted(world, mail(1), &SECOND).await;

    assert!(!held.is_in_doubt, "nothing has gone out");
    for step in every_step() {
        assert_eq!(record(world, &lost, step).await, Recorded::TooLate);
    }
    assert_eq!(
        record(world, &held, MailStep::Sending).await,
        Recorded::InTime
    );
    assert_eq!(
        record(world, &lost, MailStep::Sent).await,
        Recorded::TooLate
    );
    assert_eq!(record(world, &held, MailStep::Sent).await, Recorded::InTime);
}

async fn a_claim_passes_to_its_own_holder_under_a_new_fence(world: &World) {
    let lost = granted(world, mail(1), &FIRST).await;
    let held = granted(world, mail(1), &FIRST).await;

    assert_ne!(lost.fence, held.fence);
    assert_eq!(
        record(world, &lost, MailStep::Sending).await,
        Recorded::TooLate
    );
    assert_eq!(
        record(world, &held, MailStep::Sending).await,
        Recorded::InTime
    );
}

async fn a_mail_at_the_final_step_is_busy(world: &World) {
    let held = sending(world, mail(1), &FIRST).await;

    assert_eq!(claim(world, mail(1), &SECOND).await, Claim::Busy);
    assert_eq!(claim(world, mail(1), &FIRST).await, Claim::Busy);

    assert_eq!(record(world, &held, MailStep::Sent).await, Recorded::InTime);
}

async fn a_mail_stays_busy_however_the_clock_moves(world: &World) {
    let held = sending(world, mail(1), &FIRST).await;
    for days in [365, -730] {
        world.passes(TimeDelta::days(days));

        assert_eq!(claim(world, mail(1), &SECOND).await, Claim::Busy);
    }
    assert_eq!(record(world, &held, MailStep::Sent).await, Recorded::InTime);
}

async fn a_sent_mail_is_never_claimed_again(world: &World) {
    let sent = sending(world, mail(1), &FIRST).await;
    record(world, &sent, MailStep::Sent).await;
    world.dies(&FIRST).await;
    world.passes(TimeDelta::days(1000));
    world.housekeeping.tidy().await.unwrap();

    assert_eq!(claim(world, mail(1), &FIRST).await, Claim::AlreadySent);
    assert_eq!(claim(world, mail(1), &SECOND).await, Claim::AlreadySent);
}

async fn a_parked_mail_is_never_claimed_again(world: &World) {
    let reason = Reason::new("550 “no such user”");
    let parked = granted(world, mail(1), &FIRST).await;
    record(world, &parked, MailStep::Parked(reason.clone())).await;
    world.passes(TimeDelta::days(1000));
    world.housekeeping.tidy().await.unwrap();

    assert_eq!(claim(world, mail(1), &SECOND).await, Claim::Parked(reason));
}

async fn a_freed_mail_is_claimed_without_doubt(world: &World) {
    let claimed = granted(world, mail(1), &FIRST).await;
    assert_eq!(
        record(world, &claimed, MailStep::Free).await,
        Recorded::InTime
    );
    let at_last_step = sending(world, mail(1), &FIRST).await;
    assert_eq!(
        record(world, &at_last_step, MailStep::Free).await,
        Recorded::InTime
    );

    assert!(!granted(world, mail(1), &SECOND).await.is_in_doubt);
}

async fn of_many_who_claim_at_once_one_sends(world: &World) {
    for number in 1..=8 {
        world.alive(&worker(number)).await;
    }
    let many = (1..=8).map(|number| {
        let mails: Arc<dyn MailLog> = Arc::clone(&world.mails);
        tokio::spawn(async move {
            let claim = mails.claim(mail(1), worker(number), HOLD).await.unwrap();
            let Claim::Granted(claim) = claim else {
                return None;
            };
            let recorded = mails.record(&claim, MailStep::Sending).await.unwrap();
            (recorded == Recorded::InTime).then_some(claim)
        })
    });

    let sends = join_all(many).await.into_iter().filter_map(Result::unwrap);

    let claim = only(sends);
    assert_eq!(
        record(world, &claim, MailStep::Sent).await,
        Recorded::InTime
    );
}

fn every_step() -> [MailStep; 5] {
    [
        MailStep::Sending,
        MailStep::Sent,
        MailStep::Parked(Reason::new("late")),
        MailStep::Free,
        MailStep::Doubt,
    ]
}
