//! Which of many mails have ended.

use domain::model::{MailKey, MailKind};
use domain::ports::MailStep;
use domain::tasks::Reason;

use super::{granted, mail, record, sending};
use crate::contracts::world::{FIRST, World};

laws! {
    mails_have_ended_once_they_are_sent_or_parked,
    answers_come_in_the_order_of_the_question_however_long_it_is,
    a_mail_of_another_kind_is_another_mail,
}

async fn mails_have_ended_once_they_are_sent_or_parked(world: &World) {
    let sent = sending(world, mail(1), &FIRST).await;
    record(world, &sent, MailStep::Sent).await;
    let parked = granted(world, mail(2), &FIRST).await;
    record(world, &parked, MailStep::Parked(Reason::new("no"))).await;
    granted(world, mail(3), &FIRST).await;
    sending(world, mail(4), &FIRST).await;
    let freed = granted(world, mail(5), &FIRST).await;
    record(world, &freed, MailStep::Free).await;
    let doubtful = sending(world, mail(6), &FIRST).await;
    record(world, &doubtful, MailStep::Doubt).await;

    let ended = world.mails.ended(&[1, 2, 3, 4, 5, 6, 7].map(mail)).await;

    let expected = [true, true, false, false, false, false, false];
    assert_eq!(ended.unwrap(), expected);
}

async fn answers_come_in_the_order_of_the_question_however_long_it_is(world: &World) {
    for number in [3, 600, 999] {
        let sent = sending(world, mail(number), &FIRST).await;
        record(world, &sent, MailStep::Sent).await;
    }
    for count in [0, 1, 600, 1_000] {
        let asked: Vec<MailKey> = (0..count).rev().map(mail).chain([mail(3)]).collect();

        let ended = world.mails.ended(&asked).await.unwrap();

        let is_sent = |key: &MailKey| [3, 600, 999].map(mail).contains(key);
        assert_eq!(ended, asked.iter().map(is_sent).collect::<Vec<_>>());
    }
    assert!(world.mails.ended(&[]).await.unwrap().is_empty());
}

async fn a_mail_of_another_kind_is_another_mail(world: &World) {
    let sent = sending(world, mail(1), &FIRST).await;
    record(world, &sent, MailStep::Sent).await;
    let other = MailKey {
        kind: MailKind::Reminder,
        ..mail(1)
    };

    let ended = world.mails.ended(&[other, mail(1)]).await.unwrap();

    assert_eq!(ended, [false, true]);
}
