//! Where schedule entries stand, and what fell due by them.

mod fire;
mod register;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{
    EntryRow, Fired, Firing, NewEntry, PortError, ScheduleRepo, Skipped, Standing,
};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::SqliteStore;
use super::error::StoreError;
use super::values::{count, instant, optional_instant, parsed};
use fire::Fire;
use register::Register;

/// How many entries one write touches at most, so that no beat keeps others waiting.
const MOST_PER_WRITE: usize = 1_024;

#[async_trait]
impl ScheduleRepo for SqliteStore {
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError> {
        let mut standings = Vec::with_capacity(entries.len());
        for step in entries.chunks(MOST_PER_WRITE) {
            let register = Register::new(step, self.clock.now());
            let registered = self.write(register).await;
            standings.extend(registered.map_err(|error| error.into_port("register schedules"))?);
        }
        Ok(standings)
    }

    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError> {
        let mut fired = Vec::with_capacity(firings.len());
        for step in firings.chunks(MOST_PER_WRITE) {
            let fire = Fire::new(step, self.clock.now(), self.tick());
            let answer = self.write(fire).await;
            let answer = answer.map_err(|error| error.into_port("fire what is due"))?;
            if answer.contains(&Fired::Now) {
                self.bell.notify_waiters();
            }
            fired.extend(answer);
        }
        Ok(fired)
    }

    async fn time(&self) -> Result<DateTime<Utc>, PortError> {
        Ok(self.clock.now())
    }

    async fn list(&self) -> Result<Vec<EntryRow>, PortError> {
        sqlx::query(LIST)
            .try_map(|row: SqliteRow| entry_row(&row))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| StoreError::from(error).into_port("list schedules"))
    }
}

const LIST: &str = "
    SELECT entries.*, gaps.first_due AS skipped_from, gaps.last_due AS skipped_to, gaps.count AS skipped_count
    FROM schedule_entries AS entries LEFT JOIN skipped_occurrences AS gaps
        ON gaps.entry = entries.name AND gaps.first_due =
            (SELECT max(first_due) FROM skipped_occurrences WHERE entry = entries.name)
    ORDER BY entries.name";

fn entry_row(row: &SqliteRow) -> sqlx::Result<EntryRow> {
    let last_skipped = match optional_instant(row, "skipped_from")? {
        None => None,
        Some(from) => Some(Skipped {
            from,
            to: instant(row, "skipped_to")?,
            count: count(row, "skipped_count")?,
        }),
    };
    Ok(EntryRow {
        name: parsed(row, "name")?,
        standing: standing(row)?,
        fired: count(row, "fired")?,
        last_fired_at: optional_instant(row, "last_fired_at")?,
        skipped: count(row, "skipped")?,
        last_skipped,
    })
}

fn standing(row: &SqliteRow) -> sqlx::Result<Standing> {
    Ok(Standing {
        schedule: row.try_get("schedule")?,
        anchor: instant(row, "anchor")?,
        last_due: instant(row, "last_due")?,
    })
}
