//! What goes wrong with the file, and whether asking again may help.

use std::io;
use std::sync::Arc;

use domain::ports::{PortError, Severity};

/// Why the store did not do as it was asked. One failed commit fails many: hence shared.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("too much is waiting to be written")]
    Overloaded,
    #[error("the writer of the store has stopped")]
    Stopped,
    #[error(transparent)]
    Sql(Arc<sqlx::Error>),
    #[error("a lock file beside the database could not be used")]
    Lock(#[source] Arc<io::Error>),
}

impl StoreError {
    pub(super) fn into_port(self, action: &'static str) -> PortError {
        PortError {
            adapter: "sqlite",
            action,
            severity: self.severity(),
            source: Box::new(self),
        }
    }

    /// Whether this is the refusal of a second row with the same `column` ("table.column").
    pub(super) fn is_taken(&self, column: &str) -> bool {
        self.database().is_some_and(|error| {
            error.is_unique_violation()
                && error
                    .message()
                    .split([':', ','])
                    .any(|part| part.trim() == column)
        })
    }

    /// Whether this is the refusal of a row that speaks of another that does not exist.
    pub(super) fn is_orphan(&self) -> bool {
        self.database()
            .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
    }

    fn severity(&self) -> Severity {
        match self {
            Self::Overloaded | Self::Stopped | Self::Lock(_) => Severity::Transient,
            Self::Sql(error) => severity(error),
        }
    }

    fn database(&self) -> Option<&dyn sqlx::error::DatabaseError> {
        match self {
            Self::Sql(error) => error.as_database_error(),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(Arc::new(error))
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Lock(Arc::new(error))
    }
}

/// The primary result code of `SQLite`, see <https://www.sqlite.org/rescode.html>.
pub(super) fn code(error: &sqlx::Error) -> Option<u32> {
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

pub(super) const BUSY: u32 = 5;
pub(super) const LOCKED: u32 = 6;
const NO_MEMORY: u32 = 7;
pub(super) const READ_ONLY: u32 = 8;
const INTERRUPTED: u32 = 9;
const IO: u32 = 10;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const PROTOCOL: u32 = 15;
pub(super) const NOT_A_DATABASE: u32 = 26;

fn severity(error: &sqlx::Error) -> Severity {
    let may_pass = match error {
        sqlx::Error::Database(_) => matches!(
            code(error),
            Some(
                BUSY | LOCKED
                    | NO_MEMORY
                    | READ_ONLY
                    | INTERRUPTED
                    | IO
                    | FULL
                    | CANNOT_OPEN
                    | PROTOCOL
            )
        ),
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    };
    if may_pass {
        Severity::Transient
    } else {
        Severity::Permanent
    }
}
