//! Opens the database: how connections are made, and that the tables are there.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, SqlSafeStr as _};
use tokio::time::{Instant, sleep, timeout};

use domain::ports::Severity;

use super::address::{Encryption, Host, PostgresAddress};
use super::error::StoreError;
use super::pool;

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
        .map_err(|_| unopened(address, StoreError::Silent))?;
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
    let options = entrance(address);
    let deadline = Instant::now() + OPEN_WITHIN;
    let mut has_said_so = false;
    loop {
        let error = match pool::connected(&options).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if !is_worth_waiting(&error) || deadline <= Instant::now() {
            return Err(unopened(address, error));
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

/// A wrong password does not mend itself while somebody looks at the screen.
fn is_worth_waiting(error: &StoreError) -> bool {
    let is_refused = |error: &sqlx::Error| {
        error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code.starts_with("28") || code == "3D000")
    };
    match error {
        StoreError::Sql(error) if is_refused(error) => false,
        StoreError::Sql(error) if matches!(error.as_ref(), sqlx::Error::Tls(_)) => false,
        error => error.severity() == Severity::Transient,
    }
}

fn unopened(address: &PostgresAddress, error: StoreError) -> OpenError {
    OpenError::Open {
        address: address.to_string(),
        source: error.into(),
    }
}

/// How connections are made, each with limits that the server keeps as well: a statement that
/// outlives them ends, and so does a session whose process is gone or silent.
pub(super) fn options(address: &PostgresAddress) -> PgConnectOptions {
    entrance(address).options([
        ("statement_timeout", "4500"),
        ("lock_timeout", "4000"),
        ("idle_in_transaction_session_timeout", "10000"),
        ("tcp_keepalives_idle", "10"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "25000"),
    ])
}

fn entrance(address: &PostgresAddress) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .port(address.port)
        .database(&address.database)
        .application_name("backbeat")
        .ssl_mode(ssl_mode(address.encryption))
        .options([("client_min_messages", "warning")])
        .disable_statement_logging();
    let options = match &address.host {
        Host::Network(name) => options.host(name),
        Host::Socket(folder) => options.socket(folder),
    };
    let options = match &address.user {
        Some(user) => options.username(user),
        None => options,
    };
    let options = match &address.password {
        Some(password) => options.password(password.reveal()),
        None => options,
    };
    match &address.root_certificate {
        Some(path) => options.ssl_root_cert(path),
        None => options,
    }
}

fn ssl_mode(encryption: Encryption) -> PgSslMode {
    match encryption {
        Encryption::Disable => PgSslMode::Disable,
        Encryption::Allow => PgSslMode::Allow,
        Encryption::Prefer => PgSslMode::Prefer,
        Encryption::Require => PgSslMode::Require,
        Encryption::VerifyCa => PgSslMode::VerifyCa,
        Encryption::VerifyFull => PgSslMode::VerifyFull,
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
