//! Everything breaks, and every mail is counted: whatever is killed, paused, cut off, emptied or
//! lied to while artists publish, no acknowledged album goes without its mail, and no mail comes
//! twice but for the causes that nobody can prevent.
//!
//! A usual run breaks a few things, chosen by fixed seeds. `CRASH_SECONDS=3600 tests/run whatever_breaks`
//! goes on for an hour; `CRASH_SEED=7` chooses others, or the same once more.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::time::{Instant, sleep};

use super::asked_for;
use super::faults::Fault;
use super::fleet::Fleet;
use super::load::Load;
use super::tally::Tally;

/// How long things break; a longer run is asked for by this variable.
const SECONDS: &str = "CRASH_SECONDS";
const USUAL: Duration = Duration::from_mins(1);
/// What chooses the faults; another one is asked for by this variable.
const SEED: &str = "CRASH_SEED";
/// Between two faults: not long enough for all of the first to be mended.
const REST: Duration = Duration::from_millis(1500);
const ALBUMS_A_SECOND: u32 = 40;

promises! { everywhere: no_mail_is_lost; }

/// Breaks one thing after the other in `fleet`, and counts.
async fn no_mail_is_lost(mut fleet: Fleet) {
    let seed = asked_for(SEED).unwrap_or(1);
    let lasting = asked_for(SECONDS).map_or(USUAL, Duration::from_secs);
    eprintln!("{SEED}={seed} repeats these faults");
    let mut random = StdRng::seed_from_u64(seed);
    let load = Load::begin(&fleet, ALBUMS_A_SECOND).await;
    let (start, mut events) = (Instant::now(), Vec::new());
    while start.elapsed() < lasting {
        sleep(REST).await;
        let fault = Fault::any(&mut random, &fleet);
        eprintln!("{:7.1?} {fault:?}", start.elapsed());
        events.push(fault.happens(&mut fleet, &mut random).await);
    }
    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;
    let in_flight = events.iter().flat_map(|event| &event.at_final_step);
    let in_flight = in_flight.collect::<BTreeSet<_>>().len();
    let answers = fleet.to_sink.lost_answers();
    eprintln!(
        "{} faults, {in_flight} mails in flight and {answers} last answers lost: {tally}",
        events.len()
    );
    tally.assert_sound(&events, answers);
    fleet.end();
}
