//! Stories, from a request to a mail, on memory adapters and a clock moved by hand.

mod beat;
mod platform;
mod reminders;

use std::time::Duration;

use chrono::TimeDelta;
use domain::model::AlbumEdit;
use domain::ports::{MailState, TaskQueue, TaskQueueAdmin, TaskState, Verdict};
use domain::tasks::{Envelope, QueueName};
use domain::use_cases::{CongratulateArtist, OnDoubt};
use serde_json::json;
use tests::samples;

use self::platform::{Fault, NEXT_WORKER, WORKER, done, platform};

#[tokio::test]
async fn an_album_is_congratulated_once() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;

    assert_eq!(platform.step().await, Some(done("sent")));
    assert_eq!(platform.step().await, None);

    let mail = platform.mails().remove(0);
    assert_eq!(mail.to.address, platform.ada.account.email);
    assert!(mail.text.contains(&details.album.id.to_string()));
}

#[tokio::test]
async fn an_edit_sends_no_second_mail_and_the_mail_says_what_is_true_when_it_goes() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("Frist").await;
    let edit = |name: &str| AlbumEdit {
        name: Some(samples::value(name)),
        ..AlbumEdit::default()
    };

    platform
        .change
        .edit(&platform.ada, details.album.id, edit("First"))
        .await
        .unwrap();
    assert_eq!(platform.step().await, Some(done("sent")));
    platform
        .change
        .edit(&platform.ada, details.album.id, edit("Again"))
        .await
        .unwrap();

    assert_eq!(platform.step().await, None);
    assert_eq!(platform.mails().len(), 1);
    assert!(platform.mails()[0].subject.as_str().contains("First"));
}

#[tokio::test]
async fn a_deleted_album_is_not_congratulated() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;
    platform
        .change
        .delete(&platform.ada, details.album.id)
        .await
        .unwrap();

    assert_eq!(
        platform.step().await,
        Some(done("not sent: the album is gone"))
    );

    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn the_same_task_from_elsewhere_finds_the_mail_sent() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;
    platform.step().await;
    let task = CongratulateArtist {
        artist_id: details.artist.id,
        album_id: details.album.id,
    };
    let foreign = Envelope::seal(&task, "from elsewhere", QueueName::default());
    platform.store.enqueue(&[foreign]).await.unwrap();

    assert_eq!(platform.step().await, Some(done("already sent")));

    assert_eq!(platform.mails().len(), 1);
}

#[tokio::test]
async fn a_congratulation_to_the_wrong_artist_is_buried() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;
    platform.store.purge(&QueueName::default()).await.unwrap();
    let task = CongratulateArtist {
        artist_id: samples::artist(2).id,
        album_id: details.album.id,
    };
    platform
        .store
        .enqueue(&[Envelope::seal(&task, 1, QueueName::default())])
        .await
        .unwrap();

    assert!(matches!(platform.step().await, Some(Verdict::Bury(_))));

    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn a_busy_mail_server_delays_and_loses_nothing() {
    let platform = platform(OnDoubt::Resend).await;
    platform.publish("First").await;
    platform.faults([Fault::Busy; 5]);

    let mut attempts = 0;
    while platform.mails().is_empty() {
        if platform.step().await.is_some() {
            attempts += 1;
        }
        platform.clock.advance(TimeDelta::seconds(1));
    }

    assert_eq!(attempts, 6);
    // 5, 10, 20, 40 and 80 seconds, each give or take a fifth.
    let waited =
        (domain::ports::Clock::now(platform.clock.as_ref()) - samples::START).num_seconds();
    assert!((124..=192).contains(&waited), "{waited} s");
    assert_eq!(platform.tasks(TaskState::Done).await, 1);
}

