//! Puts tasks into the queue.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::ports::Enqueued;
use domain::tasks::{Envelope, Key};
use sqlx::Row as _;

use super::MOST_AT_ONCE;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::pool::Statement;
use crate::postgres::values::known;

impl PostgresStore {
    pub(super) async fn enqueue_in_steps(
        &self,
        tasks: &[Envelope],
    ) -> Result<Vec<Enqueued>, StoreError> {
        let mut answers = Vec::with_capacity(tasks.len());
        for step in tasks.chunks(MOST_AT_ONCE) {
            let now = self.clock.now();
            let step: Vec<_> = step.iter().map(|task| NewTask::seal(task, now)).collect();
            let inserted = self.insert(&step).await?;
            if !inserted.is_empty() {
                self.bell.ring();
            }
            answers.extend(answers_of(&step, inserted));
        }
        Ok(answers)
    }

    /// Inserts `tasks` but for those whose id is known; answers with the ids of the others.
    async fn insert(&self, tasks: &[NewTask]) -> Result<HashSet<String>, StoreError> {
        let rows = self.pool.all(|| inserting(tasks.iter())).await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get("id"))
            .collect::<sqlx::Result<_>>()?)
    }
}

/// Of two tasks with one id in one call the first is the new one.
fn answers_of(tasks: &[NewTask], mut inserted: HashSet<String>) -> Vec<Enqueued> {
    let answers = tasks.iter().map(|task| {
        if inserted.remove(task.envelope.id.as_str()) {
            Enqueued::New
        } else {
            Enqueued::Already
        }
    });
    answers.collect()
}

/// Inserts `tasks` but for those whose id is known; yields the ids of the others.
pub(in crate::postgres) fn inserting<'a>(
    tasks: impl Iterator<Item = &'a NewTask>,
) -> Statement<'a> {
    TaskColumns::of(tasks).bind_to(sqlx::query(
        "INSERT INTO tasks (id, name, payload, queue, priority, expires_at, key, headers, state, due_at, due_since)
         SELECT id, name, payload, queue, priority, expires_at, key, headers, state, due_at, due_at
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) WITH ORDINALITY
            AS new (id, name, payload, queue, priority, expires_at, key, headers, state, due_at, place)
         ORDER BY place
         ON CONFLICT (id) DO NOTHING RETURNING id",
    ))
}

/// A task as it will lie in its row.
pub(in crate::postgres) struct NewTask {
    envelope: Envelope,
    headers: Option<String>,
    state: &'static str,
    due_at: DateTime<Utc>,
}

impl NewTask {
    /// The row of `envelope` when it is queued at `now`.
    pub(in crate::postgres) fn seal(envelope: &Envelope, now: DateTime<Utc>) -> Self {
        let due_at = known(envelope.due.from(now));
        let headers = (!envelope.headers.is_empty())
            .then(|| serde_json::to_string(&envelope.headers).expect("JSON serializes"));
        Self {
            envelope: envelope.clone(),
            headers,
            state: if due_at <= now { "ready" } else { "waiting" },
            due_at,
        }
    }
}

/// New tasks as they travel: each column as one array.
#[derive(Default)]
pub(in crate::postgres) struct TaskColumns<'a> {
    ids: Vec<&'a str>,
    names: Vec<&'a str>,
    payloads: Vec<&'a [u8]>,
    queues: Vec<&'a str>,
    priorities: Vec<i16>,
    expiries: Vec<Option<DateTime<Utc>>>,
    keys: Vec<Option<&'a str>>,
    headers: Vec<Option<&'a str>>,
    states: Vec<&'a str>,
    due: Vec<DateTime<Utc>>,
}

impl<'a> TaskColumns<'a> {
    pub(in crate::postgres) fn of(tasks: impl Iterator<Item = &'a NewTask>) -> Self {
        let mut columns = Self::default();
        for task in tasks {
            let envelope = &task.envelope;
            columns.ids.push(envelope.id.as_str());
            columns.names.push(envelope.name.as_str());
            columns.payloads.push(envelope.payload.as_bytes());
            columns.queues.push(envelope.queue.as_str());
            columns.priorities.push(envelope.priority.number().into());
            columns.expiries.push(envelope.expires_at.map(known));
            columns.keys.push(envelope.key.as_ref().map(Key::as_str));
            columns.headers.push(task.headers.as_deref());
            columns.states.push(task.state);
            columns.due.push(task.due_at);
        }
        columns
    }

    /// Binds the columns to `$1` to `$10`.
    pub(in crate::postgres) fn bind_to(self, statement: Statement<'a>) -> Statement<'a> {
        statement
            .bind(self.ids)
            .bind(self.names)
            .bind(self.payloads)
            .bind(self.queues)
            .bind(self.priorities)
            .bind(self.expiries)
            .bind(self.keys)
            .bind(self.headers)
            .bind(self.states)
            .bind(self.due)
    }
}
