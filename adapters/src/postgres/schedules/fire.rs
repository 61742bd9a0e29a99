//! Moves entries on, and queues what falls due by them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::ports::{Fired, Firing};
use sqlx::Row as _;

use super::register::{known, standings};
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::pool::{Session, Statement};
use crate::postgres::tasks::{NewTask, inserting};

/// How often it is tried while others get in the way.
const TRIES: u32 = 5;

/// Beats that fire together take turns, in the order of names, entry by entry.
const HOLD: &str = "SELECT FROM schedule_entries WHERE name = ANY ($1) ORDER BY name FOR UPDATE";

/// An entry moves only from where the beat saw it.
const MOVE: &str = "
    UPDATE schedule_entries AS entries SET last_due = firing.moves_to,
        skipped = entries.skipped + firing.skipped, fired = entries.fired + firing.fires::integer,
        last_fired_at = CASE WHEN firing.fires THEN $9 ELSE entries.last_fired_at END,
        last_fired_due = CASE WHEN firing.fires THEN firing.due ELSE entries.last_fired_due END
    FROM (SELECT *, due IS NOT NULL AND NOT EXISTS (SELECT FROM occurrences
            WHERE occurrences.entry = row.entry AND occurrences.due_at = row.due) AS fires
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            AS row (entry, schedule, last_due, moves_to, due, skipped_from, skipped_to, skipped)) AS firing
    WHERE entries.name = firing.entry AND entries.schedule = firing.schedule
        AND entries.last_due = firing.last_due
    RETURNING entries.name AS entry";
const SKIP: &str = "
    INSERT INTO skipped_occurrences (entry, first_due, last_due, count, seen_at)
    SELECT entry, skipped_from, skipped_to, skipped, $9
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        AS row (entry, schedule, last_due, moves_to, due, skipped_from, skipped_to, skipped)
    WHERE skipped > 0
    ON CONFLICT DO NOTHING RETURNING entry";
const FIRE: &str = "
    INSERT INTO occurrences (entry, due_at, fired_at)
    SELECT entry, due, $9 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        AS row (entry, schedule, last_due, moves_to, due, skipped_from, skipped_to, skipped)
    WHERE due IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING entry";

impl PostgresStore {
    pub(super) async fn fire_at_once(&self, firings: &[Firing]) -> Result<Vec<Fired>, StoreError> {
        let now = self.clock.now();
        let mut tries = 0;
        loop {
            tries += 1;
            let mut session = self.pool.session().await?;
            session.begin().await?;
            let fired = fire(firings, now, &mut session).await;
            match session.end(fired).await {
                Err(error) if error.is_collision() && tries < TRIES => {}
                ended => return ended,
            }
        }
    }
}

async fn fire(
    firings: &[Firing],
    now: DateTime<Utc>,
    session: &mut Session,
) -> Result<Vec<Fired>, StoreError> {
    let names: Vec<_> = firings.iter().map(|firing| firing.entry.as_str()).collect();
    session.all(sqlx::query(HOLD).bind(&names)).await?;
    let mut seen = HashSet::new();
    let counts: Vec<bool> = names.iter().map(|name| seen.insert(*name)).collect();
    let firsts = firings.iter().zip(&counts).filter(|(_, counts)| **counts);
    let firsts: Vec<&Firing> = firsts.map(|(firing, _)| firing).collect();
    let moved = entries(MOVE, &firsts, now, session).await?;
    let is_moved = |firing: &Firing| moved.contains(firing.entry.as_str());
    let moving: Vec<&Firing> = firsts.into_iter().filter(|it| is_moved(it)).collect();
    if !moving.is_empty() {
        queue(&moving, now, session).await?;
    }
    let standings = known(&session.all(standings(&names)).await?)?;
    let fired = firings.iter().zip(counts).map(|(firing, counts)| {
        if counts && is_moved(firing) {
            return Fired::Now;
        }
        Fired::Elsewhere(standings.get(firing.entry.as_str()).cloned())
    });
    Ok(fired.collect())
}

/// Records what was skipped and what is fired, and queues the tasks of what is new.
async fn queue(
    moving: &[&Firing],
    now: DateTime<Utc>,
    session: &mut Session,
) -> Result<(), StoreError> {
    if moving.iter().any(|firing| firing.skipped.is_some()) {
        entries(SKIP, moving, now, session).await?;
    }
    let new = entries(FIRE, moving, now, session).await?;
    let new = moving.iter().filter(|it| new.contains(it.entry.as_str()));
    let occurrences = new.filter_map(|firing| firing.occurrence.as_ref());
    let tasks: Vec<NewTask> = occurrences
        .map(|occurrence| NewTask::seal(&occurrence.task, now))
        .collect();
    session.all(inserting(tasks.iter())).await.map(drop)
}

/// The names of the entries that a statement about `firings` yields.
async fn entries(
    statement: &'static str,
    firings: &[&Firing],
    now: DateTime<Utc>,
    session: &mut Session,
) -> Result<HashSet<String>, StoreError> {
    let rows = session.all(about(statement, firings).bind(now)).await?;
    let names = rows.iter().map(|row| row.try_get("entry"));
    Ok(names.collect::<sqlx::Result<_>>()?)
}

/// `statement` with each column of `firings` as one array.
fn about<'a>(statement: &'static str, firings: &[&'a Firing]) -> Statement<'a> {
    fn column<'a, T>(firings: &[&'a Firing], of: impl Fn(&'a Firing) -> T) -> Vec<T> {
        firings.iter().copied().map(of).collect()
    }
    let due = |firing: &Firing| firing.occurrence.as_ref().map(|occurrence| occurrence.due);
    sqlx::query(statement)
        .bind(column(firings, |it| it.entry.as_str()))
        .bind(column(firings, |it| it.schedule.as_str()))
        .bind(column(firings, |it| it.last_due))
        .bind(column(firings, Firing::moves_to))
        .bind(column(firings, due))
        .bind(column(firings, |it| it.skipped.map(|skipped| skipped.from)))
        .bind(column(firings, |it| it.skipped.map(|skipped| skipped.to)))
        .bind(column(firings, |it| {
            it.skipped.map_or(0, |skipped| i64::from(skipped.count))
        }))
}
