//! Opens the database: waits for the server, and sees to it that the tables are there.

use std::time::Duration;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep, timeout};

use super::address::PostgresAddress;
use super::entrance::{self, entrance};
use super::error::StoreError;
use super::pool;
use super::refusal::{advised, is_worth_waiting};

/// How long a server that is not there yet is waited for.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// How long tables may take to be brought up to date, by us or by somebody else.
const MIGRATED_WITHIN: Duration = Duration::from_mins(10);

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The tables are those of a later release.
    #[error(
        "the database {address} was written by a newer version of this program (it has migration {migration}, this version knows up to {known})"
    )]
    Newer {
        /// Which database.
        address: String,
        /// The first migration that is not known.
        migration: i64,
        /// The last that is.
        known: i64,
    },
    /// The tables could not be brought up to date.
    #[error("the tables of the database {address} could not be brought up to date")]
    Migrate {
        /// Which database.
        address: String,
        /// What happened.
        source: Box<MigrateError>,
    },
    /// The database could not be entered.
    #[error("the database {address} could not be opened")]
    Open {
        /// Which database.
        address: String,
        /// What happened.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Brings the tables of the database to the form this version needs.
pub(super) async fn open(address: &PostgresAddress) -> Result<(), OpenError> {
    let mut connection = connected(address).await?;
    let migrator = Migrator::with_migrations(migrations());
    // Whoever comes first holds a lock of the whole database; the others find the work done.
    let migrated = migrator.run_direct(None, &mut connection, false);
    let migrated = timeout(MIGRATED_WITHIN, migrated)
        .await
        .map_err(|_| refused(address, StoreError::Silent))?;
    migrated.map_err(|error| match error {
        MigrateError::VersionMissing(migration) => OpenError::Newer {
            address: address.to_string(),
            migration,
            known: migrations().last().map_or(0, |last| last.version),
        },
        source => OpenError::Migrate {
            address: address.to_string(),
            source: Box::new(source),
        },
    })
}

/// A connection whose statements may take their time. A server that is about to start, or
/// starts together with us, is waited for.
async fn connected(address: &PostgresAddress) -> Result<PgConnection, OpenError> {
    entrance::check(address).map_err(|error| refused(address, error))?;
    let options = entrance(address);
    let deadline = Instant::now() + OPEN_WITHIN;
    let mut has_said_so = false;
    loop {
        let error = match pool::connected(&options).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if !is_worth_waiting(&error) || deadline <= Instant::now() {
            return Err(refused(address, advised(error, address)));
        }
        if !has_said_so {
            has_said_so = true;
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database {address} cannot be reached yet: trying again for {} s",
                OPEN_WITHIN.as_secs()
            );
        }
        sleep(BETWEEN_TRIES).await;
    }
}

fn refused(
    address: &PostgresAddress,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> OpenError {
    OpenError::Open {
        address: address.to_string(),
        source: source.into(),
    }
}

/// In ascending order; never edited once released.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (
        1,
        "first tables",
        include_str!("../../migrations/postgres/0001_first_tables.sql"),
    ),
    (
        2,
        "relay",
        include_str!("../../migrations/postgres/0002_relay.sql"),
    ),
];

fn migrations() -> Vec<Migration> {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        let (name, sql) = (name.into(), sql.into_sql_str());
        Migration::new(version, name, MigrationType::Simple, sql, false)
    };
    MIGRATIONS.into_iter().map(migration).collect()
}
