//! A worker is killed at one system call after the other of an album's life: at none of them the
//! mail is lost, and it comes twice only if the final dot was on its way and *sent* not yet stored.
//!
//! A usual run takes some of the points; `CRASH_POINTS_APART=1 tests/run crash_points` takes all.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use tests::client::Client;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::asked_for;
use super::fleet::{Fleet, Role};
use super::tally::is_at_rest;
use crate::programs::inspected;

const APART: &str = "CRASH_POINTS_APART";
/// Every call by which a worker changes, or learns of, something outside of it.
const CALLS: [&str; 9] = [
    "sendto",
    "recvfrom",
    "write",
    "writev",
    "read",
    "pwrite64",
    "pread64",
    "fsync",
    "fdatasync",
];
/// How the final dot looks in a trace.
const DOT: &str = r#"".\r\n""#;
const SOON: Duration = Duration::from_mins(1);

promises! { everywhere: a_worker_may_be_killed_at_any_point; }

/// A worker's system calls, one of which it does not live through.
struct Trace {
    file: PathBuf,
    tracer: Child,
    /// What it has to say; it would end if nobody listened.
    _words: BufReader<ChildStderr>,
}

impl Trace {
    /// Kills `process` at its next `call` but so many, with Debian's `strace`.
    fn of(process: u32, call: &str, but: u64, folder: &Path) -> Self {
        let file = folder.join("trace");
        let calls = format!("trace=sendto,{call}");
        let killed = format!("inject={call}:signal=SIGKILL:when={}", but + 1);
        let mut tracer = Command::new("strace")
            .args(["-f", "-p", &process.to_string(), "-s", "32", "-o"])
            .arg(&file)
            .args(["-e", &calls, "-e", &killed])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace: tests/run installs it");
        let mut line = String::new();
        let mut words = BufReader::new(tracer.stderr.take().expect("its words"));
        let said = words.read_line(&mut line);
        assert!(said.is_ok() && line.contains("attached"), "{line}");
        Self {
            file,
            tracer,
            _words: words,
        }
    }

    /// Whether the final dot was being written, or had been.
    fn has_seen_the_dot(&self) -> bool {
        fs::read_to_string(&self.file).unwrap().contains(DOT)
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // Asked, it lets go of a process that lives.
        let _ = Command::new("kill")
            .arg(self.tracer.id().to_string())
            .status();
        let _ = self.tracer.wait();
    }
}

async fn a_worker_may_be_killed_at_any_point(mut fleet: Fleet) {
    // Where the dead are missed late each point takes seconds.
    let usual = if fleet.servers.is_some() { 6 } else { 3 };
    let apart = asked_for(APART).map_or(usual, |apart| usize::try_from(apart).unwrap());
    let token = fleet.artist("ada").await.token().unwrap().to_owned();
    while fleet.count(Role::Worker) > 0 {
        fleet.stop(Role::Worker);
    }
    let mut points = Vec::new();
    for call in CALLS {
        for but in (0..).step_by(apart) {
            let ada = Client::connect(fleet.address()).await.unwrap();
            let ada = ada.with_token(token.clone());
            match kill_at(&mut fleet, ada, call, but).await {
                Some(outcome) => points.push(outcome),
                None => break,
            }
        }
    }
    let count = |outcome| points.iter().filter(|each| **each == outcome).count();
    let (doubtful, doubled) = (count(Outcome::InDoubt), count(Outcome::Doubled));
    eprintln!(
        "{} points: 0 lost, {doubtful} in doubt and {doubled} twice",
        points.len()
    );
    assert!(points.len() > 5, "{points:?}");
    fleet.end();
}

/// What came of a mail whose first worker was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was taken once.
    Once,
    /// The final step had begun; the mail was taken once.
    InDoubt,
    /// The final dot was on its way, and the mail was taken twice.
    Doubled,
}

/// Kills a worker at a call while it does an album's task, and lets another go on; `None` when
/// there are not so many calls.
async fn kill_at(fleet: &mut Fleet, mut ada: Client, call: &str, but: u64) -> Option<Outcome> {
    // Calls are counted thread by thread.
    fleet.start_as(Role::Worker, |how| {
        how.env("TOKIO_WORKER_THREADS", "1");
    });
    let trace = Trace::of(fleet.processes(Role::Worker)[0], call, but, fleet.folder());
    let album = ada.publish(&format!("{call} {but}")).await.unwrap();
    if !dies(fleet, album).await {
        drop(trace);
        fleet.stop(Role::Worker);
        return None;
    }
    let was_sending = inspected(fleet.folder())["mails"]["sending"] == 1;
    fleet.start(Role::Worker);
    fleet.until_mailed(&[album], SOON).await;
    fleet.until_at_rest().await;
    fleet.stop(Role::Worker);
    match fleet.mailed().iter().filter(|each| **each == album).count() {
        1 if was_sending => Some(Outcome::InDoubt),
        1 => Some(Outcome::Once),
        2 if was_sending && trace.has_seen_the_dot() => Some(Outcome::Doubled),
        copies => panic!("{copies} copies after a kill at {call} {but}"),
    }
}

/// Whether the only worker dies before the mail of `album` is sent and all is at rest.
async fn dies(fleet: &mut Fleet, album: Uuid) -> bool {
    let began = Instant::now();
    loop {
        if fleet.bury(Role::Worker) > 0 {
            return true;
        }
        if fleet.mailed().contains(&album) && is_at_rest(&inspected(fleet.folder())) {
            return fleet.bury(Role::Worker) > 0;
        }
        assert!(began.elapsed() < SOON, "it neither works nor dies");
        sleep(Duration::from_millis(10)).await;
    }
}
