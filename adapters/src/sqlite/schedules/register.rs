//! Makes entries known.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{NewEntry, Standing};
use domain::schedules::AHEAD_AT_MOST;
use serde_json::json;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::standing;
use crate::sqlite::values::unreadable;
use crate::sqlite::writer::Write;

/// Entries on their way into the rows.
pub(super) struct Register {
    names: Vec<String>,
    /// Name and schedule of each, as one JSON array.
    entries: String,
    now: i64,
    /// An entry that stands after this was moved there by a wrong clock.
    latest: i64,
}

impl Register {
    pub(super) fn new(entries: &[NewEntry], now: DateTime<Utc>) -> Self {
        let pairs = entries
            .iter()
            .map(|entry| json!([entry.name.as_str(), entry.schedule]));
        let latest = now
            .checked_add_signed(AHEAD_AT_MOST)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        Self {
            names: entries.iter().map(|entry| entry.name.to_string()).collect(),
            entries: pairs.collect::<serde_json::Value>().to_string(),
            now: now.timestamp_micros(),
            latest: latest.timestamp_micros(),
        }
    }
}

/// The condition on the source keeps `ON CONFLICT` from being read as part of a join.
const REGISTER: &str = "
    INSERT INTO schedule_entries (name, schedule, anchor, last_due)
    SELECT value ->> 0, value ->> 1, ?2, ?2 FROM json_each(?1) WHERE true
    ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, anchor = ?2, last_due = ?2
        WHERE schedule <> excluded.schedule OR ?3 < last_due";
const STANDINGS: &str = "
    SELECT name, schedule, anchor, last_due FROM schedule_entries
    WHERE name IN (SELECT value FROM json_each(?))";

#[async_trait]
impl Write for Register {
    type Answer = Vec<Standing>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Standing>> {
        sqlx::query(REGISTER)
            .bind(&self.entries)
            .bind(self.now)
            .bind(self.latest)
            .execute(&mut *connection)
            .await?;
        let standings = standings(&self.names, connection).await?;
        let found = self.names.iter().map(|name| {
            let standing = standings.get(name).cloned();
            standing.ok_or_else(|| unreadable("name", "an entry is not there"))
        });
        found.collect()
    }
}

/// Where these entries stand, as far as they are known.
pub(super) async fn standings(
    names: &[impl AsRef<str> + Sync],
    connection: &mut SqliteConnection,
) -> sqlx::Result<HashMap<String, Standing>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let names: serde_json::Value = names.iter().map(AsRef::as_ref).collect();
    sqlx::query(STANDINGS)
        .bind(names.to_string())
        .try_map(|row: SqliteRow| Ok((row.try_get("name")?, standing(&row)?)))
        .fetch_all(connection)
        .await
        .map(|rows| rows.into_iter().collect())
}