#[tokio::test]
async fn after_72_hours_in_vain_the_mail_is_parked_and_the_task_buried() {
    let platform = platform(OnDoubt::Resend).await;
    platform.publish("First").await;
    platform.faults([Fault::Busy; 200]);

    while platform.tasks(TaskState::Buried).await == 0 {
        platform.step().await;
        platform.clock.advance(TimeDelta::minutes(5));
    }

    let waited = domain::ports::Clock::now(platform.clock.as_ref()) - samples::START;
    assert!(
        TimeDelta::hours(70) < waited && waited <= TimeDelta::hours(73),
        "{waited}"
    );
    assert_eq!(platform.mail_states().await, [(MailState::Parked, 1)]);
    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn a_provider_that_refuses_everybody_is_left_alone_and_then_tried_with_one_mail() {
    let platform = platform(OnDoubt::Resend).await;
    for name in ["First", "Second", "Third"] {
        platform.publish(name).await;
    }
    platform.faults([Fault::Refused; 2]);

    for _ in 0..3 {
        let verdict = platform.step().await;
        assert!(
            matches!(verdict, Some(Verdict::Postpone(_, _))),
            "{verdict:?}"
        );
    }
    assert_eq!(platform.mail_states().await, [(MailState::Claimed, 1)]);
    let pause = platform.pauses().await.remove(0);
    assert_eq!(pause.since, samples::START);
    assert_eq!(pause.until, samples::START + TimeDelta::minutes(1));

    while platform.mails().is_empty() {
        platform.step().await;
        platform.clock.advance(TimeDelta::seconds(1));
    }
    // One minute, then two: of three mails, one was tried each time.
    let waited = domain::ports::Clock::now(platform.clock.as_ref()) - samples::START;
    assert!(
        TimeDelta::minutes(3) <= waited && waited <= TimeDelta::minutes(4),
        "{waited}"
    );
    assert_eq!(platform.pauses().await, []);

    while platform.tasks(TaskState::Done).await < 3 {
        platform.step().await;
        platform.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(platform.mails().len(), 3);
    for task in platform.rows(TaskState::Done).await {
        assert_eq!(task.attempts, 0, "no attempt was lost");
    }
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_or_parked_as_the_operator_decided() {
    for (on_doubt, copies, ends) in [
        (OnDoubt::Resend, 2, TaskState::Done),
        (OnDoubt::Park, 1, TaskState::Buried),
    ] {
        let platform = platform(on_doubt).await;
        platform.publish("First").await;
        platform.faults([Fault::AnswerLost]);

        while platform.tasks(ends).await == 0 {
            platform.step().await;
            platform.clock.advance(TimeDelta::seconds(1));
        }

        assert_eq!(platform.mails().len(), copies, "{on_doubt:?}");
        let ids: Vec<_> = platform.mails().iter().map(|mail| mail.key).collect();
        assert!(ids.iter().all(|key| *key == ids[0]), "copies are one mail");
    }
}

#[tokio::test]
async fn a_death_at_the_last_step_is_resent_or_parked_by_the_next_worker() {
    for (on_doubt, copies) in [(OnDoubt::Resend, 2), (OnDoubt::Park, 1)] {
        let platform = platform(on_doubt).await;
        platform.publish("First").await;
        platform.faults([Fault::Death]);
        let dying = tokio::time::timeout(Duration::from_secs(1), platform.step()).await;
        assert!(dying.is_err(), "it never ends");
        assert_eq!(platform.mail_states().await, [(MailState::Sending, 1)]);

        platform.store.forget(&WORKER);
        platform.store.alive(&NEXT_WORKER).await.unwrap();
        let verdict = platform.step_of(NEXT_WORKER).await.unwrap();

        assert_eq!(platform.mails().len(), copies, "{on_doubt:?}");
        match on_doubt {
            OnDoubt::Resend => assert_eq!(verdict, Verdict::Done(json!("sent"))),
            OnDoubt::Park => assert!(matches!(verdict, Verdict::Bury(_)), "{verdict:?}"),
        }
    }
}
