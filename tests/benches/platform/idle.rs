//! What the platform takes when nobody asks anything of it, and how soon it answers.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;
use tests::client::Client;
use tests::program::{Program, command};
use tokio::time::{Instant, sleep};

use super::report;

/// The unit of CPU time in `/proc` (`USER_HZ` is 100 wherever Linux runs).
const TICK: Duration = Duration::from_millis(10);
const WATCHED: Duration = Duration::from_secs(20);

pub(crate) async fn measure() {
    let folder = TempDir::new().unwrap();
    // The first start makes the database.
    Program::start(command("backbeat", folder.path())).address();

    let began = Instant::now();
    let mut program = Program::start(command("backbeat", folder.path()));
    let mut client = Client::connect(program.address()).await.unwrap();
    assert_eq!(
        client.send("GET", "/readyz", None).await.unwrap().status,
        200
    );
    let took = began.elapsed().as_millis();
    report::line("start to first answer", &format!("{took} ms"), "< 300 ms");

    sleep(Duration::from_secs(2)).await;
    let before = cpu_time(program.id());
    sleep(WATCHED).await;
    let used = cpu_time(program.id()).saturating_sub(before);
    let share = used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    report::line("idle: share of a core", &format!("{share:.2} %"), "< 1 %");
    report::line(
        "idle: resident memory",
        &format!("{:.1} MiB", resident(program.id())),
        "< 40 MiB",
    );
}

pub(crate) fn cpu_time(process: u32) -> Duration {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the program, in parentheses, may hold blanks.
    let fields: Vec<&str> = line
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks = |index: usize| fields[index].parse::<u32>().unwrap();
    TICK * (ticks(11) + ticks(12))
}

pub(crate) fn resident(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}
