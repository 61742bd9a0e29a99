//! What was relayed and not taken yet: seen, called back, handed over.

use std::ops::RangeInclusive;
use std::time::Duration;

use domain::ports::{Lost, OnTheirWay, WorkerId};
use domain::tasks::{OwnWork, QueueName, TaskName};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::values::{count, each, parsed};
use crate::sql::number;

const ON_THEIR_WAY: &str = "
    SELECT queue, relay, count(*) AS tasks, max(push) AS last_push,
        (extract(epoch FROM statement_timestamp() - min(moved_at)) * 1000000)::bigint AS oldest
    FROM tasks WHERE state = 'relayed' GROUP BY queue, relay";

const CALL_BACK: &str = "
    UPDATE tasks SET state = 'ready', relay = NULL, push = NULL, moved_at = clock_timestamp()
    WHERE state = 'relayed' AND ($1 IS NULL OR relay = $1) AND ($2 IS NULL OR queue = $2)
        AND push BETWEEN $3 AND $4
        AND moved_at <= statement_timestamp() - $5 * interval '1 microsecond'";

const HAND_OVER: &str = "
    UPDATE tasks SET state = 'done', ended_at = $6, moved_at = clock_timestamp()
    WHERE state = 'relayed' AND relay = $1 AND push BETWEEN $2 AND $3
        AND (name <> ALL ($4) OR queue = ANY ($5))";

impl PostgresStore {
    pub(super) async fn list_on_their_way(&self) -> Result<Vec<OnTheirWay>, StoreError> {
        let rows = self.pool.all(|| sqlx::query(ON_THEIR_WAY)).await?;
        Ok(each(&rows, on_their_way)?)
    }

    pub(super) async fn make_ready_again(&self, lost: &Lost) -> Result<u64, StoreError> {
        let age = i64::try_from(lost.for_at_least.as_micros()).unwrap_or(i64::MAX);
        let calling_back = || {
            sqlx::query(CALL_BACK)
                .bind(lost.relay.map(WorkerId::as_uuid))
                .bind(lost.queue.as_ref().map(QueueName::as_str))
                .bind(number(*lost.pushes.start()))
                .bind(number(*lost.pushes.end()))
                .bind(age)
        };
        let called_back = self.pool.changed(calling_back).await?;
        if 0 < called_back {
            self.bell.ring();
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
        let now = self.clock.now();
        let ending = || {
            sqlx::query(HAND_OVER)
                .bind(relay.as_uuid())
                .bind(number(*pushes.start()))
                .bind(number(*pushes.end()))
                .bind(&names)
                .bind(&queues)
                .bind(now)
        };
        self.pool.changed(ending).await
    }
}

fn on_their_way(row: &PgRow) -> sqlx::Result<OnTheirWay> {
    Ok(OnTheirWay {
        queue: parsed(row, "queue")?,
        relay: WorkerId::new(row.try_get::<Uuid, _>("relay")?),
        tasks: count(row, "tasks")?,
        last_push: count(row, "last_push")?,
        oldest: Duration::from_micros(u64::try_from(row.try_get::<i64, _>("oldest")?).unwrap_or(0)),
    })
}
