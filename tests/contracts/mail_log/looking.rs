//! What an operator sees of the mails.

use chrono::TimeDelta;
use domain::ports::{MailLogEntry, MailState, MailStep};
use domain::tasks::Reason;
use tests::samples::START;

use super::{granted, mail, record, sending};
use crate::contracts::world::{FIRST, SECOND, World, only};

laws! {
    without_mails_there_is_nothing_to_see,
    mails_are_counted_by_state,
    a_mail_is_shown_with_its_last_change,
    lists_begin_with_what_changed_last,
}

async fn without_mails_there_is_nothing_to_see(world: &World) {
    assert_eq!(world.mails.counts().await.unwrap(), []);
    for state in MailState::ALL {
        assert_eq!(world.mails.list(state, 9).await.unwrap(), []);
    }
}

async fn mails_are_counted_by_state(world: &World) {
    granted(world, mail(1), &FIRST).await;
    granted(world, mail(1), &SECOND).await;
    for number in [2, 3] {
        let sent = sending(world, mail(number), &FIRST).await;
        record(world, &sent, MailStep::Sent).await;
    }
    let parked = granted(world, mail(4), &FIRST).await;
    record(world, &parked, MailStep::Parked(Reason::new("no"))).await;

    let counts = world.mails.counts().await.unwrap();

    let count = |state| only(counts.iter().filter(|(each, _)| *each == state)).1;
    assert_eq!(
        counts.len(),
        3,
        "states without mails are left out: {counts:?}"
    );
    assert_eq!(count(MailState::Claimed), 1);
    assert_eq!(count(MailState::Sent), 2);
    assert_eq!(count(MailState::Parked), 1);
}

async fn a_mail_is_shown_with_its_last_change(world: &World) {
    let shown = async |state, minutes, reason| {
        let entry = MailLogEntry {
            key: mail(1),
            state,
            changed_at: START + TimeDelta::minutes(minutes),
            reason,
        };
        let listed = world.mails.list(state, 9).await.unwrap();
        assert_eq!(only(listed), entry);
    };
    let first = granted(world, mail(1), &FIRST).await;
    shown(MailState::Claimed, 0, None).await;

    world.passes(TimeDelta::minutes(1));
    record(world, &first, MailStep::Sending).await;
    shown(MailState::Sending, 1, None).await;

    world.passes(TimeDelta::minutes(1));
    record(world, &first, MailStep::Free).await;
    shown(MailState::Claimed, 2, None).await;

    world.passes(TimeDelta::minutes(1));
    let second = granted(world, mail(1), &SECOND).await;
    shown(MailState::Claimed, 3, None).await;

    world.passes(TimeDelta::minutes(1));
    let reason = Reason::new("550 no such user");
    record(world, &second, MailStep::Parked(reason.clone())).await;
    shown(MailState::Parked, 4, Some(reason)).await;
}

async fn lists_begin_with_what_changed_last(world: &World) {
    let mut claims = Vec::new();
    for number in [1, 2, 3] {
        claims.push(sending(world, mail(number), &FIRST).await);
        world.passes(TimeDelta::seconds(1));
    }
    for claim in [&claims[1], &claims[2], &claims[0]] {
        record(world, claim, MailStep::Sent).await;
        world.passes(TimeDelta::seconds(1));
    }
    let listed = async |most| {
        let sent = world.mails.list(MailState::Sent, most).await.unwrap();
        let keys = sent.into_iter().map(|entry| entry.key);
        keys.collect::<Vec<_>>()
    };

    assert_eq!(listed(9).await, [mail(1), mail(3), mail(2)]);
    assert_eq!(listed(2).await, [mail(1), mail(3)]);
    assert_eq!(listed(0).await, []);
}
