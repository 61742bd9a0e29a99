//! The least that answers `POST /albums/` durably: warp, sqlx, one INSERT, no checks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tests::program::Program;
use uuid::Uuid;
use warp::Filter;
use warp::http::StatusCode;

use super::report;

/// The argument that makes this program the bare handler.
pub(crate) const SERVE: &str = "serve-bare";

/// The bare handler as a program, with its file in `folder`.
pub(crate) fn start(folder: &Path) -> Program {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(SERVE).current_dir(folder);
    Program::start(command)
}

/// Serves until it is killed.
pub(crate) async fn serve() {
    let options = SqliteConnectOptions::new()
        .filename("bare.sqlite3")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(std::time::Duration::from_secs(30));
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await
        .unwrap();
    let table = "CREATE TABLE albums (id BLOB PRIMARY KEY, name TEXT NOT NULL, cost TEXT NOT NULL)";
    sqlx::query(table).execute(&pool).await.unwrap();
    let routes = warp::path!("albums" / ..)
        .and(warp::post())
        .and(warp::body::json())
        .then(move |album: Value| insert(pool.clone(), album));
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    report::listens(&format!("http://{}", listener.local_addr().unwrap()));
    warp::serve(routes).incoming(listener).run().await;
}

async fn insert(pool: SqlitePool, album: Value) -> impl warp::Reply {
    let id = Uuid::now_v7();
    let text = |name: &str| album[name].as_str().unwrap_or_default().to_owned();
    let insert = sqlx::query("INSERT INTO albums (id, name, cost) VALUES (?, ?, ?)")
        .bind(id)
        .bind(text("name"))
        .bind(text("cost"));
    insert.execute(&pool).await.unwrap();
    warp::reply::with_status(warp::reply::json(&json!({"id": id})), StatusCode::CREATED)
}
