//! A server that is away, silent, restarted or read-only: what is asked fails soon, as
//! something that may pass, and goes on by itself.

use std::time::{Duration, Instant};

use adapters::postgres::{Host, Password, PostgresAddress};
use domain::ports::{
    AccountRepo, AlbumRepo, ArtistRepo, MailLog as _, MailStep, PortError, Recorded, Severity,
    TaskQueue as _, chain,
};
use tests::postgres::{Database, PostgresServer};
use tests::samples::{artist, congratulation, new_account, new_album, task, worker};

use super::line::{Carries, Line};
use super::sharing::sending;
use super::{Process, soon};

const NO_WAIT: Duration = Duration::ZERO;
/// No command waits longer than 5 s; a busy machine takes its time to say so.
const NOTICED: Duration = Duration::from_secs(30);

/// Cuts all there are, and waits until none of them is taken for fresh any more.
async fn cut_connections(database: &Database) {
    database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

fn passing(error: &PortError) {
    assert_eq!(error.severity, Severity::Transient, "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_is_outlived() {
    let server = PostgresServer::start("");
    let database = server.database();
    let process = Process::at(&database.address()).await;
    process.store.enqueue(&[task("before")]).await.unwrap();
    process.store.alive(&worker(1)).await.unwrap();

    server.stop();
    let start = Instant::now();
    passing(&process.store.enqueue(&[task("while")]).await.unwrap_err());
    passing(&process.store.alive(&worker(1)).await.unwrap_err());
    let artist = artist(1);
    let new = new_album(&artist, 1);
    let follow_up = congratulation(&new.details.album);
    let refused = AlbumRepo::add(&process.store, &new, &follow_up)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("could not be stored"));
    assert!(start.elapsed() < NOTICED, "after {:?}", start.elapsed());
    server.go_on();

    let ids = soon(async || {
        process.store.enqueue(&[task("after")]).await.ok()?;
        let leases = process.lease(&worker(1), NO_WAIT).await.ok()?;
        Some(leases.len())
    });
    assert_eq!(ids.await, 2);
}

/// Or it would go again once it has been held for long enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_mail_was_taken_is_stored_when_the_server_is_back() {
    let server = PostgresServer::start("");
    let database = server.database();
    let process = Process::at(&database.address()).await;
    let claim = sending(&process, 1).await;
    let store = process.store.clone();

    server.stop();
    let storing = tokio::spawn(async move { store.record(&claim, MailStep::Sent).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!storing.is_finished());
    server.go_on();

    assert_eq!(storing.await.unwrap().unwrap(), Recorded::InTime);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_are_replaced_before_anybody_sees_it() {
    let database = PostgresServer::shared().database_with_tables();
    let process = Process::at(&database.address()).await;
    process.store.alive(&worker(1)).await.unwrap();
    let store = &process.store;
    AccountRepo::add(store, &new_account(1)).await.unwrap();
    ArtistRepo::add(store, &artist(1)).await.unwrap();

    cut_connections(&database).await;

    store.alive(&worker(1)).await.unwrap();
    store.enqueue(&[task("a")]).await.unwrap();
    let new = new_album(&artist(1), 1);
    let follow_up = congratulation(&new.details.album);
    AlbumRepo::add(store, &new, &follow_up).await.unwrap();
    assert_eq!(process.lease(&worker(1), NO_WAIT).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_server_is_noticed() {
    let database = PostgresServer::shared().database_with_tables();
    let (line, address) = Line::to(&database.address());
    let process = Process::at(&address).await;
    process.store.enqueue(&[task("before")]).await.unwrap();

    line.carries(Carries::Nothing);
    let start = Instant::now();
    passing(&process.store.enqueue(&[task("while")]).await.unwrap_err());
    assert!(start.elapsed() < NOTICED, "after {:?}", start.elapsed());

    line.carries(Carries::All);
    soon(async || process.store.enqueue(&[task("after")]).await.ok()).await;
}

/// The worker lives on, so nobody would ever take back what it does not know it holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_leased_to_a_worker_that_did_not_hear_of_it_is_leased_again() {
    let database = PostgresServer::shared().database_with_tables();
    let (line, address) = Line::to(&database.address());
    let process = Process::at(&address).await;
    // Its statements have been prepared, so that the next time is one question and one answer.
    process.store.enqueue(&[task("first")]).await.unwrap();
    assert_eq!(process.lease(&worker(1), NO_WAIT).await.unwrap().len(), 1);
    process
        .store
        .enqueue(&[task("a"), task("b")])
        .await
        .unwrap();

    let deaf = worker(1);
    let taking = process.lease(&deaf, NO_WAIT);
    let hold = "BEGIN; LOCK TABLE workers IN SHARE MODE;
        DO $$ BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END $$; COMMIT";
    let is_held =
        "SELECT count(*) FROM pg_locks WHERE relation = 'workers'::regclass AND mode = 'ShareLock'";
    let is_waiting =
        "SELECT count(*) FROM pg_locks WHERE relation = 'workers'::regclass AND NOT granted";
    let release = "SELECT pg_cancel_backend(pid) FROM pg_locks
        WHERE relation = 'workers'::regclass AND mode = 'ShareLock'";
    let letting_go = async {
        soon(async || (database.query(is_waiting) == "1").then_some(())).await;
        line.carries(Carries::Questions);
        database.query(release);
    };
    let holding = database.query_beside(hold);
    soon(async || (database.query(is_held) == "1").then_some(())).await;
    let (leases, ()) = tokio::join!(taking, letting_go);
    passing(&leases.unwrap_err());
    holding.join().unwrap();
    let taken = database.query("SELECT count(*) FROM tasks WHERE state = 'running'");
    assert_eq!(taken, "3");
    line.carries(Carries::All);

    let leases = soon(async || process.lease(&worker(1), NO_WAIT).await.ok()).await;
    let crashes: Vec<_> = leases.iter().map(|lease| lease.crashes).collect();
    assert_eq!(crashes, [0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_only_be_read_is_waited_for() {
    let database = PostgresServer::shared().database_with_tables();
    let process = Process::at(&database.address()).await;
    let only_read = async |whether: &str| {
        database.begins_anew(&format!("default_transaction_read_only = {whether}"));
        tokio::time::sleep(Duration::from_millis(1100)).await;
    };

    only_read("on").await;
    passing(&process.store.enqueue(&[task("a")]).await.unwrap_err());

    only_read("off").await;
    process.store.enqueue(&[task("a")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_changed_and_changed_back_is_outlived() {
    let server = PostgresServer::in_clear();
    let database = server.database_with_tables();
    let becomes = |password: &str| {
        let change = format!("ALTER ROLE backbeat PASSWORD '{password}'");
        server.query("postgres", &change);
    };
    becomes("of today");
    let address = PostgresAddress {
        host: Host::Network("127.0.0.1".to_owned()),
        password: Some(Password::new("of today")),
        ..database.address()
    };
    let process = Process::at(&address).await;
    process.store.enqueue(&[task("before")]).await.unwrap();

    becomes("of tomorrow");
    cut_connections(&database).await;
    let refused = process.store.enqueue(&[task("while")]).await.unwrap_err();
    passing(&refused);
    let told = chain(&refused);
    assert!(told.contains("password authentication failed"), "{told}");
    assert!(!told.contains("of today"), "{told}");
    becomes("of today");

    soon(async || process.store.enqueue(&[task("after")]).await.ok()).await;
}
