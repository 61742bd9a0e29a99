//! The forms of `DATABASE_URL` that Django knows, and logins that fail, with real servers.

use std::time::Duration;

use domain::ports::Readiness as _;
use tests::postgres::Database;

use super::network::{address, assert_ready, assert_refused, encrypted, in_clear, migrate, url};
use super::{Process, soon};

#[test]
fn every_scheme_that_django_knows_leads_to_the_server() {
    let database = in_clear().database();
    let by_network = url(&database, "localhost", "?conn_max_age=60");
    let (_, rest) = by_network.split_once("://").unwrap();
    for scheme in ["postgres", "postgresql", "psql", "pgsql", "PostgreSQL"] {
        assert_ready(&migrate(&format!("{scheme}://{rest}")), scheme);
    }
}

#[test]
fn a_socket_is_found_in_every_spelling() {
    let database = in_clear().database();
    let (folder, port) = (
        database.server().folder().display(),
        database.server().port(),
    );
    let (encoded, name) = (folder.to_string().replace('/', "%2F"), database.name());
    for url in [
        format!("postgres://backbeat@:{port}/{folder}/{name}"),
        format!("postgres://backbeat@{encoded}:{port}/{name}"),
        format!("postgres://backbeat@/{name}?host={folder}&port={port}"),
        format!("postgresql:///{name}?host={encoded}&port={port}&user=backbeat"),
    ] {
        assert_ready(&migrate(&url), &url);
    }
}

#[test]
fn a_login_that_fails_is_said_at_once() {
    for server in [encrypted(), in_clear()] {
        let database = server.database();
        let (port, name) = (server.port(), database.name());
        let good = url(&database, "localhost", "");
        for (url, words) in [
            (
                format!("postgres://backbeat:hunter2@localhost:{port}/{name}"),
                ["backbeat:**@localhost", "password authentication failed"],
            ),
            (
                format!("postgres://backbeat@localhost:{port}/{name}"),
                ["backbeat@localhost", "password authentication failed"],
            ),
            (
                format!("postgres://nobody:hunter2@localhost:{port}/{name}"),
                ["nobody:**@localhost", "password authentication failed"],
            ),
            (format!("{good}_of_old"), ["_of_old", "does not exist"]),
        ] {
            assert_refused(&url, &words);
        }
    }
}

/// The session that has answered `ready` last, once there is just one.
async fn session(database: &Database) -> String {
    soon(async || {
        let found = database.query(
            "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'SELECT 1 FROM accounts%'",
        );
        (!found.is_empty() && !found.contains(' ')).then_some(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_older_than_conn_max_age_is_replaced() {
    for (query, is_replaced) in [
        ("?conn_max_age=1", true),
        ("?CONN_MAX_AGE=None", false),
        ("", false),
    ] {
        let database = encrypted().database_with_tables();
        let process = Process::at(&address(&url(&database, "localhost", query))).await;
        process.store.ready().await.unwrap();
        let before = session(&database).await;

        tokio::time::sleep(Duration::from_millis(1100)).await;
        process.store.ready().await.unwrap();

        assert_eq!(session(&database).await != before, is_replaced, "{query}");
    }
}
