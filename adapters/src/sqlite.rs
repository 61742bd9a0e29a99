//! A store in one file: every port of a store, on `SQLite`.
//!
//! One connection writes, taking all who wait into one commit ([`SqliteWriter`]); a few
//! others read. Any number of processes on one machine may share the file.

mod accounts;
mod albums;
mod artists;
mod error;
mod housekeeping;
mod mail_log;
mod mail_pauses;
mod open;
mod outbox;
mod presence;
mod reminders;
mod schedules;
mod tasks;
mod tokens;
mod turnstile;
mod values;
mod writer;

pub use open::OpenError;
pub use writer::SqliteWriter;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use chrono::Utc;
use domain::ports::{Clock, PortError, Readiness, WorkerId};
use sqlx::SqlitePool;
use tokio::sync::Notify;

use error::StoreError;
use presence::Presence;
use writer::{LET_IN_WITHIN, Write, Writes};

/// Everything the platform keeps, in one file.
///
/// Clones are the same store. Nothing is written before its [`SqliteWriter`] runs.
#[derive(Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    writes: Writes,
    clock: Arc<dyn Clock>,
    presence: Arc<Presence>,
    bell: Arc<Notify>,
    ticks: Arc<AtomicI64>,
}

impl SqliteStore {
    /// Opens the store in the file `path`, making the file, its folders and its tables if need be.
    ///
    /// Calendar time is read off `clock`. The store works for as long as the writer runs.
    /// Several programs may open one file at the same time.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]: each names the file and what is wrong with it.
    pub async fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, SqliteWriter), OpenError> {
        let (readers, connection) = open::open(path).await?;
        let presence = Presence::beside(path);
        let turnstile = open::turnstile(path, presence.folder())?;
        let (entrance, writer) = writer::new(connection, turnstile);
        let store = Self {
            readers,
            writes: entrance,
            clock,
            presence: Arc::new(presence),
            bell: Arc::new(Notify::new()),
            ticks: Arc::default(),
        };
        Ok((store, writer))
    }

    /// Drops the sign of life of `worker`, as the end of its process would.
    pub fn forget(&self, worker: &WorkerId) {
        self.presence.forget(*worker);
    }

    async fn write<W: Write>(&self, write: W) -> Result<W::Answer, StoreError> {
        self.writes.send(write, LET_IN_WITHIN).await
    }

    /// The present instant as it is stored.
    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    /// A number greater than any before it, also across restarts unless the machine's clock
    /// goes back: orders what happens within one instant of the platform's clock.
    fn tick(&self) -> i64 {
        let wall = Utc::now().timestamp_micros();
        let next = |last: i64| wall.max(last + 1);
        let ticked = self
            .ticks
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(next(last))
            });
        ticked.map_or(wall, next)
    }
}

/// Ready when it can be read and its writer runs.
#[async_trait]
impl Readiness for SqliteStore {
    async fn ready(&self) -> Result<(), PortError> {
        let fail = |error: StoreError| error.into_port("answer");
        self.writes.check().map_err(fail)?;
        sqlx::query("SELECT 1 FROM accounts LIMIT 1")
            .fetch_optional(&self.readers)
            .await
            .map(drop)
            .map_err(|error| fail(error.into()))
    }
}

#[cfg(test)]
mod tests;
