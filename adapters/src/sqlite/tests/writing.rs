//! How writes share a commit, each with its own verdict.

use std::time::Duration;

use async_trait::async_trait;
use domain::model::{MailKey, MailKind};
use domain::ports::{
    Fence, MailClaim, MailLog as _, MailStep, PortError, Queues, Readiness, Recorded, Severity,
    TaskQueue as _, TaskQueueAdmin, TaskState,
};
use domain::tasks::QueueName;
use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnection;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{FIRST, Running, task};
use crate::clock::SystemClock;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::writer::{LET_IN_WITHIN, Write};

/// Writes a token-less row with this key, and then does `then`.
struct Note {
    key: &'static str,
    then: &'static str,
}

#[async_trait]
impl Write for Note {
    type Answer = u64;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        sqlx::query("INSERT INTO answers VALUES (x'00', ?, zeroblob(32), '', 0)")
            .bind(self.key)
            .execute(&mut *connection)
            .await?;
        let done = sqlx::query(self.then).execute(connection).await?;
        Ok(done.rows_affected())
    }
}

const NOTHING: &str = "SELECT 1";
const REFUSED: &str = "INSERT INTO answers VALUES (x'00', 'too short', x'00', '', 0)";
/// What a full disk does: `SQLite` takes the whole transaction back.
const TEARS: &str = "INSERT OR ROLLBACK INTO answers VALUES (x'00', 'too short', x'00', '', 0)";

async fn unstarted() -> (tempfile::TempDir, SqliteStore, super::super::SqliteWriter) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let opened = SqliteStore::open(&path, std::sync::Arc::new(SystemClock)).await;
    let (store, writer) = opened.unwrap();
    (folder, store, writer)
}

/// Sends these in one batch; answers which were accepted, and which keys are stored.
async fn together(notes: [Note; 4]) -> (Vec<bool>, Vec<String>) {
    let (_folder, store, writer) = unstarted().await;
    let stop = CancellationToken::new();
    let sent = async {
        let answers = join_all(notes.map(|note| store.write(note))).await;
        stop.cancel();
        answers
    };

    let (answers, ()) = tokio::join!(sent, writer.run(stop.clone()));

    let keys = sqlx::query_scalar("SELECT key FROM answers ORDER BY key")
        .fetch_all(&store.readers)
        .await
        .unwrap();
    (answers.iter().map(Result::is_ok).collect(), keys)
}

fn note(key: &'static str, then: &'static str) -> Note {
    Note { key, then }
}

#[tokio::test]
async fn a_refusal_in_the_middle_leaves_no_trace_and_hinders_nobody() {
    let (accepted, keys) = together([
        note("a", NOTHING),
        note("b", REFUSED),
        note("c", NOTHING),
        note("a", NOTHING),
    ])
    .await;

    assert_eq!(accepted, [true, false, true, false]);
    assert_eq!(keys, ["a", "c"]);
}

#[tokio::test]
async fn a_batch_that_one_of_it_tears_is_stored_one_by_one() {
    let (accepted, keys) = together([
        note("a", NOTHING),
        note("b", TEARS),
        note("c", NOTHING),
        note("d", REFUSED),
    ])
    .await;

    assert_eq!(accepted, [true, false, true, false]);
    assert_eq!(keys, ["a", "c"]);
}

#[tokio::test]
async fn what_waits_at_the_stop_is_committed_and_what_comes_later_is_refused() {
    let (_folder, store, writer) = unstarted().await;
    let stop = CancellationToken::new();
    let waiting = {
        let store = store.clone();
        tokio::spawn(async move { store.write(note("a", NOTHING)).await })
    };
    tokio::task::yield_now().await;

    stop.cancel();
    writer.run(stop).await;

    assert!(waiting.await.unwrap().is_ok());
    let late = store.write(note("b", NOTHING)).await;
    assert!(matches!(late, Err(StoreError::Stopped)));
    let unready: PortError = store.ready().await.unwrap_err();
    assert_eq!(unready.severity, Severity::Transient);
}

#[tokio::test]
async fn who_stops_waiting_changes_nothing_for_the_others() {
    let (_folder, store, writer) = unstarted().await;
    let impatient = {
        let store = store.clone();
        tokio::spawn(async move { store.write(note("a", NOTHING)).await })
    };
    tokio::task::yield_now().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());

    let stop = CancellationToken::new();
    let patient = async {
        let answer = store.write(note("b", NOTHING)).await;
        stop.cancel();
        answer
    };
    let (answer, ()) = tokio::join!(patient, writer.run(stop.clone()));

    assert!(answer.is_ok());
}

#[tokio::test]
async fn tasks_leased_for_somebody_who_is_gone_are_given_back_unharmed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let running = Running::on(&path).await;
    running.store.enqueue(&[task("a")]).await.unwrap();
    running.ends().await;
    let (store, writer) = SqliteStore::open(&path, std::sync::Arc::new(SystemClock))
        .await
        .unwrap();
    let impatient = {
        let store = store.clone();
        tokio::spawn(async move {
            let queues = Queues::from(QueueName::default());
            store
                .lease(&FIRST, &queues, 9, Duration::from_mins(1))
                .await
        })
    };
    // The lease is sent when it takes the first place of the channel.
    while store.writes.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());

    let stop = CancellationToken::new();
    stop.cancel();
    writer.run(stop).await;

    let waiting = TaskQueueAdmin::list(&store, TaskState::Waiting, 9);
    let waiting = waiting.await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].attempts, waiting[0].crashes), (0, 0));
}

#[tokio::test]
async fn too_many_writes_are_refused_for_now() {
    let (_folder, store, _writer) = unstarted().await;

    let sent = join_all((0..600).map(|_| {
        let store = store.clone();
        async move {
            let write = store.write(note("a", NOTHING));
            tokio::time::timeout(Duration::from_millis(500), write).await
        }
    }))
    .await;

    let refused = sent
        .iter()
        .filter(|each| matches!(each, Ok(Err(StoreError::Overloaded))))
        .count();
    assert_eq!(refused, 600 - 512);
}

#[tokio::test]
async fn the_step_of_a_mail_waits_where_others_are_refused() {
    let (_folder, store, writer) = unstarted().await;
    let claim = MailClaim {
        key: MailKey {
            kind: MailKind::Congratulation,
            cause: Uuid::from_u128(7),
        },
        sender: FIRST,
        fence: Fence(1),
        is_in_doubt: false,
    };
    let others = (0..512).map(|_| store.write(note("a", NOTHING)));
    let (begin, stop) = (CancellationToken::new(), CancellationToken::new());
    let record = async {
        let refused = store.write(note("a", NOTHING)).await;
        assert!(matches!(refused, Err(StoreError::Overloaded)));
        let late = async {
            sleep(2 * LET_IN_WITHIN).await;
            begin.cancel();
        };
        let (recorded, ()) = tokio::join!(store.record(&claim, MailStep::Sent), late);
        stop.cancel();
        recorded
    };
    let write = async {
        begin.cancelled().await;
        writer.run(stop.clone()).await;
    };

    let (_, recorded, ()) = tokio::join!(join_all(others), record, write);

    assert_eq!(recorded.unwrap(), Recorded::TooLate, "let in and looked at");
}
