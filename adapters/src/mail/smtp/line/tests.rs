//! Who waits, who is sent away, and for how long.

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;

/// A mail that uses a connection for so long, if it gets one.
async fn goes(line: &Line, takes: Duration) -> Result<(), Duration> {
    let turn = line.turn().await?;
    sleep(takes).await;
    drop(turn);
    Ok(())
}

/// A line of two connections, both of which are used for ever.
async fn standing_still() -> (&'static Line, JoinSet<()>) {
    let line: &Line = Box::leak(Box::new(Line::new(2)));
    let mut stuck = JoinSet::new();
    for _ in 0..2 {
        stuck.spawn(async {
            let _turn = line.turn().await;
            std::future::pending::<()>().await;
        });
    }
    sleep(Duration::from_millis(1)).await;
    (line, stuck)
}

#[tokio::test(start_paused = true)]
async fn while_mails_go_quickly_everybody_waits_for_a_turn() {
    let line: &Line = Box::leak(Box::new(Line::new(4)));
    let mut going = JoinSet::new();

    for _ in 0..200 {
        assert_eq!(line.come_back_after(), None);
        going.spawn(goes(line, Duration::from_millis(5)));
    }

    assert!(going.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn when_nothing_moves_patience_is_lost_once_and_then_nobody_waits() {
    let (line, mut stuck) = standing_still().await;
    assert_eq!(line.come_back_after(), None, "nobody knows yet");
    let began = Instant::now();

    let refused = goes(line, Duration::ZERO).await;

    assert!(refused.is_err());
    assert_eq!(began.elapsed(), PATIENCE);
    assert!(line.come_back_after().is_some());
    stuck.abort_all();
    while stuck.join_next().await.is_some() {}
    assert_eq!(line.come_back_after(), None, "a connection is free");
}

#[tokio::test(start_paused = true)]
async fn no_more_wait_for_a_slow_server_than_will_be_served_soon() {
    let line: &Line = Box::leak(Box::new(Line::new(4)));
    for _ in 0..20 {
        let went = goes(line, Duration::from_millis(900)).await;
        went.expect("nobody else is there");
    }
    let mut going = JoinSet::new();

    let (mut waited, mut sent_away) = (0, 0);
    for _ in 0..100 {
        if line.come_back_after().is_some() {
            sent_away += 1;
        } else {
            waited += 1;
            going.spawn(goes(line, Duration::from_millis(900)));
            tokio::task::yield_now().await;
        }
    }

    // Four that go, and those that go within a second, at four or five a second.
    assert_eq!((waited, sent_away), (4 + 4, 100 - 8));
    assert!(going.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_slow_sends_nobody_away() {
    let line: &Line = Box::leak(Box::new(Line::new(1)));
    for _ in 0..20 {
        let mut turn = line.turn().await.expect("it is free");
        turn.elsewhere(sleep(Duration::from_secs(3))).await;
    }

    let _turn = line.turn().await.expect("it is free");

    assert_eq!(line.come_back_after(), None);
}

#[tokio::test(start_paused = true)]
async fn times_to_come_back_are_apart_and_as_near_as_can_be() {
    let (line, _stuck) = standing_still().await;
    let refused = goes(line, Duration::ZERO).await;
    assert!(refused.is_err());

    let times: Vec<Duration> = (0..100_000)
        .map(|_| line.come_back_after().expect("it stands still"))
        .collect();

    let apart: Vec<Duration> = times
        .windows(2)
        .map(|two| two[1].saturating_sub(two[0]))
        .collect();
    assert!(apart[..400].iter().all(|apart| *apart == APART));
    assert!(times[..450].iter().all(|time| *time <= LATEST));
    assert!(apart[600..].iter().all(|apart| *apart == CLOSE));

    sleep(FORGOTTEN * 2).await;

    assert_eq!(line.come_back_after(), Some(SOONEST), "that was long ago");
}
