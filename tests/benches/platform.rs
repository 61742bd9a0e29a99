//! How fast the platform is, beside the least that could do the same work.
//!
//! `cargo bench -p tests` measures everything, in release builds, and prints a table;
//! `cargo bench -p tests -- albums` one part. Nothing here passes or fails: the numbers
//! that were reached stand in `docs/OPERATIONS.md`.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod platform {
    pub(crate) mod albums;
    pub(crate) mod bare;
    pub(crate) mod beat;
    pub(crate) mod fleet;
    pub(crate) mod idle;
    pub(crate) mod load;
    pub(crate) mod mail;
    pub(crate) mod overload;
    pub(crate) mod postgres;
    pub(crate) mod queue;
    pub(crate) mod queues;
    pub(crate) mod redis;
    pub(crate) mod report;
    pub(crate) mod results;
    pub(crate) mod sweep;
    pub(crate) mod waiting;
}

use platform::{
    albums, bare, beat, fleet, idle, mail, overload, postgres, queues, report, results, sweep,
    waiting,
};
use tokio::runtime::Runtime;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let runtime = Runtime::new().unwrap();
    // The servers beside ours run as programs of their own, as the API does.
    match wanted.first().map(String::as_str) {
        Some(bare::SERVE) => return runtime.block_on(bare::serve()),
        Some(bare::SERVE_ON_SERVER) => return runtime.block_on(bare::serve_on_server()),
        Some(mail::SERVE) => return runtime.block_on(mail::serve()),
        _ => {}
    }
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|each| each == part);
    report::heading();
    runtime.block_on(async {
        if is_wanted("idle") {
            idle::measure().await;
        }
        if is_wanted("queues") {
            queues::measure().await;
        }
        if is_wanted("results") {
            results::measure().await;
        }
        if is_wanted("mail") {
            mail::measure().await;
        }
        if is_wanted("beat") {
            beat::measure().await;
        }
        if is_wanted("albums") {
            albums::measure().await;
        }
        if is_wanted("postgres") {
            postgres::measure().await;
        }
        if is_wanted("fleet") {
            fleet::measure().await;
        }
        if is_wanted("waiting") {
            waiting::measure().await;
        }
        if is_wanted("overload") {
            overload::measure().await;
        }
        if is_wanted("sweep") {
            sweep::measure().await;
        }
    });
}
