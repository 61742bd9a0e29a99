//! Artists who fall silent, and what they hear of it.

mod sweeps;

use std::fmt::Display;
use std::ops::RangeInclusive;

use chrono::TimeDelta;
use domain::model::MailKind;
use domain::ports::{Clock, ReminderRepo, TaskQueue, TaskQueueAdmin, TaskState, Verdict};
use domain::tasks::{Envelope, QueueName};
use domain::use_cases::{CheckInactiveArtists, InactivityPolicy, OnDoubt, RemindInactiveArtist};
use serde_json::json;
use tests::samples::{self, START};

use super::platform::{Fault, MONTHLY, PUBLIC_URL, Platform, done, platform, platform_with};

const DAY: TimeDelta = TimeDelta::days(1);

impl Platform {
    /// Queues a look for quiet artists, as a beat does.
    async fn check(&self, occurrence: impl Display) {
        let task = CheckInactiveArtists::default();
        let envelope = Envelope::seal(&task, occurrence, QueueName::default());
        self.store.enqueue(&[envelope]).await.unwrap();
    }

    /// Takes steps until nothing is due, and answers with their results.
    async fn steps(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        while let Some(verdict) = self.step().await {
            verdicts.push(verdict);
        }
        verdicts
    }

    /// Lets `days` pass, with a check at the end of each; answers after which ones a reminder came.
    async fn days(&self, days: RangeInclusive<u32>) -> Vec<u32> {
        let mut reminded = Vec::new();
        for day in days {
            self.clock.advance(DAY);
            let before = self.reminders();
            self.check(day).await;
            self.steps().await;
            let new = self.reminders() - before;
            assert!(new <= 1, "{new} reminders after {day} days");
            reminded.extend((new == 1).then_some(day));
        }
        reminded
    }

    fn reminders(&self) -> usize {
        let mails = self.mails().into_iter();
        mails
            .filter(|mail| mail.key.kind == MailKind::Reminder)
            .count()
    }
}

/// What comes of a slice.
fn checked(scanned: u32, queued: u32) -> Verdict {
    Verdict::Done(json!({"scanned": scanned, "queued": queued}))
}

#[tokio::test]
async fn silence_is_answered_once_in_each_window_of_thirty_days() {
    let platform = platform(OnDoubt::Resend).await;
    platform.publish("First").await;
    platform.steps().await;
    platform.clock.advance(TimeDelta::hours(1));

    assert_eq!(platform.days(1..=100).await, [30, 60, 90]);

    let mail = platform.mails().remove(1);
    assert_eq!(mail.to.address, platform.ada.account.email);
    assert!(
        mail.text.contains("since 1 January 2026: 30 days"),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn who_published_exactly_thirty_days_ago_is_not_reminded_and_a_moment_later_is() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 30);
    platform.check("exactly").await;
    assert_eq!(platform.steps().await, [checked(1, 0)]);

    platform.clock.advance(TimeDelta::microseconds(1));
    platform.check("a moment later").await;

    assert_eq!(platform.steps().await, [checked(1, 1), done("sent")]);
}

#[tokio::test]
async fn a_new_album_begins_a_new_silence() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(TimeDelta::hours(1));
    assert_eq!(platform.days(1..=40).await, [30]);
    platform.publish("After a while").await;
    platform.clock.advance(TimeDelta::hours(1));

    assert_eq!(platform.days(41..=110).await, [70, 100]);
}

#[tokio::test]
async fn every_day_is_a_window_if_the_operator_says_so() {
    let daily = InactivityPolicy {
        remind_every: DAY,
        ..MONTHLY
    };
    let platform = platform_with(OnDoubt::Resend, daily).await;
    platform.clock.advance(TimeDelta::hours(1));

    assert_eq!(platform.days(1..=34).await, [30, 31, 32, 33, 34]);
}

#[tokio::test]
async fn who_publishes_between_the_check_and_the_mail_is_not_reminded() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 31);
    platform.check(1).await;
    platform.step().await;

    platform.publish("Just in time").await;

    assert_eq!(
        platform.steps().await,
        [done("sent"), done("not sent: the artist is not quiet")],
        "the congratulation first"
    );
    assert_eq!(platform.reminders(), 0);
}

#[tokio::test]
async fn whose_new_album_is_deleted_again_is_reminded_after_all() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 31);
    let details = platform.publish("A mistake").await;
    platform.steps().await;
    let removed = platform
        .change
        .delete(&platform.ada, details.album.id)
        .await;
    removed.unwrap();

    platform.check(1).await;
    platform.steps().await;

    assert_eq!(platform.reminders(), 1);
}

#[tokio::test]
async fn who_unsubscribes_by_the_link_in_a_mail_hears_no_more_but_congratulations() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(TimeDelta::hours(1));
    assert_eq!(platform.days(1..=30).await, [30]);
    let mail = platform.mails().remove(0);
    let link = format!("{PUBLIC_URL}/unsubscribe/");
    let token = mail.text.lines().find_map(|line| line.strip_prefix(&link));

    for _ in 0..2 {
        let is_done = platform.unsubscribe.run(token.unwrap()).await;
        assert!(is_done.unwrap());
    }

    assert_eq!(platform.days(31..=130).await, [0_u32; 0]);
    platform.publish("Second").await;
    assert_eq!(platform.steps().await, [done("sent")]);
}

#[tokio::test]
async fn who_unsubscribes_between_the_check_and_the_mail_is_not_reminded() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 31);
    platform.check(1).await;
    platform.step().await;

    let artist = platform.ada.artist.as_ref().unwrap().id;
    let is_done = platform.store.unsubscribe(artist).await;
    assert!(is_done.unwrap());

    assert_eq!(
        platform.steps().await,
        [done("not sent: the artist has unsubscribed")]
    );
    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn nobody_is_reminded_of_an_artist_who_is_gone() {
    let platform = platform(OnDoubt::Resend).await;
    let task = RemindInactiveArtist {
        artist_id: samples::artist(7).id,
        as_of: START + DAY * 31,
    };
    let envelope = Envelope::seal(&task, "from elsewhere", QueueName::default());
    platform.store.enqueue(&[envelope]).await.unwrap();

    assert_eq!(
        platform.steps().await,
        [done("not sent: the artist is gone")]
    );
}

#[tokio::test]
async fn the_same_reminder_from_elsewhere_finds_the_mail_sent() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 31);
    platform.check(1).await;
    platform.steps().await;
    let task = RemindInactiveArtist {
        artist_id: samples::artist(1).id,
        as_of: START + DAY * 35,
    };
    let envelope = Envelope::seal(&task, "from elsewhere", QueueName::default());
    platform.store.enqueue(&[envelope]).await.unwrap();

    assert_eq!(platform.steps().await, [done("already sent")]);
    assert_eq!(platform.reminders(), 1);
}

#[tokio::test]
async fn a_reminder_that_cannot_go_for_a_day_is_parked_until_the_next_window() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 31);
    platform.faults([Fault::Busy; 200]);
    platform.check(1).await;
    while platform.tasks(TaskState::Buried).await == 0 {
        platform.step().await;
        platform.clock.advance(TimeDelta::minutes(5));
    }
    let waited = platform.clock.now() - START - DAY * 31;
    assert!(waited <= TimeDelta::hours(25), "{waited}");
    platform.mailer.faults.lock().unwrap().clear();
    platform.store.purge(&QueueName::default()).await.unwrap();

    assert_eq!(platform.days(32..=62).await, [60]);
}
