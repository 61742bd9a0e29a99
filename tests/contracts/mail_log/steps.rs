//! Which step follows which.

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
}

/// Each step, by what an operator sees after it.
fn steps() -> [(MailStep, MailState); 5] {
    [
        (MailStep::Sending, MailState::Sending),
        (MailStep::Sent, MailState::Sent),
        (MailStep::Parked(Reason::new("no")), MailState::Parked),
        (MailStep::Free, MailState::Claimed),
        (MailStep::Doubt, MailState::Claimed),
    ]
}

async fn from_claimed_a_mail_is_sent_off_parked_or_freed(world: &World) {
    let follows = |step: &MailStep| !matches!(step, MailStep::Sent | MailStep::Doubt);
    for (number, (step, after)) in (1..).zip(steps()) {
        let claim = granted(world, mail(number), &FIRST).await;
        let state = if follows(&step) {
            after
        } else {
            MailState::Claimed
        };
        assert_takes(world, &claim, &step, follows(&step), state).await;
    }
}

async fn from_sending_a_mail_is_sent_parked_freed_or_doubted(world: &World) {
    let follows = |step: &MailStep| *step != MailStep::Sending;
    for (number, (step, after)) in (1..).zip(steps()) {
        let claim = sending(world, mail(number), &FIRST).await;
        assert_takes(world, &claim, &step, follows(&step), after).await;
    }
}

async fn from_its_end_a_mail_takes_no_step(world: &World) {
    let sent = sending(world, mail(1), &FIRST).await;
    record(world, &sent, MailStep::Sent).await;
    let parked = granted(world, mail(2), &FIRST).await;
    record(world, &parked, MailStep::Parked(Reason::new("at first"))).await;

    for (step, _) in steps() {
        assert_takes(world, &sent, &step, false, MailState::Sent).await;
        assert_takes(world, &parked, &step, false, MailState::Parked).await;
    }
    let entry = only(world.mails.list(MailState::Parked, 9).await.unwrap());
    assert_eq!(entry.reason, Some(Reason::new("at first")));
}

async fn from_unclaimed_a_mail_takes_no_step(world: &World) {
    let freed = granted(world, mail(1), &FIRST).await;
    record(world, &freed, MailStep::Free).await;
    let doubted = sending(world, mail(2), &FIRST).await;
    record(world, &doubted, MailStep::Doubt).await;

    for (step, _) in steps() {
        assert_takes(world, &freed, &step, false, MailState::Claimed).await;
        assert_takes(world, &doubted, &step, false, MailState::Claimed).await;
    }
}

async fn an_unknown_mail_takes_no_step(world: &World) {
    let nobodys = MailClaim {
        key: mail(1),
        fence: Fence(1),
        is_in_doubt: false,
    };
    for (step, _) in steps() {
        assert_eq!(record(world, &nobodys, step).await, Recorded::TooLate);
    }
    assert_eq!(world.mails.counts().await.unwrap(), []);
}

/// Tries `step`, and looks at where the mail stands then.
async fn assert_takes(
    world: &World,
    claim: &MailClaim,
    step: &MailStep,
    follows: bool,
    state: MailState,
) {
    let expected = if follows {
        Recorded::InTime
    } else {
        Recorded::TooLate
    };

    assert_eq!(
        record(world, claim, step.clone()).await,
        expected,
        "{step:?}"
    );

    let listed = world.mails.list(state, 99).await.unwrap();
    let is_there = listed.iter().any(|entry| entry.key == claim.key);
    assert!(is_there, "{state:?} after {step:?}");
}
