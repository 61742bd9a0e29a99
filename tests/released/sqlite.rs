//! Rows of a store in one file.

use std::path::PathBuf;
use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::sqlite::SqliteStore;
use serde_json::{Map, Value};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;
use tests::samples::START;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::rows::{TABLES, seen, story, without_chance};
use super::{is_the_newest, samples};

const NAME: &str = "sqlite.json";

/// A store in a file of its own.
struct Place {
    store: SqliteStore,
    _stop: DropGuard,
    file: PathBuf,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let clock = Arc::new(ManualClock::at(START));
        let (store, writer) = SqliteStore::open(&file, clock).await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(writer.run(stop.clone()));
        Self {
            store,
            _stop: stop.drop_guard(),
            file,
            _folder: folder,
        }
    }

    async fn connection(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.file);
        options.connect().await.unwrap()
    }

    /// All rows, bytes in the way in which `PostgreSQL` shows them.
    async fn rows(&self) -> Value {
        let mut connection = self.connection().await;
        let mut rows = Map::new();
        for table in TABLES {
            let names = format!("SELECT name FROM pragma_table_info('{table}')");
            let names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(names))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let fields = names.iter().map(|name| {
                format!("'{name}', CASE typeof({name}) WHEN 'blob' THEN '\\x' || lower(hex({name})) ELSE {name} END")
            });
            let fields = fields.collect::<Vec<_>>().join(", ");
            let found = format!("SELECT json_group_array(json_object({fields})) FROM {table}");
            let found: String = sqlx::query_scalar(AssertSqlSafe(found))
                .fetch_one(&mut connection)
                .await
                .unwrap();
            let found = serde_json::from_str(&found).unwrap();
            rows.insert(table.to_owned(), found);
        }
        Value::Object(rows)
    }

    /// Puts `rows` into the tables: columns that they do not know have their defaults.
    async fn holds(&self, rows: &Value) {
        let mut connection = self.connection().await;
        for (table, rows) in rows.as_object().unwrap() {
            for row in rows.as_array().unwrap() {
                let columns: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
                let fields = columns.iter().map(|name| {
                    let field = format!("json_extract(?1, '$.{name}')");
                    format!("CASE WHEN {field} LIKE '\\x%' THEN unhex(substr({field}, 3)) ELSE {field} END")
                });
                let fields = fields.collect::<Vec<_>>().join(", ");
                let columns = columns.join(", ");
                let insert = format!("INSERT INTO {table} ({columns}) SELECT {fields}");
                sqlx::query(AssertSqlSafe(insert))
                    .bind(row.to_string())
                    .execute(&mut connection)
                    .await
                    .unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_every_version_are_read_and_ours_are_as_the_newest() {
    let today = Place::new().await;
    story(&today.store).await;

    is_the_newest(NAME, &today.rows().await, without_chance);

    let seen_today = seen(&today.store).await;
    for (version, sample) in samples(NAME) {
        let place = Place::new().await;
        place.holds(&sample).await;
        assert_eq!(seen(&place.store).await, seen_today, "{version}");
    }
}
