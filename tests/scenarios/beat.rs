//! What a beat fires, on memory adapters and a clock moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::beat::Beat;
use domain::ports::{
    EntryRow, Fired, Firing, NewEntry, PortError, Queues, ScheduleRepo, Severity, Standing,
    TaskQueue,
};
use domain::schedules::{Crontab, Schedule, ScheduleEntry};
use domain::tasks::QueueName;
use tests::samples::{START, schedule_entry};

use super::platform::WORKER;

/// A store, whose clock is moved by hand, and which may be out of reach.
struct Stage {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    is_away: AtomicBool,
    /// How many seconds its own clock is ahead of the beats'.
    ahead: AtomicI64,
}

impl Stage {
    fn new() -> Arc<Self> {
        let clock = Arc::new(ManualClock::at(START));
        Arc::new(Self {
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            is_away: AtomicBool::new(false),
            ahead: AtomicI64::new(0),
        })
    }

    fn beat(self: &Arc<Self>, entries: &[ScheduleEntry]) -> Beat {
        let catch_up = TimeDelta::hours(24);
        Beat::new(self.clone(), self.clock.clone(), entries.to_vec(), catch_up)
    }

    fn passes(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// When the tasks that are due now were first due, in seconds since the beginning.
    async fn fired(&self) -> Vec<i64> {
        let queues = Queues::from(QueueName::default());
        let leases = self.store.lease(&WORKER, &queues, 10_000, Duration::ZERO);
        let due = leases.await.unwrap().into_iter();
        due.map(|lease| (lease.due_since - START).num_seconds())
            .collect()
    }

    /// How many occurrences were skipped in all.
    async fn skipped(&self) -> u64 {
        let rows = self.store.list().await.unwrap();
        rows.iter().map(|row| row.skipped).sum()
    }

    fn reach(&self) -> Result<(), PortError> {
        if !self.is_away.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(PortError {
            adapter: "stage",
            action: "be reached",
            severity: Severity::Transient,
            source: "it is away".into(),
        })
    }
}

#[async_trait]
impl ScheduleRepo for Stage {
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError> {
        self.reach()?;
        self.store.register(entries).await
    }

    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError> {
        self.reach()?;
        self.store.fire(firings).await
    }

    async fn time(&self) -> Result<DateTime<Utc>, PortError> {
        self.reach()?;
        Ok(self.store.time().await? + TimeDelta::seconds(self.ahead.load(Ordering::Relaxed)))
    }

