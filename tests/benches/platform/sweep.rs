//! A million artists, a tenth of them quiet: looked at and queued by a worker that mails meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::sqlite::SqliteStore;
use domain::ports::TaskQueue;
use domain::tasks::{Envelope, QueueName, Task};
use domain::use_cases::{CheckInactiveArtists, RemindInactiveArtist};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use tempfile::TempDir;
use tests::program::{Program, command};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::idle::resident;
use super::report;

const ARTISTS: i64 = 1_000_000;
const QUIET: i64 = ARTISTS / 10;
/// Looked at together by the bare loop, as by a slice of ours.
const SLICE: i64 = 10_000;

pub(crate) async fn measure() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("var/backbeat.sqlite3");
    queue_check(&file).await;
    people(&file).await;
    let copy = folder.path().join("bare.sqlite3");
    fs::copy(&file, &copy).unwrap();

    let (took, most) = swept(folder.path(), &file).await;
    let bare = bare(copy).await;

    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    report::line(
        "sweep: 1,000,000 artists, 100,000 reminders queued",
        &seconds(took),
        "≤ 15 s",
    );
    report::line(
        "sweep: resident memory of its worker, at most",
        &format!("{most:.1} MiB"),
        "≤ 96 MiB",
    );
    report::line(
        "sweep: bare loop, one SELECT a slice, one INSERT a row",
        &seconds(bare),
        "",
    );
    let ratio = took.as_secs_f64() / bare.as_secs_f64();
    report::line("sweep ÷ bare loop", &format!("{ratio:.2}"), "");
}

/// Makes the tables, and queues the first look.
async fn queue_check(file: &Path) {
    let opened = SqliteStore::open(file, Arc::new(SystemClock)).await;
    let (store, writer) = opened.unwrap();
    let stop = CancellationToken::new();
    let task = CheckInactiveArtists::default();
    let enqueue = async {
        let check = Envelope::seal(&task, 1, QueueName::default());
        store.enqueue(&[check]).await.unwrap();
        stop.cancel();
    };
    tokio::join!(enqueue, writer.run(stop.clone()));
}

/// Stores the artists: all but the quiet have an album of this month, half of the quiet an old one.
async fn people(file: &Path) {
    let mut connection = connect(file, SqliteSynchronous::Off).await;
    let numbers = format!(
        "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {ARTISTS})"
    );
    // Ids in the order of time, as UUIDv7 are; instants in microseconds.
    let id = "unhex(printf('%012x7%03x8%015x', 1700000000000 + i, i % 4096, i * 7919))";
    let ago = |days: u32| format!("(unixepoch() - {days} * 86400) * 1000000");
    let (recently, long_ago) = (ago(3), ago(45));
    for insert in [
        format!(
            "INSERT INTO accounts {numbers} SELECT {id}, 'user' || i, 'user' || i, 'user' || i || '@example.com',
             'user' || i || '@example.com', 'no password', NULL, 0, {long_ago} FROM numbers"
        ),
        format!(
            "INSERT INTO artists (id, account_id, stage_name, stage_name_folded, created_at)
             {numbers} SELECT {id}, {id}, 'Artist ' || i, 'artist ' || i, {long_ago} FROM numbers"
        ),
        format!(
            "INSERT INTO albums {numbers} SELECT {id}, {id}, 'Album', 'album', NULL, NULL, 0,
             CASE i % 20 WHEN 1 THEN {long_ago} ELSE {recently} END FROM numbers WHERE i % 20 <> 0"
        ),
    ] {
        let statement = sqlx::AssertSqlSafe(insert);
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// How long a worker takes until every reminder is queued, and how much memory at most.
async fn swept(folder: &Path, file: &Path) -> (Duration, f64) {
    let mut connection = connect(file, SqliteSynchronous::Full).await;
    let mut how = command("worker", folder);
    how.env("LOG_LEVEL", "warn");
    let began = Instant::now();
    let worker = Program::start(how);
    let mut most = 0.0_f64;
    while is_going_on(&mut connection).await {
        most = most.max(resident(worker.id()));
        sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    worker.kill();
    let queued: i64 = sqlx::query_scalar("SELECT count(*) FROM tasks WHERE name = ?")
        .bind(RemindInactiveArtist::NAME)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(queued, QUIET);
    (took, most)
}

/// Whether a slice waits or runs; before one ends the next is there.
async fn is_going_on(connection: &mut SqliteConnection) -> bool {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM tasks WHERE state = 'ready' AND queue = 'celery' AND priority = 0)
             OR EXISTS (SELECT 1 FROM tasks WHERE state = 'running' AND name = ?)",
    )
    .bind(CheckInactiveArtists::NAME)
    .fetch_one(connection)
    .await
    .unwrap();
    row.get(0)
}

/// How long the least that queues the same rows takes, durably, a commit a slice.
async fn bare(file: PathBuf) -> Duration {
    let mut connection = connect(&file, SqliteSynchronous::Full).await;
    let began = Instant::now();
    let (mut after, mut queued) = (Vec::new(), 0);
    loop {
        let slice = sqlx::query(
            "SELECT id, coalesce((SELECT max(created_at) FROM albums WHERE artist_id = artists.id), created_at)
                 < (unixepoch() - 30 * 86400) * 1000000 FROM artists WHERE id > ? ORDER BY id LIMIT ?",
        )
        .bind(&after)
        .bind(SLICE)
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let Some(last) = slice.last() else {
            break;
        };
        after = last.get(0);
        let mut transaction = connection.begin().await.unwrap();
        for row in slice.iter().filter(|row| row.get(1)) {
            insert(row.get(0), &mut transaction).await;
            queued += 1;
        }
        transaction.commit().await.unwrap();
    }
    assert_eq!(queued, QUIET);
    began.elapsed()
}

async fn insert(artist: Uuid, connection: &mut SqliteConnection) {
    let payload = format!(
        r#"[[],{{"artist_id":"{artist}","as_of":"2026-01-01T12:00:00Z"}},{{"callbacks":null,"chain":null,"chord":null,"errbacks":null}}]"#
    );
    sqlx::query(
        "INSERT INTO tasks (id, name, payload, queue, priority, key, state, moved, due_at, due_since)
         VALUES (?, ?, ?, 'celery', 6, ?, 'ready', 0, 0, 0)",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(RemindInactiveArtist::NAME)
    .bind(payload.as_bytes())
    .bind(format!("{}:{artist}:2026-01-01T12:00:00Z:1", RemindInactiveArtist::NAME))
    .execute(connection)
    .await
    .unwrap();
}

async fn connect(file: &Path, synchronous: SqliteSynchronous) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(30));
    options.connect().await.unwrap()
}
