//! Beats as they are started: alone, all at once, killed, and started again.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tests::program::{Program, command};
use tokio::time::{Instant, sleep};

use super::inspected;

/// An entry that is due every two seconds.
const SCHEDULE: &str = r#"{"tick": {"task": "samples.tick", "schedule": 2}}"#;
const TICK: i64 = 2_000_000;
/// How long ten beats are killed and started again; a longer test is asked for by this variable.
const LONGER: &str = "BEATS_KILLED_FOR_SECONDS";
const USUAL: Duration = Duration::from_secs(16);

fn beat(folder: &Path) -> Command {
    let mut how = command("beat", folder);
    how.env("CELERY_CONF_BEAT_SCHEDULE", SCHEDULE);
    how
}

async fn connect(folder: &Path) -> SqliteConnection {
    let path = folder.join("var/backbeat.sqlite3");
    let options = SqliteConnectOptions::new().filename(path);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// The instants at which the entry was due and fired, of its rows and of its tasks, and how
/// many were skipped.
async fn fired(folder: &Path) -> (Vec<i64>, Vec<i64>, i64) {
    let mut store = connect(folder).await;
    let rows = "SELECT due_at FROM occurrences WHERE entry = 'tick' ORDER BY due_at";
    let tasks = "SELECT due_since FROM tasks WHERE name = 'samples.tick' ORDER BY due_since";
    let skipped = "SELECT skipped FROM schedule_entries WHERE name = 'tick'";
    (
        sqlx::query_scalar(rows)
            .fetch_all(&mut store)
            .await
            .unwrap(),
        sqlx::query_scalar(tasks)
            .fetch_all(&mut store)
            .await
            .unwrap(),
        sqlx::query_scalar(skipped)
            .fetch_one(&mut store)
            .await
            .unwrap(),
    )
}

/// Waits until the entry was fired so many times.
async fn until_fired(folder: &Path, count: usize) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while fired(folder).await.0.len() < count {
        assert!(Instant::now() < deadline, "it was not fired {count} times");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the entry was fired so many times, and the last time as soon as usual: a slow machine
/// may miss more.
async fn until_usual(folder: &Path, count: usize) {
    for count in count..count + 10 {
        until_fired(folder, count).await;
        let (rows, ..) = fired(folder).await;
        if rows[count - 1] - rows[count - 2] == TICK {
            return;
        }
    }
    panic!("it is never fired as usual");
}

/// A number of its own from each, spread as if at random.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_beats_killed_at_random_fire_each_occurrence_once() {
    let folder = TempDir::new().unwrap();
    let seconds = std::env::var(LONGER).ok().and_then(|it| it.parse().ok());
    let end = Instant::now() + seconds.map_or(USUAL, Duration::from_secs);
    let mut beats: Vec<Program> = (0..10)
        .map(|_| Program::start(beat(folder.path())))
        .collect();
    beats[0].line_with("beat ready");

    let (mut kills, mut ready) = (0, Some(beats[0].id()));
    while Instant::now() < end {
        sleep(Duration::from_millis(scattered(2 * kills) % 400)).await;
        let victim = usize::try_from(scattered(2 * kills + 1) % 10).unwrap();
        let victim = beats.remove(victim);
        // A slow machine may need long to start one, and some beat has to be there.
        if ready == Some(victim.id()) {
            beats[0].line_with("beat ready");
            ready = Some(beats[0].id());
        }
        victim.kill();
        beats.push(Program::start(beat(folder.path())));
        kills += 1;
    }
    let count = fired(folder.path()).await.0.len();
    until_fired(folder.path(), count + 1).await;
    for beat in beats {
        assert_eq!(beat.stop().status.code(), Some(0));
    }

    let (rows, tasks, skipped) = fired(folder.path()).await;
    assert_eq!(rows, tasks, "an occurrence without its one task");
    let late = rows.windows(2).filter(|pair| pair[1] - pair[0] != TICK);
    assert_eq!(
        late.count(),
        0,
        "an occurrence is missing after {kills} kills: {rows:?}"
    );
    assert_eq!(skipped, 0);
    assert!(kills > 10, "{kills} kills");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_beat_and_makes_up_for_what_was_missed_once() {
    let folder = TempDir::new().unwrap();
    let program = Program::start(beat(folder.path()));
    until_there(folder.path()).await;
    until_fired(folder.path(), 1).await;
    program.kill();
    let (before, ..) = fired(folder.path()).await;

    // Over three occurrences, and not long before the fourth.
    sleep(Duration::from_millis(7_200)).await;
    let mut program = Program::start(beat(folder.path()));
    let entry = program.line_with("tick (samples.tick), every 2 s, next due ");
    until_usual(folder.path(), before.len() + 2).await;
    let log = program.stop().errors;

    let (rows, tasks, skipped) = fired(folder.path()).await;
    assert_eq!(rows, tasks);
    let between: Vec<i64> = rows.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(between.iter().all(|it| it % TICK == 0), "drift: {rows:?}");
    assert!(3 * TICK <= between[before.len() - 1], "{rows:?}");
    let missed: Vec<i64> = between.iter().map(|it| it / TICK - 1).collect();
    assert_eq!(skipped, missed.iter().sum::<i64>(), "{entry}");
    assert!(
        log.contains("Scheduler: Sending due task tick (samples.tick)"),
        "{log}"
    );
    assert!(
        log.contains("occurrences of tick were missed and are skipped"),
        "{log}"
    );
    assert!(
        log.contains("the entry tick fires the task samples.tick, which no worker"),
        "{log}"
    );
    let found = inspected(folder.path());
    assert_eq!(
        found["schedules"][0]["name"], "check-inactive-artists",
        "{found}"
    );
    let tick = &found["schedules"][1];
    assert_eq!(
        tick["schedule"],
        Value::Null,
        "it is not set for inspect: {found}"
    );
    assert_eq!(
        (&tick["fired"], &tick["skipped"]),
        (&json!(rows.len()), &json!(skipped))
    );
    let last = missed.iter().rfind(|count| 0 < **count);
    assert_eq!(tick["last_skipped"]["count"], json!(last));
}

/// Waits until the tables are made.
async fn until_there(folder: &Path) {
    while !folder.join("var/backbeat.sqlite3").exists()
        || inspected(folder)["schedules"].get(1).is_none()
    {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_one_process_fires_and_does_what_is_due() {
    let folder = TempDir::new().unwrap();
    let schedule = json!({"congratulate": {
        "task": "albums.tasks.congratulate_artist", "schedule": 0.5,
        "args": ["00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"],
    }, "check-inactive-artists": null});
    let mut how = command("backbeat", folder.path());
    how.env("CELERY_CONF_BEAT_SCHEDULE", schedule.to_string());
    let mut program = Program::start(how);
    program.address();

    let deadline = Instant::now() + Duration::from_mins(1);
    while inspected(folder.path())["queues"][0]["done"].as_u64() <= Some(0) {
        assert!(Instant::now() < deadline, "{}", program.log());
        sleep(Duration::from_millis(50)).await;
    }

    let found = inspected(folder.path());
    assert_eq!(found["schedules"].as_array().unwrap().len(), 2, "{found}");
    assert_eq!(program.stop().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_alone_fires_nothing() {
    let folder = TempDir::new().unwrap();
    let mut how = command("worker", folder.path());
    how.env(
        "CELERY_CONF_BEAT_SCHEDULE",
        r#"{"tick": {"task": "t", "schedule": 0.1}}"#,
    );
    let mut worker = Program::start(how);
    worker.line_with("ready");

    sleep(Duration::from_millis(500)).await;

    let mut store = connect(folder.path()).await;
    let known = "SELECT count(*) FROM schedule_entries";
    let known: i64 = sqlx::query_scalar(known)
        .fetch_one(&mut store)
        .await
        .unwrap();
    assert_eq!(known, 0);
    assert_eq!(worker.stop().status.code(), Some(0));
}
