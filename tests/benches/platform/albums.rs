//! `POST /albums/`, with every check and durable before the answer.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tests::program::{Program, command};
use tokio::time::{Instant, sleep};

use super::load::{Outcome, Pace, artists, publish, strangers};
use super::{bare, report};

const CONNECTIONS: u32 = 64;
const TEN_SECONDS: Duration = Duration::from_secs(10);
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
const ALBUMS_A_SECOND: u32 = 3050;

pub(crate) async fn measure() {
    let folder = TempDir::new().unwrap();
    beside_the_bare_handler(
        quiet("api", folder.path()),
        bare::command(folder.path(), bare::SERVE),
        "",
    )
    .await;
    everything().await;
}

/// Starts `api`, then the `bare` handler; `which` is said of the figures.
pub(crate) async fn beside_the_bare_handler(api: Command, bare: Command, which: &str) {
    let ours = {
        let mut program = Program::start(api);
        let artists = artists(program.address(), CONNECTIONS).await;
        publish(artists, Pace::Flat, TEN_SECONDS).await
    };
    let bare = {
        let mut program = Program::start(bare);
        let strangers = strangers(program.address(), CONNECTIONS).await;
        publish(strangers, Pace::Flat, TEN_SECONDS).await
    };
    let line = |what: &str, measured: &str, to_reach: &str| {
        report::line(&format!("{which}{what}"), measured, to_reach);
    };
    line(
        "albums/s, api, every check, 64 connections",
        &shown(&ours),
        "≥ bare",
    );
    line(
        "albums/s, bare warp + sqlx, one INSERT, 64 connections",
        &shown(&bare),
        "",
    );
    let ratio = ours.per_second / bare.per_second;
    line("api ÷ bare", &format!("{ratio:.2}"), "≥ 1");
}

/// API, worker and beat in one process, at a steady rate, with a mail for each album.
async fn everything() {
    let folder = TempDir::new().unwrap();
    let mut program = Program::start(quiet("backbeat", folder.path()));
    let artists = artists(program.address(), CONNECTIONS).await;
    let outcome = publish(artists, Pace::PerSecond(ALBUMS_A_SECOND), HALF_A_MINUTE).await;
    let ended = Instant::now();
    report::line(
        "albums/s for 30 s, everything in one process",
        &shown(&outcome),
        "≥ 3,000, p99 < 50 ms",
    );
    while mails(folder.path()) < outcome.count {
        assert!(
            ended.elapsed() < 10 * HALF_A_MINUTE,
            "{} of {} mails",
            mails(folder.path()),
            outcome.count
        );
        sleep(Duration::from_millis(50)).await;
    }
    let late = ended.elapsed().as_secs_f64();
    report::line(
        "the last of their mails written after the last answer",
        &format!("{late:.1} s"),
        "≤ 30 s",
    );
}

pub(crate) fn quiet(name: &str, folder: &Path) -> Command {
    let mut command = command(name, folder);
    command.env("LOG_LEVEL", "warn");
    command
}

fn mails(folder: &Path) -> usize {
    let entries = folder.join("var/mail").read_dir().unwrap();
    entries
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|it| it == "eml")
        })
        .count()
}

pub(crate) fn shown(outcome: &Outcome) -> String {
    let milliseconds = |per_mille| outcome.wait(per_mille).as_secs_f64() * 1000.0;
    format!(
        "{:.0} (p50 {:.1}, p99 {:.1} ms)",
        outcome.per_second,
        milliseconds(500),
        milliseconds(990)
    )
}
