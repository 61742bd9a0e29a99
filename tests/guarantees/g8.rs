//! G8: deploys lose and double nothing, and refuse no request for longer than a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tests::client::Client;
use tokio::time::{Instant, sleep};

use super::fleet::{Fleet, Role};
use super::load::Load;
use super::tally::Tally;

promises! { everywhere: a_rolling_restart_loses_doubles_and_refuses_nothing; }

/// How long nobody may be answered while the api is replaced. A build for tests is slower, and so is its machine.
const A_MOMENT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 100 });

async fn a_rolling_restart_loses_doubles_and_refuses_nothing(mut fleet: Fleet) {
    fleet.keep_the_port();
    let load = Load::begin(&fleet, 30).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let probing = tokio::spawn(longest_refusal(fleet.address(), Arc::clone(&is_over)));
    for _ in 0..2 {
        for role in [Role::Worker, Role::Worker, Role::Beat, Role::Beat] {
            fleet.start(role);
            fleet.stop(role);
        }
        fleet.stop(Role::Api);
        fleet.start(Role::Api);
        sleep(Duration::from_millis(500)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    let refused = probing.await.unwrap();

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    eprintln!("refused for {refused:?} at most");
    assert!(refused < A_MOMENT, "refused for {refused:?}");
    fleet.end();
}

/// Asks as often as it can; answers how long it had no answer, at most.
async fn longest_refusal(address: std::net::SocketAddr, is_over: Arc<AtomicBool>) -> Duration {
    let (mut longest, mut answered_at) = (Duration::ZERO, Instant::now());
    while !is_over.load(Ordering::Relaxed) {
        let asking = async {
            let mut client = Client::connect(address).await.ok()?;
            client.send("GET", "/healthz", None).await.ok()
        };
        if asking.await.is_some_and(|answer| answer.status == 200) {
            longest = longest.max(answered_at.elapsed());
            answered_at = Instant::now();
        }
        sleep(Duration::from_millis(2)).await;
    }
    longest
}
