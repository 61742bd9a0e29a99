//! Rows of a store on `PostgreSQL`.

use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::postgres::{PostgresLimits, PostgresStore};
use serde_json::{Map, Value};
use tests::postgres::{Database, PostgresServer};
use tests::samples::START;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::rows::{TABLES, seen, story, without_chance};
use super::{is_the_newest, samples};

const NAME: &str = "postgres.json";

/// A store in a database of its own.
struct Place {
    store: PostgresStore,
    _stop: DropGuard,
    database: Database,
}

impl Place {
    async fn new() -> Self {
        let database = PostgresServer::shared().database_with_tables();
        let (address, clock) = (database.address(), Arc::new(ManualClock::at(START)));
        let opened = PostgresStore::open(&address, PostgresLimits::default(), clock).await;
        let (store, writer) = opened.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(writer.run(stop.clone()));
        Self {
            store,
            _stop: stop.drop_guard(),
            database,
        }
    }

    /// All rows, as the database shows them.
    fn rows(&self) -> Value {
        let mut rows = Map::new();
        for table in TABLES {
            let found = self.database.query(&format!(
                "SET timezone = 'UTC'; SELECT coalesce(json_agg({table}), '[]') FROM {table}"
            ));
            let found = serde_json::from_str(&found).unwrap();
            rows.insert(table.to_owned(), found);
        }
        Value::Object(rows)
    }

    /// Puts `rows` into the tables: columns that they do not know have their defaults.
    fn holds(&self, rows: &Value) {
        for (table, rows) in rows.as_object().unwrap() {
            for row in rows.as_array().unwrap() {
                let columns = row.as_object().unwrap().keys();
                let columns = columns.cloned().collect::<Vec<_>>().join(", ");
                let row = row.to_string().replace('\'', "''");
                self.database.query(&format!(
                    "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
                     SELECT {columns} FROM json_populate_record(NULL::{table}, '{row}')"
                ));
            }
        }
        // Rows that come with their numbers leave the counter where it was.
        self.database
            .query("SELECT setval(pg_get_serial_sequence('tasks', 'seq'), 1000)");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_every_version_are_read_and_ours_are_as_the_newest() {
    let today = Place::new().await;
    story(&today.store).await;

    is_the_newest(NAME, &today.rows(), without_chance);

    let seen_today = seen(&today.store).await;
    for (version, sample) in samples(NAME) {
        let place = Place::new().await;
        place.holds(&sample);
        assert_eq!(seen(&place.store).await, seen_today, "{version}");
    }
}
