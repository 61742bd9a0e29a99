//! What is found where the file should be.

use std::fs;
use std::sync::Arc;

use domain::ports::{Enqueued, Readiness, TaskQueue as _};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::{FIRST, Running, SECOND, ids, task};
use crate::clock::SystemClock;
use crate::sqlite::{OpenError, SqliteStore};

async fn refusal(path: &std::path::Path) -> OpenError {
    match SqliteStore::open(path, Arc::new(SystemClock)).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => {
            let sentence = error.to_string();
            assert!(!sentence.contains('\n'), "{sentence}");
            error
        }
    }
}

async fn alter(path: &std::path::Path, statement: &str) {
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_in_folders_that_are_not_there_is_made() {
    let folder = tempfile::tempdir().unwrap();

    let running = Running::on(&folder.path().join("a/b/store.db")).await;

    running.store.ready().await.unwrap();
}

#[tokio::test]
async fn a_restart_keeps_all_and_goes_on_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let before = Running::on(&path).await;
    before.store.enqueue(&[task("held")]).await.unwrap();
    before.lease(&FIRST).await;
    before.store.enqueue(&[task("waits")]).await.unwrap();
    before.ends().await;

    let after = Running::on(&path).await;

    assert_eq!(ids(&after.lease(&SECOND).await), ["held", "waits"]);
    let again = after.store.enqueue(&[task("waits")]).await.unwrap();
    assert_eq!(again, [Enqueued::Already]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_programs_that_start_at_once_share_the_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");

    let opened = join_all((0..10).map(|_| {
        let path = path.clone();
        tokio::spawn(async move { Running::on(&path).await })
    }))
    .await;

    for running in opened {
        running.unwrap().store.ready().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for content in ["dear diary\n", &"dear diary\n".repeat(1_000)] {
        let path = folder.path().join("diary.txt");
        fs::write(&path, content).unwrap();

        let error = refusal(&path).await;

        assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
        assert!(error.to_string().contains("diary.txt"));
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    Running::on(&path).await.ends().await;
    alter(&path, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9001, 'from the future', true, x'00', 0)").await;

    let error = refusal(&path).await;

    assert!(
        matches!(error, OpenError::Newer { migration: 9001, known, .. } if known < 9001),
        "{error:?}"
    );
    assert!(error.to_string().contains("newer version"));
}

#[tokio::test]
async fn a_place_where_nothing_can_be_made_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();

    let below_a_file = refusal(&file.join("data/store.db")).await;
    let a_folder = refusal(folder.path()).await;

    assert!(
        matches!(below_a_file, OpenError::Folder { .. }),
        "{below_a_file:?}"
    );
    assert!(
        below_a_file
            .to_string()
            .contains(&*file.join("data").to_string_lossy())
    );
    assert!(matches!(a_folder, OpenError::Open { .. }), "{a_folder:?}");
}

#[tokio::test]
async fn the_big_queries_go_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::on(&folder.path().join("store.db")).await;
    let plans = [
        (
            "SELECT seq FROM tasks WHERE state = 'ready' AND queue = 'a' ORDER BY priority, due_at, seq LIMIT 9",
            "tasks_ready",
        ),
        (
            "SELECT seq FROM tasks WHERE state = 'waiting' AND queue IN (SELECT value FROM json_each('[]')) AND due_at <= 9 LIMIT 9",
            "tasks_waiting",
        ),
        (
            "SELECT min(due_at) FROM tasks WHERE state = 'waiting' AND queue = 'a'",
            "tasks_waiting",
        ),
        (
            "SELECT DISTINCT worker FROM tasks WHERE state = 'running'",
            "tasks_running",
        ),
        (
            "SELECT 1 FROM tasks WHERE state = 'running' AND worker = x'00' AND crashes > 0",
            "tasks_running",
        ),
        (
            "SELECT seq FROM tasks WHERE state = 'done' AND ended_at < 9 ORDER BY ended_at LIMIT 9",
            "tasks_done",
        ),
        (
            "SELECT queue, count(*), min(due_at) FROM tasks WHERE state = 'ready' GROUP BY queue",
            "tasks_ready",
        ),
        (
            "SELECT * FROM albums WHERE is_approved = 1 ORDER BY created_at DESC, id LIMIT 9",
            "albums_approved_by_age",
        ),
        (
            "SELECT * FROM albums ORDER BY created_at DESC, id LIMIT 9",
            "albums_by_age",
        ),
        (
            "SELECT * FROM albums WHERE artist_id = x'00' ORDER BY created_at DESC, id LIMIT 9",
            "albums_of_artist_by_age",
        ),
    ];

    for (query, index) in plans {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
            .fetch_all(&running.store.readers)
            .await
            .unwrap();
        let plan: String = steps.into_iter().map(|step| step.3 + "; ").collect();

        assert!(plan.contains(index), "{query}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{query}\n{plan}");
    }
}