    async fn list(&self) -> Result<Vec<EntryRow>, PortError> {
        self.store.list().await
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    START + TimeDelta::seconds(seconds)
}

/// Ticks once, when the store is there.
async fn tick(beat: &mut Beat) -> Option<DateTime<Utc>> {
    beat.tick().await.unwrap()
}

#[tokio::test]
async fn an_entry_fires_one_interval_after_it_was_first_seen_and_then_without_drift() {
    let stage = Stage::new();
    let mut beat = stage.beat(&[schedule_entry("a", 30)]);

    assert_eq!(tick(&mut beat).await, Some(at(30)));
    stage.passes(29);
    assert_eq!(tick(&mut beat).await, Some(at(30)));
    assert_eq!(stage.fired().await, [0; 0]);

    // However late a beat comes, the next is due as if it had come in time.
    stage.passes(8);
    assert_eq!(tick(&mut beat).await, Some(at(60)));
    assert_eq!(stage.fired().await, [30]);
    stage.passes(23);
    assert_eq!(tick(&mut beat).await, Some(at(90)));
    assert_eq!(stage.fired().await, [60]);
}

#[tokio::test]
async fn a_restart_neither_fires_early_nor_forgets() {
    let stage = Stage::new();
    let entries = [schedule_entry("a", 30)];
    tick(&mut stage.beat(&entries)).await;
    stage.passes(20);

    let mut beat = stage.beat(&entries);

    assert_eq!(tick(&mut beat).await, Some(at(30)));
    assert_eq!(stage.fired().await, [0; 0]);
    stage.passes(10);
    assert_eq!(tick(&mut beat).await, Some(at(60)));
    assert_eq!(stage.fired().await, [30]);
}

#[tokio::test]
async fn what_was_missed_fires_once_and_late_and_the_others_are_skipped() {
    let stage = Stage::new();
    let entries = [schedule_entry("a", 30)];
    tick(&mut stage.beat(&entries)).await;
    stage.passes(30 * 7 + 11);

    let next = tick(&mut stage.beat(&entries)).await;

    assert_eq!(next, Some(at(30 * 8)));
    assert_eq!(stage.fired().await, [30 * 7]);
    assert_eq!(stage.skipped().await, 6);
}

#[tokio::test]
async fn what_was_missed_longer_ago_than_the_time_for_catching_up_is_skipped() {
    let stage = Stage::new();
    let entries = [
        schedule_entry("soon", 172_800),
        schedule_entry("late", 172_799),
    ];
    tick(&mut stage.beat(&entries)).await;
    stage.passes(172_800 + 86_400);

    tick(&mut stage.beat(&entries)).await;

    // One was due exactly a day ago, the other a second more.
    assert_eq!(stage.fired().await, [172_800]);
    assert_eq!(stage.skipped().await, 1);
}

#[tokio::test]
async fn a_beat_that_was_held_up_for_a_moment_skips_nothing() {
    let stage = Stage::new();
    let mut beat = stage.beat(&[schedule_entry("a", 2)]);
    tick(&mut beat).await;
    stage.is_away.store(true, Ordering::Relaxed);
    for _ in 0..5 {
        stage.passes(2);
        assert!(beat.tick().await.is_err());
    }

    stage.is_away.store(false, Ordering::Relaxed);
    assert_eq!(tick(&mut beat).await, Some(at(12)));

    assert_eq!(stage.fired().await, [2, 4, 6, 8, 10]);
    assert_eq!(stage.skipped().await, 0);
}

#[tokio::test]
async fn a_beat_that_was_held_up_for_long_makes_up_like_one_that_was_not_there() {
    let stage = Stage::new();
    let mut beat = stage.beat(&[schedule_entry("a", 2)]);
    tick(&mut beat).await;

    stage.passes(3601);
    assert_eq!(tick(&mut beat).await, Some(at(3602)));

    assert_eq!(stage.fired().await, [3600]);
    assert_eq!(stage.skipped().await, 1799);
}

#[tokio::test]
async fn of_many_beats_one_fires_and_the_others_go_on_from_there() {
    let stage = Stage::new();
    let entries = [schedule_entry("a", 2), schedule_entry("b", 3)];
    let mut beats: Vec<Beat> = (0..10).map(|_| stage.beat(&entries)).collect();
    for second in 0..60 {
        // Each comes first at some time, and some are not there at others.
        let first = second * 7 % 10;
        for number in 0..10 {
            if (second + number) % 3 != 0 {
                tick(&mut beats[(first + number) % 10]).await;
            }
        }
        if second % 5 == 0 {
            beats[first] = stage.beat(&entries);
        }
        stage.passes(1);
    }
    stage.passes(-1);
    tick(&mut beats[0]).await;

    let mut fired = stage.fired().await;
    let mut expected: Vec<i64> = (1..60).filter(|it| it % 2 == 0).collect();
    expected.extend((1..60).filter(|it| it % 3 == 0));
    fired.sort_unstable();
    expected.sort_unstable();
    assert_eq!(fired, expected);
    assert_eq!(stage.skipped().await, 0);
}

#[tokio::test]
async fn a_clock_that_goes_back_fires_nothing_twice() {
    let stage = Stage::new();
    let mut beat = stage.beat(&[schedule_entry("a", 30)]);
    tick(&mut beat).await;
    stage.passes(60);
    tick(&mut beat).await;
    stage.passes(-45);
    for _ in 0..9 {
        tick(&mut beat).await;
        stage.passes(10);
    }

    let mut fired = stage.fired().await;
    fired.sort_unstable();
    assert_eq!(fired, [30, 60, 90]);
}

#[tokio::test]
async fn a_beat_with_an_older_schedule_leaves_the_entry_to_the_newer() {
    let stage = Stage::new();
    let (mut old, mut new) = (
        stage.beat(&[schedule_entry("a", 30)]),
        stage.beat(&[schedule_entry("a", 50)]),
    );
    tick(&mut old).await;
    tick(&mut new).await;
    for _ in 0..100 {
        stage.passes(1);
        tick(&mut old).await;
        tick(&mut new).await;
    }

    assert_eq!(stage.fired().await, [50, 100]);
}

#[tokio::test]
async fn a_month_in_one_leap_fires_a_daily_entry_once() {
    let stage = Stage::new();
    let crontab = Crontab::parse("0 9 * * *", Tz::Europe__Berlin).unwrap();
    let daily = ScheduleEntry {
        schedule: Schedule::Crontab(crontab),
        ..schedule_entry("a", 1)
    };
    let mut beat = stage.beat(&[daily]);
    tick(&mut beat).await;

    stage.passes(31 * 86_400);
    tick(&mut beat).await;
    tick(&mut beat).await;

    assert_eq!(stage.fired().await, [31 * 86_400 - 4 * 3600]);
    assert_eq!(stage.skipped().await, 30);
}

#[tokio::test]
async fn a_beat_whose_clock_is_wrong_fires_nothing_and_says_so() {
    for ahead in [301, -301] {
        let stage = Stage::new();
        let entry = schedule_entry("tick", 60);
        let mut beat = stage.beat(std::slice::from_ref(&entry));
        beat.tick().await.unwrap();
        stage.passes(60);

        stage.ahead.store(ahead, Ordering::Relaxed);
        let refused = beat.tick().await.unwrap_err();
        assert_eq!(refused.severity, Severity::Transient);
        assert!(refused.source.to_string().contains("301 s"), "{refused:?}");
        let newcomer = stage.beat(&[entry]).register().await;
        assert!(newcomer.is_err(), "an entry would begin at a wrong time");
        assert_eq!(stage.fired().await, [0; 0]);

        // Five minutes are borne.
        stage.ahead.store(ahead - ahead.signum(), Ordering::Relaxed);
        beat.tick().await.unwrap();
        assert_eq!(stage.fired().await, [60]);
    }
}
