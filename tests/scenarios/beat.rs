//! What a beat fires, on memory adapters and a clock moved by hand.

mod clocks;
mod missed;
mod stage;
mod together;

use tests::samples::schedule_entry;

use self::stage::{Stage, at, tick};

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
