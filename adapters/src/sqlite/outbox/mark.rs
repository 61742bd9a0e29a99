//! Marks due tasks as relayed.

use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use domain::ports::Push;
use domain::tasks::Envelope;
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;

use crate::sql::{Backlog, LOOK_AT_BACKLOG, Patience, number};
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::tasks::{PROMOTE, envelope, push_firsts, sorted};
use crate::sqlite::writer::Write;

impl SqliteStore {
    pub(super) async fn mark_within(
        &self,
        push: Push,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Envelope>, StoreError> {
        let patience = Patience::of(wait);
        loop {
            let bell = self.bell.notified();
            let now = self.clock.now();
            let backlog = self.backlog().await?;
            let (names, rooms) = backlog.rooms();
            if most == 0 {
                return Ok(Vec::new());
            }
            if backlog.has_due(now) || (backlog.is_something(now) && !names.is_empty()) {
                let mark = Mark {
                    push,
                    rooms: names.into_iter().map(str::to_owned).zip(rooms).collect(),
                    due: backlog.has_due(now).then(|| names_of(&backlog)),
                    most,
                    now: now.timestamp_micros(),
                    moved: self.tick(),
                };
                let tasks = self.write(mark).await?;
                if !tasks.is_empty() {
                    return Ok(tasks);
                }
            }
            if patience.is_over(backlog.next_look(now), bell).await {
                return Ok(Vec::new());
            }
        }
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let rows: Vec<(String, String, Option<i64>, i64)> = sqlx::query_as(LOOK_AT_BACKLOG)
            .fetch_all(&self.readers)
            .await?;
        let mut backlog = Backlog::default();
        for (state, queue, due, tasks) in rows {
            let due = due.and_then(DateTime::from_timestamp_micros);
            backlog.add(&state, queue, due, tasks.unsigned_abs());
        }
        Ok(backlog)
    }
}

fn names_of(backlog: &Backlog) -> String {
    serde_json::to_string(&backlog.waiting()).expect("names serialize")
}

struct Mark {
    push: Push,
    /// How many tasks of each queue.
    rooms: Vec<(String, i64)>,
    /// The queues whose waiting tasks may be due, as a JSON array.
    due: Option<String>,
    most: usize,
    now: i64,
    moved: i64,
}

#[async_trait]
impl Write for Mark {
    type Answer = Vec<Envelope>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Envelope>> {
        if let Some(names) = &self.due {
            sqlx::query(PROMOTE)
                .bind(names)
                .bind(self.now)
                .execute(&mut *connection)
                .await?;
        }
        if self.rooms.is_empty() {
            return Ok(Vec::new());
        }
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        let mut query = QueryBuilder::new("UPDATE tasks SET state = 'relayed', relay = ");
        query
            .push_bind(self.push.relay.as_uuid())
            .push(", push = ")
            .push_bind(number(self.push.number))
            .push(", moved = ")
            .push_bind(self.moved);
        let rooms = self.rooms.iter();
        push_firsts(
            &mut query,
            rooms.map(|(name, room)| (name.as_str(), *room.min(&most))),
            most,
        );
        let rows = query.build().fetch_all(connection).await?;
        sorted(rows).iter().map(envelope).collect()
    }
}
