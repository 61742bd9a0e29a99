//! Which step follows which.

use domain::ports::MailState::{Claimed, Parked, Sending, Sent};
use domain::ports::Recorded::{InTime, TooLate};
use domain::ports::{Fence, MailClaim, MailState, MailStep, Recorded};
use domain::tasks::Reason;

use super::{granted, mail, record, sending};
use crate::contracts::world::{FIRST, World, only};

laws! {
    from_claimed_a_mail_is_sent_off_parked_or_freed,
    from_sending_a_mail_is_sent_parked_freed_or_doubted,
    from_its_end_a_mail_takes_no_step,
    from_unclaimed_a_mail_takes_no_step,
    an_unknown_mail_takes_no_step,
    a_withdrawn_mail_is_forgotten,
    a_mail_that_is_in_doubt_is_not_forgotten,
}

async fn from_claimed_a_mail_is_sent_off_parked_or_freed(world: &World) {
    let table = [
        (MailStep::Sending, (InTime, Sending)),
        (MailStep::Sent, (TooLate, Claimed)),
        (parked(), (InTime, Parked)),
        (MailStep::Free, (InTime, Claimed)),
        (MailStep::Doubt, (TooLate, Claimed)),
    ];
    for (number, (step, expected)) in (1..).zip(table) {
        let claim = granted(world, mail(number), &FIRST).await;

        assert_eq!(tried(world, &claim, &step).await, expected, "{step:?}");
    }
}

async fn from_sending_a_mail_is_sent_parked_freed_or_doubted(world: &World) {
    let table = [
        (MailStep::Sending, (TooLate, Sending)),
        (MailStep::Sent, (InTime, Sent)),
        (parked(), (InTime, Parked)),
        (MailStep::Free, (InTime, Claimed)),
        (MailStep::Withdrawn, (TooLate, Sending)),
        (MailStep::Doubt, (InTime, Claimed)),
    ];
    for (number, (step, expected)) in (1..).zip(table) {
        let claim = sending(world, mail(number), &FIRST).await;

        assert_eq!(tried(world, &claim, &step).await, expected, "{step:?}");
    }
}

async fn from_its_end_a_mail_takes_no_step(world: &World) {
    let sent = sending(world, mail(1), &FIRST).await;
    record(world, &sent, MailStep::Sent).await;
    let given_up = granted(world, mail(2), &FIRST).await;
    record(world, &given_up, MailStep::Parked(Reason::new("at first"))).await;

    for step in every_step() {
        assert_eq!(tried(world, &sent, &step).await, (TooLate, Sent));
        assert_eq!(tried(world, &given_up, &step).await, (TooLate, Parked));
    }
    let entry = only(world.mails.list(Parked, 9).await.unwrap());
    assert_eq!(entry.reason, Some(Reason::new("at first")));
}

async fn from_unclaimed_a_mail_takes_no_step(world: &World) {
    let freed = granted(world, mail(1), &FIRST).await;
    record(world, &freed, MailStep::Free).await;
    let doubted = sending(world, mail(2), &FIRST).await;
    record(world, &doubted, MailStep::Doubt).await;

    for step in every_step() {
        assert_eq!(tried(world, &freed, &step).await, (TooLate, Claimed));
        assert_eq!(tried(world, &doubted, &step).await, (TooLate, Claimed));
    }
}

async fn an_unknown_mail_takes_no_step(world: &World) {
    let nobodys = MailClaim {
        key: mail(1),
        sender: FIRST,
        fence: Fence(1),
        is_in_doubt: false,
    };
    for step in every_step() {
        assert_eq!(record(world, &nobodys, step).await, TooLate);
    }
    assert_eq!(world.mails.counts().await.unwrap(), []);
}

/// Whether `step` was recorded, and where the mail stands then.
async fn tried(world: &World, claim: &MailClaim, step: &MailStep) -> (Recorded, MailState) {
    let recorded = record(world, claim, step.clone()).await;
    let mut states = Vec::new();
    for state in MailState::ALL {
        let listed = world.mails.list(state, 99).await.unwrap();
        let found = listed.into_iter().filter(|entry| entry.key == claim.key);
        states.extend(found.map(|entry| entry.state));
    }
    (recorded, only(states))
}

async fn a_withdrawn_mail_is_forgotten(world: &World) {
    let claim = granted(world, mail(1), &FIRST).await;

    assert_eq!(record(world, &claim, MailStep::Withdrawn).await, InTime);

    assert_eq!(world.mails.counts().await.unwrap(), []);
    assert_eq!(record(world, &claim, MailStep::Withdrawn).await, TooLate);
    assert_eq!(record(world, &claim, MailStep::Sending).await, TooLate);
    let again = granted(world, mail(1), &FIRST).await;
    assert!(!again.is_in_doubt);
    assert_eq!(record(world, &again, MailStep::Sending).await, InTime);
}

async fn a_mail_that_is_in_doubt_is_not_forgotten(world: &World) {
    let doubted = sending(world, mail(1), &FIRST).await;
    record(world, &doubted, MailStep::Doubt).await;
    let claim = granted(world, mail(1), &FIRST).await;

    let withdrawn = tried(world, &claim, &MailStep::Withdrawn).await;

    assert_eq!(withdrawn, (TooLate, Claimed));
}

fn every_step() -> [MailStep; 6] {
    [
        MailStep::Sending,
        MailStep::Sent,
        parked(),
        MailStep::Free,
        MailStep::Withdrawn,
        MailStep::Doubt,
    ]
}

fn parked() -> MailStep {
    MailStep::Parked(Reason::new("no"))
}
