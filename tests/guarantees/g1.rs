//! G1: an acknowledged album is stored and its one congratulation task exists, though every
//! program and every server is killed at once.

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::faults::Fault;
use super::fleet::Fleet;
use super::load::Load;
use super::tally::Tally;

promises! { everywhere: what_was_acknowledged_outlives_the_death_of_everything; }

async fn what_was_acknowledged_outlives_the_death_of_everything(mut fleet: Fleet) {
    let mut random = StdRng::seed_from_u64(1);
    let load = Load::begin(&fleet, 40).await;
    let mut events = Vec::new();
    for _ in 0..3 {
        sleep(Duration::from_millis(1500)).await;
        events.push(Fault::KillEverything.happens(&mut fleet, &mut random).await);
    }

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    tally.assert_sound(&events, 0);
    fleet.end();
}
