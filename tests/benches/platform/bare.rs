//! The least that answers `POST /albums/` durably: warp, sqlx, one INSERT, no checks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use uuid::Uuid;
use warp::Filter;
use warp::http::StatusCode;

use super::report;

/// The argument that makes this program the bare handler.
pub(crate) const SERVE: &str = "serve-bare";

/// The argument that makes this program the bare handler on a server.
pub(crate) const SERVE_ON_SERVER: &str = "serve-bare-on-server";

/// The bare handler that `which` names as a program, with its file in `folder`.
pub(crate) fn command(folder: &Path, which: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(which).current_dir(folder);
    command
}

/// Serves until it is killed, from the database that the second argument names.
pub(crate) async fn serve_on_server() {
    let url = std::env::args().nth(2).unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .connect(&url)
        .await
        .unwrap();
    let table =
        "CREATE TABLE bare_albums (id UUID PRIMARY KEY, name TEXT NOT NULL, cost TEXT NOT NULL)";
    sqlx::query(table).execute(&pool).await.unwrap();
    answer(move |album| insert_on_server(pool.clone(), album)).await;
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
    answer(move |album| insert(pool.clone(), album)).await;
}

async fn answer<F>(insert: impl Fn(Value) -> F + Clone + Send + Sync + 'static)
where
    F: Future<Output = Uuid> + Send,
{
    let routes = warp::path!("albums" / ..)
        .and(warp::post())
        .and(warp::body::json())
        .then(insert)
        .map(|id: Uuid| {
            let body = warp::reply::json(&json!({"id": id}));
            warp::reply::with_status(body, StatusCode::CREATED)
        });
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    report::listens(&format!("http://{}", listener.local_addr().unwrap()));
    warp::serve(routes).incoming(listener).run().await;
}

async fn insert(pool: SqlitePool, album: Value) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query("INSERT INTO albums (id, name, cost) VALUES (?, ?, ?)")
        .bind(id)
        .bind(text(&album, "name"))
        .bind(text(&album, "cost"))
        .execute(&pool)
        .await
        .unwrap();
    id
}

async fn insert_on_server(pool: PgPool, album: Value) -> Uuid {
    let id = Uuid::now_v7();
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO bare_albums (id, name, cost) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(text(&album, "name"))
        .bind(text(&album, "cost"))
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    id
}

fn text<'a>(album: &'a Value, name: &str) -> &'a str {
    album[name].as_str().unwrap_or_default()
}
