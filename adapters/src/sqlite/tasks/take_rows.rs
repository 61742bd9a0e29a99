//! Takes rows for a worker that was told of them: by messages, or because they are suspects.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::ports::{Lease, Queues, WorkerId};
use domain::tasks::{QueueName, TaskId};
use sqlx::sqlite::SqliteConnection;

use super::lease::{TAKE_SUSPECT, given_back, lease, names_of};
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::writer::{Request, Write};

/// The plus keeps the index of what is relayed out of it: ids are few and that is long.
const TAKE_ROWS: &str = "
    UPDATE tasks SET state = 'running', worker = ?2, fence = ?3, moved = ?4
    WHERE id IN (SELECT value FROM json_each(?1)) AND +state = 'relayed'
    RETURNING *";

impl SqliteStore {
    /// Takes the relayed rows of `ids`, in their order.
    pub(in crate::sqlite) async fn take_rows(
        &self,
        worker: WorkerId,
        ids: &[TaskId],
    ) -> Result<Vec<Lease>, StoreError> {
        self.greet(worker).await?;
        let names: Vec<_> = ids.iter().map(TaskId::as_str).collect();
        let take = self.taking(TAKE_ROWS, &names, worker);
        let mut leases = self.write(take).await?;
        let places: HashMap<&TaskId, usize> = ids.iter().zip(0..).collect();
        leases.sort_by_key(|lease| places.get(&lease.envelope.id).copied());
        Ok(leases)
    }

    /// Takes a suspect of `queues`, if there is one and the worker has none.
    pub(in crate::sqlite) async fn take_one_suspect(
        &self,
        worker: WorkerId,
        queues: &Queues,
    ) -> Result<Option<Lease>, StoreError> {
        self.greet(worker).await?;
        let seen = self.look(worker, &names_of(queues)).await?;
        if !seen.has_suspects {
            return Ok(None);
        }
        let names: Vec<_> = queues.names().iter().map(QueueName::as_str).collect();
        let take = self.taking(TAKE_SUSPECT, &names, worker);
        Ok(self.write(take).await?.into_iter().next())
    }

    fn taking(&self, statement: &'static str, names: &[&str], worker: WorkerId) -> TakeRows {
        TakeRows {
            statement,
            names: serde_json::to_string(names).expect("names serialize"),
            worker,
            now: self.now(),
            moved: self.tick(),
            fence: rand::random(),
        }
    }
}

struct TakeRows {
    statement: &'static str,
    /// What the rows are found by, as a JSON array.
    names: String,
    worker: WorkerId,
    now: i64,
    moved: i64,
    fence: i64,
}

#[async_trait]
impl Write for TakeRows {
    type Answer = Vec<Lease>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Lease>> {
        let rows = sqlx::query(self.statement)
            .bind(&self.names)
            .bind(self.worker.as_uuid())
            .bind(self.fence)
            .bind(self.moved)
            .fetch_all(connection)
            .await?;
        rows.iter().map(lease).collect()
    }

    /// Nobody began these tasks, and nobody will.
    fn undo(&self, leases: Vec<Lease>) -> Option<Box<dyn Request>> {
        given_back(leases, self.now, self.moved)
    }
}
