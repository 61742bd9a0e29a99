//! Puts tasks into the queue.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::Enqueued;
use domain::tasks::{Envelope, Key};
use sqlx::QueryBuilder;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use super::MOST_PER_WRITE;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::writer::Write;

/// How many rows one statement inserts: few different numbers, so that few different
/// statements are prepared.
const ROWS_PER_STATEMENT: [usize; 3] = [128, 16, 1];

impl SqliteStore {
    pub(super) async fn enqueue_in_steps(
        &self,
        tasks: &[Envelope],
    ) -> Result<Vec<Enqueued>, StoreError> {
        let mut answers = Vec::with_capacity(tasks.len());
        for step in tasks.chunks(MOST_PER_WRITE) {
            let (now, moved) = (self.clock.now(), self.tick());
            let rows = step.iter().map(|task| NewTask::seal(task, now, moved));
            let answer = self.write(Enqueue(rows.collect())).await?;
            if answer.contains(&Enqueued::New) {
                self.bell.notify_waiters();
            }
            answers.extend(answer);
        }
        Ok(answers)
    }
}

struct Enqueue(Vec<NewTask>);

#[async_trait]
impl Write for Enqueue {
    type Answer = Vec<Enqueued>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Enqueued>> {
        insert(&self.0, connection).await
    }
}

/// A task as it will lie in its row.
#[derive(Clone)]
pub(in crate::sqlite) struct NewTask {
    envelope: Envelope,
    headers: Option<String>,
    state: &'static str,
    moved: i64,
    due_at: i64,
}

impl NewTask {
    /// The row of `envelope` when it is queued at `now`.
    pub(in crate::sqlite) fn seal(envelope: &Envelope, now: DateTime<Utc>, moved: i64) -> Self {
        let due = envelope.due.from(now);
        let headers = (!envelope.headers.is_empty())
            .then(|| serde_json::to_string(&envelope.headers).expect("JSON serializes"));
        Self {
            envelope: envelope.clone(),
            headers,
            state: if due <= now { "ready" } else { "waiting" },
            moved,
            due_at: due.timestamp_micros(),
        }
    }
}

/// Adds to `query` the statement that inserts `tasks` but for those whose id is known.
pub(in crate::sqlite) fn push_insert(query: &mut QueryBuilder<Sqlite>, tasks: &[NewTask]) {
    query.push(
        "INSERT INTO tasks (id, name, payload, queue, priority, expires_at, key, headers, state, moved, due_at, due_since) ",
    );
    query.push_values(tasks, |mut row, task| {
        let envelope = &task.envelope;
        row.push_bind(envelope.id.as_str())
            .push_bind(envelope.name.as_str())
            .push_bind(envelope.payload.as_bytes())
            .push_bind(envelope.queue.as_str())
            .push_bind(envelope.priority.number())
            .push_bind(
                envelope
                    .expires_at
                    .map(|instant| instant.timestamp_micros()),
            )
            .push_bind(envelope.key.as_ref().map(Key::as_str))
            .push_bind(task.headers.as_deref())
            .push_bind(task.state)
            .push_bind(task.moved)
            .push_bind(task.due_at)
            .push_bind(task.due_at);
    });
    query.push(" ON CONFLICT (id) DO NOTHING");
}

/// Inserts `tasks` but for those whose id is known; answers for each.
pub(in crate::sqlite) async fn insert(
    tasks: &[NewTask],
    connection: &mut SqliteConnection,
) -> sqlx::Result<Vec<Enqueued>> {
    let mut answers = Vec::with_capacity(tasks.len());
    let mut rest = tasks;
    for rows in ROWS_PER_STATEMENT {
        while let Some((these, others)) = rest.split_at_checked(rows) {
            insert_at_once(these, connection, &mut answers).await?;
            rest = others;
            if rest.is_empty() {
                return Ok(answers);
            }
        }
    }
    Ok(answers)
}

async fn insert_at_once(
    tasks: &[NewTask],
    connection: &mut SqliteConnection,
    answers: &mut Vec<Enqueued>,
) -> sqlx::Result<()> {
    let mut query = QueryBuilder::new("");
    push_insert(&mut query, tasks);
    query.push(" RETURNING id");
    let inserted: Vec<String> = query.build_query_scalar().fetch_all(connection).await?;
    let mut inserted: HashSet<String> = inserted.into_iter().collect();
    answers.extend(tasks.iter().map(|task| {
        // Of two tasks with one id in one call the first is the new one.
        if inserted.remove(task.envelope.id.as_str()) {
            Enqueued::New
        } else {
            Enqueued::Already
        }
    }));
    Ok(())
}
