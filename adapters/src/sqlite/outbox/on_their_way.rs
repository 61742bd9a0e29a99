//! What was relayed and not taken yet: seen, called back, handed over.

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Lost, OnTheirWay, WorkerId};
use domain::tasks::{OwnWork, QueueName, TaskName};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use crate::sql::number;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::values::{count, parsed};
use crate::sqlite::writer::Write;

const ON_THEIR_WAY: &str = "
    SELECT queue, relay, count(*) AS tasks, max(push) AS last_push, ? - min(moved) AS oldest
    FROM tasks WHERE state = 'relayed' GROUP BY queue, relay";

impl SqliteStore {
    pub(super) async fn list_on_their_way(&self) -> Result<Vec<OnTheirWay>, StoreError> {
        let found = sqlx::query(ON_THEIR_WAY)
            .bind(self.tick())
            .try_map(|row: SqliteRow| on_their_way(&row))
            .fetch_all(&self.readers)
            .await?;
        Ok(found)
    }

    pub(super) async fn make_ready_again(&self, lost: &Lost) -> Result<u64, StoreError> {
        let age = i64::try_from(lost.for_at_least.as_micros()).unwrap_or(i64::MAX);
        let moved = self.tick();
        let call_back = CallBack {
            lost: lost.clone(),
            moved_until: moved.saturating_sub(age),
            moved,
        };
        let called_back = self.write(call_back).await?;
        if 0 < called_back {
            self.bell.notify_waiters();
        }
        Ok(called_back)
    }

    pub(super) async fn end_foreign(
        &self,
        relay: WorkerId,
        pushes: &RangeInclusive<u64>,
        own: &OwnWork,
    ) -> Result<u64, StoreError> {
        let names: Vec<_> = own.names.iter().map(TaskName::as_str).collect();
        let queues: Vec<_> = own.python_queues.iter().map(QueueName::as_str).collect();
        let hand_over = HandOver {
            relay,
            pushes: pushes.clone(),
            names: serde_json::to_string(&names).expect("names serialize"),
            queues: serde_json::to_string(&queues).expect("names serialize"),
            now: self.now(),
            moved: self.tick(),
        };
        self.write(hand_over).await
    }
}

struct CallBack {
    lost: Lost,
    moved_until: i64,
    moved: i64,
}

#[async_trait]
impl Write for CallBack {
    type Answer = u64;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        let called_back = sqlx::query(
            "UPDATE tasks SET state = 'ready', relay = NULL, push = NULL, moved = ?6
             WHERE state = 'relayed' AND (?1 IS NULL OR relay = ?1) AND (?2 IS NULL OR queue = ?2)
                 AND push BETWEEN ?3 AND ?4 AND moved <= ?5",
        )
        .bind(self.lost.relay.map(WorkerId::as_uuid))
        .bind(self.lost.queue.as_ref().map(QueueName::as_str))
        .bind(number(*self.lost.pushes.start()))
        .bind(number(*self.lost.pushes.end()))
        .bind(self.moved_until)
        .bind(self.moved)
        .execute(connection)
        .await?;
        Ok(called_back.rows_affected())
    }
}

struct HandOver {
    relay: WorkerId,
    pushes: RangeInclusive<u64>,
    names: String,
    queues: String,
    now: i64,
    moved: i64,
}

#[async_trait]
impl Write for HandOver {
    type Answer = u64;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        let ended = sqlx::query(
            "UPDATE tasks SET state = 'done', ended_at = ?6, moved = ?7
             WHERE state = 'relayed' AND relay = ?1 AND push BETWEEN ?2 AND ?3
                 AND (name NOT IN (SELECT value FROM json_each(?4))
                     OR queue IN (SELECT value FROM json_each(?5)))",
        )
        .bind(self.relay.as_uuid())
        .bind(number(*self.pushes.start()))
        .bind(number(*self.pushes.end()))
        .bind(&self.names)
        .bind(&self.queues)
        .bind(self.now)
        .bind(self.moved)
        .execute(connection)
        .await?;
        Ok(ended.rows_affected())
    }
}

fn on_their_way(row: &SqliteRow) -> sqlx::Result<OnTheirWay> {
    Ok(OnTheirWay {
        queue: parsed(row, "queue")?,
        relay: WorkerId::new(row.try_get::<Uuid, _>("relay")?),
        tasks: count(row, "tasks")?,
        last_push: count(row, "last_push")?,
        oldest: Duration::from_micros(u64::try_from(row.try_get::<i64, _>("oldest")?).unwrap_or(0)),
    })
}
