//! A store on a server: every port of a store, on `PostgreSQL`.
//!
//! Any number of processes on any number of machines may share the database. Statements
//! that wait together share a commit where that matters ([`PostgresWriter`]); nothing that
//! is asked of the server is waited for without a deadline.

mod accounts;
mod address;
mod albums;
mod artists;
mod doorbell;
mod entrance;
mod error;
mod housekeeping;
mod mail_log;
mod mail_pauses;
mod open;
mod outbox;
mod pool;
mod presence;
mod refusal;
mod reminders;
mod schedules;
mod tasks;
mod tokens;
mod values;
mod writer;

pub use address::{Encryption, Host, Password, PostgresAddress};
pub use open::OpenError;
pub use writer::PostgresWriter;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Clock, PortError, Readiness, WorkerId};

use doorbell::Doorbell;
use error::StoreError;
use pool::Pool;
use presence::Presence;
use tasks::Lost;
use writer::Adds;

/// How many connections are kept for the steps of mails.
const STEPS: u32 = 4;

/// Everything the platform keeps, in one database.
///
/// Clones are the same store. No album is added before its [`PostgresWriter`] runs.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    /// A mail that was taken must be stored as sent at once, whoever else waits.
    steps: Pool,
    adds: Adds,
    clock: Arc<dyn Clock>,
    presence: Arc<Presence>,
    bell: Arc<Doorbell>,
    lost: Arc<Lost>,
}

/// What a process may take of the server, and how long silence is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresLimits {
    /// How many connections are open at a time, beside eight with a task of their own.
    pub connections: u32,
    /// How long after its last sign of life a worker counts as dead.
    pub lease: Duration,
}

impl Default for PostgresLimits {
    fn default() -> Self {
        Self {
            connections: 8,
            lease: Duration::from_secs(15),
        }
    }
}

impl PostgresStore {
    /// Opens the store in the database at `address`, making its tables if need be.
    ///
    /// Calendar time is read off `clock`; whether somebody lives is judged by the clock of
    /// the database. Several programs may open one database at the same time. A server that
    /// is not there yet is waited for a while.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]: each names the database, without its password, and what is wrong.
    pub async fn open(
        address: &PostgresAddress,
        limits: PostgresLimits,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, PostgresWriter), OpenError> {
        open::open(address).await?;
        let options = entrance::options(address);
        let pool = Pool::new(options.clone(), limits.connections, address.max_age);
        let bell = Arc::new(Doorbell::default());
        let (adds, writer) = writer::new(&pool, &bell);
        let store = Self {
            steps: pool.beside(STEPS),
            pool,
            adds,
            clock,
            presence: Arc::new(Presence::new(options, limits.lease)),
            bell,
            lost: Arc::default(),
        };
        Ok((store, writer))
    }

    /// Ends the signs of life of `worker`, as the end of its process would.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached.
    pub async fn forget(&self, worker: &WorkerId) -> Result<(), PortError> {
        self.presence
            .forget(*worker)
            .await
            .map_err(|error| error.into_port("forget a worker"))
    }
}

/// Ready when it answers and its writer runs.
#[async_trait]
impl Readiness for PostgresStore {
    async fn ready(&self) -> Result<(), PortError> {
        let fail = |error: StoreError| error.into_port("answer");
        self.adds.check().map_err(fail)?;
        self.pool
            .first(|| sqlx::query("SELECT 1 FROM accounts LIMIT 1"))
            .await
            .map(drop)
            .map_err(fail)
    }
}
