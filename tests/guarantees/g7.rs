//! G7: wrong clocks neither lose nor double.

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::faults::Fault;
use super::fleet::Fleet;
use super::load::Load;
use super::tally::Tally;

promises! { on servers: workers_whose_clocks_jump_by_hours_lose_and_double_nothing; }

async fn workers_whose_clocks_jump_by_hours_lose_and_double_nothing(mut fleet: Fleet) {
    let mut random = StdRng::seed_from_u64(7);
    let load = Load::begin(&fleet, 30).await;
    for by in ["+5h", "-5h", "+400d"] {
        sleep(Duration::from_millis(500)).await;
        Fault::WrongClock(by).happens(&mut fleet, &mut random).await;
    }

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    fleet.end();
}
