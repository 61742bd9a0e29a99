//! Opening a database: its tables are made, once, and those of a later release let alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::clock::SystemClock;
use adapters::postgres::{
    Host, OpenError, Password, PostgresAddress, PostgresLimits, PostgresStore,
};
use domain::ports::{Readiness as _, chain};
use futures_util::future::join_all;
use tests::postgres::PostgresServer;

use super::Process;
use super::network::PROMPTLY;

async fn refused(address: &PostgresAddress) -> OpenError {
    let opened = PostgresStore::open(address, PostgresLimits::default(), Arc::new(SystemClock));
    opened
        .await
        .map(|_| ())
        .expect_err("a database that cannot be opened")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_may_open_an_empty_database_at_once() {
    let database = PostgresServer::shared().database();
    let address = database.address();

    let ten = join_all((0..10).map(|_| Process::at(&address))).await;

    for process in &ten {
        process.store.ready().await.unwrap();
    }
    let applied = database.query("SELECT count(*) = count(DISTINCT version) FROM _sqlx_migrations");
    assert_eq!(applied, "t");
}

#[tokio::test]
async fn a_database_of_a_later_release_is_let_alone() {
    let database = PostgresServer::shared().database_with_tables();
    database.query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', true, '', 0)",
    );

    let error = refused(&database.address()).await.to_string();

    assert!(error.contains("newer version"), "{error}");
    assert!(error.contains("migration 9999"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_entered_is_named_at_once_and_without_its_password() {
    let database = PostgresServer::shared().database();
    let start = Instant::now();
    let address = PostgresAddress {
        database: "nobodys".to_owned(),
        password: Some(Password::new("hunter2")),
        ..database.address()
    };

    let error = chain(&refused(&address).await);

    assert!(error.contains("backbeat:**@/nobodys"), "{error}");
    assert!(error.contains("does not exist"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    assert!(start.elapsed() < PROMPTLY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_later_is_waited_for() {
    let server = PostgresServer::start("");
    let database = server.database();
    server.stop();
    let address = database.address();
    assert!(matches!(address.host, Host::Socket(_)));

    let opening = tokio::spawn(async move { Process::at(&address).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.go_on();

    opening.await.unwrap().store.ready().await.unwrap();
}
