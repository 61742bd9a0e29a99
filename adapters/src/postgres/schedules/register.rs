//! Makes entries known.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ports::{NewEntry, Standing};
use domain::schedules::AHEAD_AT_MOST;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::standing;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::pool::Statement;
use crate::postgres::values::unreadable;

/// In the order of their names, so that beats that start together do not wait in a circle.
const REGISTER: &str = "
    INSERT INTO schedule_entries AS known (name, schedule, anchor, last_due)
    SELECT DISTINCT ON (name) name, schedule, $3, $3
    FROM unnest($1, $2) WITH ORDINALITY AS new (name, schedule, place) ORDER BY name, place
    ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, anchor = $3, last_due = $3
        WHERE known.schedule <> excluded.schedule OR $4 < known.last_due";
const STANDINGS: &str =
    "SELECT name, schedule, anchor, last_due FROM schedule_entries WHERE name = ANY ($1)";

impl PostgresStore {
    pub(super) async fn register_at_once(
        &self,
        entries: &[NewEntry],
    ) -> Result<Vec<Standing>, StoreError> {
        let now = self.clock.now();
        let latest = now
            .checked_add_signed(AHEAD_AT_MOST)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let schedules: Vec<_> = entries
            .iter()
            .map(|entry| entry.schedule.as_str())
            .collect();
        let registering = || {
            sqlx::query(REGISTER)
                .bind(&names)
                .bind(&schedules)
                .bind(now)
                .bind(latest)
        };
        self.pool.changed(registering).await?;
        let known = known(&self.pool.all(|| standings(&names)).await?)?;
        let found = names.iter().map(|name| {
            let standing = known.get(*name).cloned();
            standing.ok_or_else(|| unreadable("name", "an entry is not there").into())
        });
        found.collect()
    }
}

/// Yields where the entries with these names stand, as far as they are known.
pub(super) fn standings<'a>(names: &'a [&'a str]) -> Statement<'a> {
    sqlx::query(STANDINGS).bind(names)
}

/// What [`standings`] yields, by name.
pub(super) fn known(rows: &[PgRow]) -> sqlx::Result<HashMap<String, Standing>> {
    let pairs = rows
        .iter()
        .map(|row| Ok((row.try_get("name")?, standing(row)?)));
    pairs.collect()
}
