//! Everything breaks, and every mail is counted: whatever is killed, paused, cut off, emptied or
//! lied to while artists publish, no acknowledged album goes without its mail, and no mail comes
//! twice but for the causes that nobody can prevent.
//!
//! A usual run breaks a few things, chosen by fixed seeds. `CRASH_SECONDS=3600 tests/run crashes`
//! goes on for an hour; `CRASH_SEED=7` chooses others, or the same once more.

mod faults;
mod fleet;
mod load;
mod tally;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::time::{Instant, sleep};

use faults::Fault;
use fleet::Fleet;
use load::Load;
use tally::{Event, Tally};

/// How long things break; a longer run is asked for by this variable.
const SECONDS: &str = "CRASH_SECONDS";
const USUAL: Duration = Duration::from_mins(1);
/// What chooses the faults; another one is asked for by this variable.
const SEED: &str = "CRASH_SEED";
/// Between two faults: not long enough for all of the first to be mended.
const REST: Duration = Duration::from_millis(1500);
const ALBUMS_A_SECOND: u32 = 40;

fn asked_for(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number")),
    )
}

/// Breaks one thing after the other in `fleet`, and counts.
async fn break_and_count(mut fleet: Fleet, usual_seed: u64) {
    let seed = asked_for(SEED).unwrap_or(usual_seed);
    let lasting = asked_for(SECONDS).map_or(USUAL, Duration::from_secs);
    eprintln!("{SEED}={seed} repeats these faults");
    let mut random = StdRng::seed_from_u64(seed);
    let load = Load::begin(&fleet.address, ALBUMS_A_SECOND).await;
    let (start, mut events) = (Instant::now(), Vec::new());
    while start.elapsed() < lasting {
        sleep(REST).await;
        let fault = Fault::any(&mut random, &fleet);
        let (may_double, began) = (fault.may_double(&fleet), Instant::now());
        eprintln!("{:7.1?} {fault:?}", start.elapsed());
        fault.strike(&mut fleet, &mut random).await;
        events.push(Event {
            what: format!("{fault:?}"),
            began,
            ended: Instant::now(),
            may_double,
        });
    }
    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;
    eprintln!("{} faults: {tally}", events.len());
    tally.assert_sound(&events, fleet.to_sink.lost_answers());
    fleet.end();
}

/// Debian's `faketime`, which `tests/run` installs.
fn faketime() -> PathBuf {
    let library = Path::new("/usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let library = library.join("faketime/libfaketimeMT.so.1");
    assert!(
        library.exists(),
        "{} is missing: tests/run installs it",
        library.display()
    );
    library
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_on_many_machines_no_mail_is_lost() {
    break_and_count(Fleet::on_servers().await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_on_one_machine_no_mail_is_lost() {
    break_and_count(Fleet::embedded().await, 1).await;
}
