//! Where the store lies, and how it is opened there.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use adapters::postgres::{PostgresAddress, PostgresLimits, PostgresStore};
use adapters::sqlite::SqliteStore;
use domain::ports::Clock;
use tempfile::TempDir;

use super::store::{Store, StoreWriter};
use crate::program::Failure;
use crate::settings::{Database, Settings};

/// Where the store lies.
pub(super) enum Place {
    File(PathBuf),
    /// Gone when the process ends.
    Temporary(TempDir),
    Server(Box<PostgresAddress>),
}

impl Place {
    pub(super) fn of(database: &Database) -> io::Result<Self> {
        Ok(match database {
            Database::Sqlite(path) => Self::File(path.clone()),
            Database::Memory => Self::Temporary(TempDir::with_prefix("backbeat-")?),
            Database::Postgres(address) => Self::Server(address.clone()),
        })
    }

    pub(super) async fn open(
        &self,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<dyn Store>, StoreWriter), Failure> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Temporary(folder) => folder.path().join("backbeat.sqlite3"),
            Self::Server(address) => {
                let limits = PostgresLimits {
                    connections: settings.database_connections,
                    lease: settings.worker.lease,
                };
                let (store, writer) = PostgresStore::open(address, limits, clock).await?;
                return Ok((Arc::new(store), StoreWriter::Postgres(Box::new(writer))));
            }
        };
        let (store, writer) = SqliteStore::open(&path, clock).await?;
        Ok((Arc::new(store), StoreWriter::Sqlite(writer)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Temporary(_) => f.write_str("a temporary file, removed at the end"),
            Self::Server(address) => address.fmt(f),
        }
    }
}
