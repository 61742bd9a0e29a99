//! What fell due while nobody fired it.

use std::sync::atomic::Ordering;

use chrono_tz::Tz;
use domain::schedules::{Crontab, Schedule, ScheduleEntry};
use tests::samples::schedule_entry;

use super::stage::{Stage, at, tick};

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
