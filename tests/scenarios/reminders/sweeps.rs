//! Looks at many artists, which are slow, repeated or cut short.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{
    AccountRepo, ArtistRepo, Housekeeping, Lease, Queues, TaskQueue, TaskQueueAdmin, TaskRow,
    TaskState, Verdict,
};
use domain::tasks::{QueueName, attempt};
use domain::use_cases::OnDoubt;
use tests::samples;

use super::{DAY, checked};
use crate::scenarios::platform::{NEXT_WORKER, Platform, WORKER, done, platform};

/// More than two slices.
const ARTISTS: u32 = 24_000;
const REMIND: &str = "albums.tasks.remind_inactive_artist";

/// A platform with many artists, all quiet but for the first.
async fn crowd() -> Platform {
    let platform = platform(OnDoubt::Resend).await;
    for number in 2..=ARTISTS {
        let account = samples::new_account(number);
        AccountRepo::add(platform.store.as_ref(), &account)
            .await
            .unwrap();
        let artist = samples::artist(number);
        ArtistRepo::add(platform.store.as_ref(), &artist)
            .await
            .unwrap();
    }
    platform.clock.advance(DAY * 31);
    platform.publish("Only one").await;
    assert_eq!(platform.step().await, Some(done("sent")));
    platform
}

impl Platform {
    async fn lease(&self, most: usize) -> Vec<Lease> {
        let queues = Queues::from(QueueName::default());
        let leases = self
            .store
            .lease(&WORKER, &queues, most, Duration::ZERO)
            .await;
        leases.unwrap()
    }

    async fn attempt(&self, lease: &Lease) -> Verdict {
        let (clock, (cancellation, slot)) = (self.clock.as_ref(), Default::default());
        let outcome = attempt(&self.router, clock, WORKER, lease, cancellation, slot).await;
        outcome.verdict()
    }

    /// The reminders that wait, as an operator sees them.
    async fn waiting(&self) -> Vec<TaskRow> {
        let rows = TaskQueueAdmin::list(self.store.as_ref(), TaskState::Waiting, 2 * ARTISTS).await;
        let rows = rows.unwrap().into_iter();
        rows.filter(|row| row.name.as_str() == REMIND).collect()
    }

    /// Ends the life of the worker, and lets another one find out.
    async fn dies(&self) {
        self.store.forget(&WORKER);
        self.store.alive(&NEXT_WORKER).await.unwrap();
    }

    /// Takes steps up to the first reminder; answers how many artists each slice looked at,
    /// `None` for one that is buried.
    async fn slices(&self) -> Vec<Option<u64>> {
        let mut slices = Vec::new();
        loop {
            match self.step().await {
                Some(Verdict::Done(result)) if result.is_object() => {
                    slices.push(result["scanned"].as_u64());
                }
                Some(Verdict::Bury(_)) => slices.push(None),
                _ => return slices,
            }
        }
    }

    /// Whether every artist but the first has a reminder: one that waits, or a mail.
    async fn is_everybody_found_once(&self) -> bool {
        let waiting = self.waiting().await;
        let distinct: BTreeSet<_> = waiting.iter().map(|row| row.id.as_str()).collect();
        let expected = ARTISTS as usize - 1;
        let mailed = self.reminders();
        (mailed + waiting.len(), mailed + distinct.len()) == (expected, expected)
    }
}

#[tokio::test]
async fn many_artists_are_looked_at_slice_by_slice_before_anybody_is_reminded() {
    let platform = crowd().await;

    platform.check(1).await;

    assert_eq!(platform.step().await, Some(checked(10_000, 9_999)));
    assert_eq!(platform.step().await, Some(checked(10_000, 10_000)));
    assert_eq!(platform.step().await, Some(checked(4_000, 4_000)));
    assert!(platform.is_everybody_found_once().await);
    assert_eq!(platform.step().await, Some(done("sent")));
}

#[tokio::test]
async fn a_check_repeated_the_same_day_reminds_nobody_twice() {
    let platform = crowd().await;
    platform.check("one beat").await;
    platform.check("another beat").await;

    let slices = [platform.step().await, platform.step().await];
    assert_eq!(
        slices,
        [checked(10_000, 9_999), checked(10_000, 0)].map(Some)
    );
    for _ in 0..4 {
        platform.step().await;
    }

    assert!(platform.is_everybody_found_once().await);
}

#[tokio::test]
async fn a_check_killed_in_any_slice_goes_on_where_it_was() {
    for done_before in 0..3 {
        let platform = crowd().await;
        platform.check(1).await;
        for _ in 0..done_before {
            platform.step().await;
        }

        // After its last write, when it has done all but to say so.
        let killed = platform.lease(1).await.remove(0);
        platform.attempt(&killed).await;
        platform.dies().await;

        let scanned: Vec<u64> = platform.slices().await.into_iter().flatten().collect();
        let before: u64 = 10_000 * done_before;
        let repeated = if done_before == 2 { 4_000 } else { 10_000 };
        assert!(scanned.contains(&repeated), "{done_before}: {scanned:?}");
        assert_eq!(before + scanned.iter().sum::<u64>(), 24_000, "{scanned:?}");
        assert!(platform.is_everybody_found_once().await);
    }
}

#[tokio::test]
async fn a_slice_that_brings_down_three_workers_costs_no_other_slice() {
    let platform = crowd().await;
    platform.check(1).await;
    let doomed = platform.lease(1).await.remove(0);
    platform.attempt(&doomed).await;
    platform.dies().await;
    for _ in 0..2 {
        while platform.lease(1).await.remove(0).envelope.id != doomed.envelope.id {}
        platform.dies().await;
    }

    let slices = platform.slices().await;

    assert!(slices.contains(&None), "one is buried: {slices:?}");
    assert!(platform.is_everybody_found_once().await);
}

#[tokio::test]
async fn a_check_done_late_finds_who_was_quiet_when_it_was_due() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 30);
    platform.check(1).await;

    platform.clock.advance(TimeDelta::hours(20));

    assert_eq!(platform.step().await, Some(checked(1, 0)));
}

#[tokio::test]
async fn a_congratulation_overtakes_every_reminder() {
    let platform = crowd().await;
    platform.check(1).await;
    while platform.step().await != Some(checked(4_000, 4_000)) {}

    let details = platform.publish("In the midst of it").await;
    platform.step().await;

    let last = platform.mails().pop().unwrap();
    assert_eq!(last.key.cause, details.album.id.as_uuid());
}

#[tokio::test]
async fn what_is_over_is_not_queued_again_though_its_task_is_forgotten() {
    let platform = platform(OnDoubt::Resend).await;
    platform.clock.advance(DAY * 31);
    platform.check(1).await;
    platform.steps().await;
    platform.clock.advance(DAY * 3);
    platform.store.tidy().await.unwrap();

    platform.check(2).await;

    assert_eq!(platform.step().await, Some(checked(1, 0)));
    assert_eq!(platform.step().await, None);
}
