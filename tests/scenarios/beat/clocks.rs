//! Beats whose clocks go wrong.

use std::sync::atomic::Ordering;

use domain::ports::Severity;
use tests::samples::schedule_entry;

use super::stage::{Stage, tick};

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
