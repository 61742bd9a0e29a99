//! Where schedule entries stand, and what fell due by them.

mod fire;
mod register;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{
    EntryRow, Fired, Firing, NewEntry, PortError, ScheduleRepo, Skipped, Standing,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::error::StoreError;
use super::values::{count, each, parsed};

/// How many entries one transaction touches at most, so that none takes long.
const MOST_AT_ONCE: usize = 1_000;

#[async_trait]
impl ScheduleRepo for PostgresStore {
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError> {
        let mut standings = Vec::with_capacity(entries.len());
        for step in entries.chunks(MOST_AT_ONCE) {
            let registered = self.register_at_once(step).await;
            standings.extend(registered.map_err(|error| error.into_port("register schedules"))?);
        }
        Ok(standings)
    }

    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError> {
        let mut fired = Vec::with_capacity(firings.len());
        for step in firings.chunks(MOST_AT_ONCE) {
            let answer = self.fire_at_once(step).await;
            let answer = answer.map_err(|error| error.into_port("fire what is due"))?;
            if answer.contains(&Fired::Now) {
                self.bell.ring();
            }
            fired.extend(answer);
        }
        Ok(fired)
    }

    async fn time(&self) -> Result<DateTime<Utc>, PortError> {
        let told = async {
            let row = self.pool.first(|| sqlx::query(TIME)).await?;
            let row = row.ok_or(sqlx::Error::RowNotFound)?;
            Ok(row.try_get("time")?)
        };
        told.await
            .map_err(|error: StoreError| error.into_port("tell the time"))
    }

    async fn list(&self) -> Result<Vec<EntryRow>, PortError> {
        let listed = async {
            let rows = self.pool.all(|| sqlx::query(LIST)).await?;
            Ok(each(&rows, entry_row)?)
        };
        listed
            .await
            .map_err(|error: StoreError| error.into_port("list schedules"))
    }
}

const TIME: &str = "SELECT clock_timestamp() AS time";
const LIST: &str = "
    SELECT entries.*, gaps.first_due AS skipped_from, gaps.last_due AS skipped_to, gaps.count AS skipped_count
    FROM schedule_entries AS entries LEFT JOIN LATERAL (
        SELECT * FROM skipped_occurrences WHERE entry = entries.name
        ORDER BY first_due DESC LIMIT 1) AS gaps ON true
    ORDER BY entries.name COLLATE \"C\"";

fn entry_row(row: &PgRow) -> sqlx::Result<EntryRow> {
    let last_skipped = match row.try_get("skipped_from")? {
        None => None,
        Some(from) => Some(Skipped {
            from,
            to: row.try_get("skipped_to")?,
            count: count(row, "skipped_count")?,
        }),
    };
    Ok(EntryRow {
        name: parsed(row, "name")?,
        standing: standing(row)?,
        fired: count(row, "fired")?,
        last_fired_at: row.try_get("last_fired_at")?,
        skipped: count(row, "skipped")?,
        last_skipped,
    })
}

fn standing(row: &PgRow) -> sqlx::Result<Standing> {
    Ok(Standing {
        schedule: row.try_get("schedule")?,
        anchor: row.try_get("anchor")?,
        last_due: row.try_get("last_due")?,
    })
}
