//! Thousands of stories, each in another order and with other mishaps, and what must hold at
//! the end of all of them.
//!
//! The actors are the real parts on memory adapters: an API, workers, beats, relays. They
//! stop before and after each thing they ask of a port; a seed decides who goes on, who dies
//! there, whose call fails or whose answer is lost, when the conveyor forgets or repeats, and
//! when clocks jump. Then nothing goes wrong any more, and once all is quiet the books are
//! checked: see `interleavings/judgement.rs`.
//!
//! `INTERLEAVINGS=100000` plays so many seeds instead of the usual 2,000, and
//! `INTERLEAVING=17` plays that one and tells all that happens in it.

mod cast;
mod conveyor;
mod dice;
mod judgement;
mod ledger;
mod lines;
mod plot;
mod post_office;
mod relay;
mod stage;
mod world;

use std::collections::BTreeMap;
use std::env;
use std::thread;

use tokio::runtime::Builder;

use self::judgement::judge;
use self::world::World;

/// How many seeds are played when nobody says otherwise.
const USUAL: u64 = 2_000;
/// How many lines before the end are shown of a story that went wrong.
const LAST_LINES: usize = 400;

/// How often each thing went wrong.
type Faults = BTreeMap<&'static str, u64>;

/// How a story ended.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    /// What does not hold.
    complaints: Vec<String>,
    faults: Faults,
    trace: Vec<String>,
}

#[test]
fn whatever_goes_wrong_no_mail_is_lost_and_none_doubled_without_cause() {
    if let Some(seed) = number("INTERLEAVING") {
        let ending = play(seed, true);
        let (trace, complaints) = (ending.trace.join("\n"), ending.complaints);
        assert!(complaints.is_empty(), "{trace}\n{complaints:#?}");
        return;
    }
    let seeds = number("INTERLEAVINGS").unwrap_or(USUAL);

    let (failed, faults) = play_all(seeds);

    if let Some((seed, complaints)) = failed.first() {
        let trace = play(*seed, true).trace;
        let last = trace[trace.len().saturating_sub(LAST_LINES)..].join("\n");
        let others: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
        panic!(
            "{last}\n{complaints:#?}\n{} of {seeds} seeds failed: {others:?}; INTERLEAVING={seed} plays the first again",
            failed.len()
        );
    }
    for what in EVERY_FAULT {
        assert!(faults.contains_key(what), "no {what} in {seeds} stories");
    }
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    for seed in 0..20 {
        assert_eq!(play(seed, true), play(seed, true), "seed {seed}");
    }
}

/// What has to go wrong now and then, or nothing is proven.
const EVERY_FAULT: [&str; 12] = [
    "answers that were lost",
    "calls that failed",
    "deaths",
    "jumps back of the clock",
    "jumps of the clock",
    "lists that were removed",
    "losses of all the conveyor knew",
    "messages that came twice",
    "old copies that were restored",
    "pauses",
    "pauses longer than a lease",
    "times when nobody had a turn for longer than a doubt is held",
];

/// Plays the seeds from 0; answers those that failed, and how often each thing went wrong.
fn play_all(seeds: u64) -> (Vec<(u64, Vec<String>)>, Faults) {
    let threads = thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let (mut failed, mut faults) = (Vec::new(), Faults::new());
    thread::scope(|scope| {
        let players = (0..threads).map(|first| {
            scope.spawn(move || {
                let own = (first..seeds).step_by(usize::try_from(threads).unwrap_or(1));
                own.map(|seed| (seed, play(seed, false)))
                    .collect::<Vec<_>>()
            })
        });
        let players: Vec<_> = players.collect();
        for (seed, ending) in players.into_iter().flat_map(|it| it.join().unwrap()) {
            if !ending.complaints.is_empty() {
                failed.push((seed, ending.complaints));
            }
            for (what, count) in ending.faults {
                *faults.entry(what).or_default() += count;
            }
        }
    });
    failed.sort();
    (failed, faults)
}

/// Plays the story of `seed`.
fn play(seed: u64, is_traced: bool) -> Ending {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        let mut world = World::new(seed, is_traced).await;
        let is_quiet = world.plays().await;
        Ending {
            complaints: judge(&world, is_quiet).await,
            faults: world.house.ledger.pages().faults.clone(),
            trace: world.house.stage.trace(),
        }
    })
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}
