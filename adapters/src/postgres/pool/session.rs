//! A connection that is lent, for one statement or a transaction.

use std::sync::Arc;

use sqlx::Executor as _;
use sqlx::postgres::PgRow;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::{Connections, Open, Statement, in_time};
use crate::postgres::error::StoreError;

/// A connection that is lent. It goes back to the pool as long as all that was asked of it
/// was answered; else it is closed, and whatever was going on there is undone.
pub(in crate::postgres) struct Session {
    open: Option<Open>,
    is_midway: bool,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Session {
    pub(super) fn of(open: Open, home: &Arc<Connections>, permit: OwnedSemaphorePermit) -> Self {
        Self {
            open: Some(open),
            is_midway: false,
            home: Arc::clone(home),
            _permit: permit,
        }
    }

    /// The rows that `statement` yields.
    pub(in crate::postgres) async fn all(
        &mut self,
        statement: Statement<'_>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut open = self.open.take().ok_or(StoreError::Stopped)?;
        let rows = in_time(statement.fetch_all(&mut open.connection)).await;
        self.keep_after(&rows, open);
        rows
    }

    /// How many rows `statement` changes.
    pub(in crate::postgres) async fn changed(
        &mut self,
        statement: Statement<'_>,
    ) -> Result<u64, StoreError> {
        let mut open = self.open.take().ok_or(StoreError::Stopped)?;
        let done = in_time(statement.execute(&mut open.connection)).await;
        self.keep_after(&done, open);
        Ok(done?.rows_affected())
    }

    /// Begins a transaction; what is not committed is undone when the session ends.
    pub(in crate::postgres) async fn begin(&mut self) -> Result<(), StoreError> {
        self.is_midway = true;
        self.say("BEGIN").await
    }

    /// Begins to look at the store as it is now, however often.
    pub(in crate::postgres) async fn begin_looking(&mut self) -> Result<(), StoreError> {
        self.is_midway = true;
        self.say("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
    }

    /// Ends what was begun: keeps it when all of it was `done`, else undoes it.
    pub(in crate::postgres) async fn end<T>(
        mut self,
        done: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let words = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.say(words).await;
        self.is_midway = ended.is_err();
        let done = done?;
        ended.map(|()| done)
    }

    async fn say(&mut self, words: &'static str) -> Result<(), StoreError> {
        let mut open = self.open.take().ok_or(StoreError::Stopped)?;
        let said = in_time(open.connection.execute(words)).await;
        self.keep_after(&said, open);
        said.map(drop)
    }

    /// A future that is dropped on the way never gets here: its connection is dropped with it.
    fn keep_after<T>(&mut self, ended: &Result<T, StoreError>, open: Open) {
        match ended {
            Err(error) if !error.leaves_connection() => self.home.server.doubt(),
            _ => self.open = Some(open),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(mut open) = self.open.take()
            && !self.is_midway
        {
            open.used_at = Instant::now();
            self.home.idle().push(open);
        }
    }
}
