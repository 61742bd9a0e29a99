//! A beat with ten thousand entries, many of them due at the same instant.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::program::{Program, command};
use tokio::time::sleep;

use super::idle::{cpu_time, resident};
use super::report;

const ENTRIES: usize = 10_000;
/// Two full minutes: each entry but those of every five minutes falls due at least once.
const WATCHED: Duration = Duration::from_secs(125);

pub(crate) async fn measure() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("backbeat.toml"),
        format!("CELERY_CONF_BEAT_SCHEDULE = '{}'", schedule()),
    )
    .unwrap();
    let mut how = command("beat", folder.path());
    how.env("LOG_FORMAT", "json");
    let mut program = Program::start(how);
    program.line_with("beat ready");
    sleep(Duration::from_secs(1)).await;

    let before = cpu_time(program.id());
    sleep(WATCHED).await;
    let used = cpu_time(program.id()).saturating_sub(before);
    let memory = resident(program.id());

    let mut late = late(&program.log());
    late.sort_unstable();
    let (count, last) = (late.len(), late[late.len() - 1]);
    let median = late[count / 2];
    report::line(
        "beat, 10,000 entries: the latest of all firings",
        &format!("{last} ms ({count} firings)"),
        "< 250 ms",
    );
    report::line(
        "beat, 10,000 entries: late by (median)",
        &format!("{median} ms"),
        "",
    );
    let share = used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    report::line(
        "beat, 10,000 entries: share of a core",
        &format!("{share:.2} %"),
        "< 5 %",
    );
    report::line(
        "beat, 10,000 entries: resident memory",
        &format!("{memory:.1} MiB"),
        "",
    );
}

/// A quarter each every half minute, every minute, every minute of the calendar, and every
/// five.
fn schedule() -> Value {
    let entries = (0..ENTRIES).map(|number| {
        let schedule = match number % 4 {
            0 => json!(30),
            1 => json!(60.5),
            2 => json!({"crontab": "* * * * *"}),
            _ => json!({"crontab": "*/5 * * * mon-sun"}),
        };
        let entry = json!({"task": "benches.nothing", "schedule": schedule, "args": [number]});
        (format!("entry {number}"), entry)
    });
    Value::Object(entries.collect())
}

/// How late each firing was told, in milliseconds: what is told is committed.
fn late(log: &str) -> Vec<i64> {
    let mut fired: BTreeMap<(String, String), i64> = BTreeMap::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (Some(entry), Some(due)) = (line["entry"].as_str(), line["due"].as_str()) else {
            continue;
        };
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let told = instant(line["timestamp"].as_str().unwrap());
        let late = (told - instant(due)).num_milliseconds();
        let earlier = fired.insert((entry.to_owned(), due.to_owned()), late);
        assert_eq!(earlier, None, "{entry} was fired twice at {due}");
    }
    fired.into_values().collect()
}
