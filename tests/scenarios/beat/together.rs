//! Several beats on one store.

use domain::beat::Beat;
use tests::samples::schedule_entry;

use super::stage::{Stage, tick};

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
