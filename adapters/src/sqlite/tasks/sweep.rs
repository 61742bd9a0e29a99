//! Takes back what dead workers held.

use async_trait::async_trait;
use domain::ports::WorkerId;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::MOST_PER_WRITE;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::presence::Arrival;
use crate::sqlite::writer::Write;

impl SqliteStore {
    /// Notes that `worker` lives. At its arrival the dead are looked for at once, so that
    /// the work of a killed process goes on when the next one starts.
    pub(super) async fn greet(&self, worker: WorkerId) -> Result<(), StoreError> {
        if self.presence.arrive(worker)? == Arrival::New {
            self.sweep().await?;
            self.presence.clear()?;
        }
        Ok(())
    }

    /// Notes that `worker` lives, and looks for the dead in any case.
    pub(super) async fn greet_and_sweep(&self, worker: WorkerId) -> Result<usize, StoreError> {
        self.presence.arrive(worker)?;
        self.sweep().await
    }

    /// Makes suspects of the tasks that dead workers held; answers how many.
    async fn sweep(&self) -> Result<usize, StoreError> {
        let workers: Vec<Uuid> =
            sqlx::query_scalar("SELECT DISTINCT worker FROM tasks WHERE state = 'running'")
                .fetch_all(&self.readers)
                .await?;
        let mut taken_back = 0;
        for worker in workers.into_iter().map(WorkerId::new) {
            if self.presence.is_dead(worker)? {
                taken_back += self.take_back_from(worker).await?;
            }
        }
        Ok(taken_back)
    }

    async fn take_back_from(&self, worker: WorkerId) -> Result<usize, StoreError> {
        let mut taken_back = 0;
        loop {
            let moved = self.tick();
            let step = self.write(TakeBack { worker, moved }).await?;
            taken_back += step;
            if step > 0 {
                self.bell.notify_waiters();
            }
            if step < MOST_PER_WRITE {
                return Ok(taken_back);
            }
        }
    }
}

struct TakeBack {
    worker: WorkerId,
    moved: i64,
}

#[async_trait]
impl Write for TakeBack {
    type Answer = usize;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<usize> {
        let taken_back = sqlx::query(
            "UPDATE tasks SET state = 'suspect', crashes = crashes + 1, worker = NULL, moved = ?
             WHERE seq IN (SELECT seq FROM tasks WHERE state = 'running' AND worker = ? LIMIT 1000)",
        )
        .bind(self.moved)
        .bind(self.worker.as_uuid())
        .execute(connection)
        .await?;
        Ok(usize::try_from(taken_back.rows_affected()).unwrap_or(usize::MAX))
    }
}
