//! Moves entries on, and queues what falls due by them.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Fired, Firing};
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::register::standings;
use crate::sqlite::tasks::{NewTask, insert};
use crate::sqlite::writer::Write;

/// What falls due, on its way into the rows.
pub(super) struct Fire {
    rows: Vec<Row>,
    tasks: Vec<NewTask>,
    now: i64,
}

/// What a firing does to the rows; what is left out of it stays.
#[derive(Clone, Serialize)]
struct Row {
    entry: String,
    schedule: String,
    last_due: i64,
    moves_to: i64,
    due: Option<i64>,
    skipped_from: Option<i64>,
    skipped_to: Option<i64>,
    skipped: u32,
    /// Which of the tasks it queues.
    #[serde(skip)]
    task: Option<usize>,
    /// Whether it is the first of its entry.
    #[serde(skip)]
    counts: bool,
}

impl Fire {
    pub(super) fn new(firings: &[Firing], now: DateTime<Utc>, moved: i64) -> Self {
        let (mut tasks, mut seen) = (Vec::new(), HashSet::new());
        let rows = firings.iter().map(|firing| {
            let task = firing.occurrence.as_ref().map(|occurrence| {
                tasks.push(NewTask::seal(&occurrence.task, now, moved));
                tasks.len() - 1
            });
            let due = firing.occurrence.as_ref().map(|occurrence| occurrence.due);
            Row {
                entry: firing.entry.to_string(),
                schedule: firing.schedule.clone(),
                last_due: firing.last_due.timestamp_micros(),
                moves_to: firing.moves_to().timestamp_micros(),
                due: due.map(|due| due.timestamp_micros()),
                skipped_from: firing.skipped.map(|it| it.from.timestamp_micros()),
                skipped_to: firing.skipped.map(|it| it.to.timestamp_micros()),
                skipped: firing.skipped.map_or(0, |it| it.count),
                task,
                counts: seen.insert(&firing.entry),
            }
        });
        Self {
            rows: rows.collect(),
            tasks,
            now: now.timestamp_micros(),
        }
    }
}

/// An entry moves only from where the beat saw it.
const MOVE: &str = "
    UPDATE schedule_entries SET last_due = firing.moves_to, skipped = skipped + firing.count,
        fired = fired + firing.fires,
        last_fired_at = CASE WHEN firing.fires THEN ?2 ELSE last_fired_at END,
        last_fired_due = CASE WHEN firing.fires THEN firing.due ELSE last_fired_due END
    FROM (SELECT value ->> 'entry' AS entry, value ->> 'schedule' AS schedule, value ->> 'last_due' AS last_due,
            value ->> 'moves_to' AS moves_to, value ->> 'skipped' AS count, value ->> 'due' AS due,
            value ->> 'due' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM occurrences
                WHERE entry = value ->> 'entry' AND due_at = value ->> 'due') AS fires
        FROM json_each(?1)) AS firing
    WHERE name = firing.entry AND schedule_entries.schedule = firing.schedule
        AND schedule_entries.last_due = firing.last_due
    RETURNING name";
const SKIP: &str = "
    INSERT INTO skipped_occurrences (entry, first_due, last_due, count, seen_at)
    SELECT value ->> 'entry', value ->> 'skipped_from', value ->> 'skipped_to', value ->> 'skipped', ?2
    FROM json_each(?1) WHERE value ->> 'skipped' > 0
    ON CONFLICT DO NOTHING";
const FIRE: &str = "
    INSERT INTO occurrences (entry, due_at, fired_at)
    SELECT value ->> 'entry', value ->> 'due', ?2 FROM json_each(?1) WHERE value ->> 'due' IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING entry";

#[async_trait]
impl Write for Fire {
    type Answer = Vec<Fired>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Fired>> {
        let first: Vec<&Row> = self.rows.iter().filter(|row| row.counts).collect();
        let moved = self.names(MOVE, &first, connection).await?;
        let is_moved = |row: &&Row| row.counts && moved.contains(&row.entry);
        let moving: Vec<&Row> = self.rows.iter().filter(is_moved).collect();
        if !moving.is_empty() {
            self.queue(&moving, connection).await?;
        }
        let others = self.rows.iter().filter(|row| !is_moved(row));
        let others: Vec<&str> = others.map(|row| row.entry.as_str()).collect();
        let standings = standings(&others, connection).await?;
        let fired = self.rows.iter().map(|row| {
            if is_moved(&row) {
                return Fired::Now;
            }
            Fired::Elsewhere(standings.get(&row.entry).cloned())
        });
        Ok(fired.collect())
    }
}

impl Fire {
    /// Records what was skipped and what is fired, and queues the tasks of what is new.
    async fn queue(&self, moving: &[&Row], connection: &mut SqliteConnection) -> sqlx::Result<()> {
        if moving.iter().any(|row| 0 < row.skipped) {
            sqlx::query(SKIP)
                .bind(json(moving))
                .bind(self.now)
                .execute(&mut *connection)
                .await?;
        }
        let new = self.names(FIRE, moving, connection).await?;
        let new = moving.iter().filter(|row| new.contains(&row.entry));
        let tasks: Vec<NewTask> = new
            .filter_map(|row| Some(self.tasks[row.task?].clone()))
            .collect();
        insert(&tasks, connection).await.map(drop)
    }

    /// Runs a statement on `rows`, which answers with the names of entries.
    async fn names(
        &self,
        statement: &'static str,
        rows: &[&Row],
        connection: &mut SqliteConnection,
    ) -> sqlx::Result<HashSet<String>> {
        let names: Vec<String> = sqlx::query_scalar(statement)
            .bind(json(rows))
            .bind(self.now)
            .fetch_all(connection)
            .await?;
        Ok(names.into_iter().collect())
    }
}

fn json(rows: &[&Row]) -> String {
    serde_json::to_string(rows).expect("rows serialize")
}
