//! Opens the file: folders, connections, tables.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqlSafeStr as _, SqlitePool};
use tokio::time::{Instant, sleep};

use super::error;
use super::turnstile::Turnstile;

const READERS: u32 = 4;
/// How long a statement waits for another process.
const BUSY_FOR: Duration = Duration::from_secs(5);
/// How long opening waits for others that open at the same time.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the file could not be made.
    #[error("the folder {} could not be made", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("the file {} is no SQLite database", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// The file may be read but not written.
    #[error("the database {} may not be written", path.display())]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// The tables are those of a later release.
    #[error(
        "the database {} was written by a newer version of this program (it has migration {migration}, this version knows up to {known})",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The first migration that is not known.
        migration: i64,
        /// The last that is.
        known: i64,
    },
    /// The tables could not be brought up to date.
    #[error("the tables of the database {} could not be brought up to date", path.display())]
    Migrate {
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: Box<MigrateError>,
    },
    /// The file could not be opened.
    #[error("the database {} could not be opened", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: sqlx::Error,
    },
}

pub(super) async fn open(path: &Path) -> Result<(SqlitePool, SqliteConnection), OpenError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| OpenError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    make_private(path);
    let mut writer = connected(path).await?;
    migrated(path, &mut writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY_FOR)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options(path).pragma("query_only", "on"));
    Ok((readers, writer))
}

/// Where the processes that share the database `path` take turns, with its locks in `folder`.
pub(super) fn turnstile(path: &Path, folder: &Path) -> Result<Turnstile, OpenError> {
    Turnstile::inside(folder).map_err(|error| OpenError::Open {
        path: path.to_owned(),
        source: sqlx::Error::Io(error),
    })
}

/// Makes the file if it is not there, for its owner alone: it holds addresses. What `SQLite`
/// puts beside it later takes after it.
fn make_private(path: &Path) {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    // If it cannot be made, opening it says why in better words.
    let _ = options.open(path);
}

/// Two programs that turn one new file to WAL at the same moment do not wait for each
/// other: `SQLite` refuses one of them at once, so it asks again.
async fn connected(path: &Path) -> Result<SqliteConnection, OpenError> {
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let deadline = Instant::now() + OPEN_WITHIN;
    loop {
        match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(unopened(path, error)),
        }
    }
}

async fn migrated(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let deadline = Instant::now() + OPEN_WITHIN;
    loop {
        match migrate(connection).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::Execute(error)) if is_busy(&error) && Instant::now() < deadline => {}
            Err(MigrateError::Execute(error)) => return Err(unopened(path, error)),
            Err(MigrateError::VersionMissing(migration)) => {
                return Err(OpenError::Newer {
                    path: path.to_owned(),
                    migration,
                    known: migrations().last().map_or(0, |last| last.version),
                });
            }
            Err(source) => {
                return Err(OpenError::Migrate {
                    path: path.to_owned(),
                    source: Box::new(source),
                });
            }
        }
    }
}

/// All in one transaction that begins with the right to write, so that of several
/// programs one migrates and the others find it done.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let migrator = Migrator::with_migrations(migrations());
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}

/// In ascending order; never edited once released.
const MIGRATIONS: [(i64, &str, &str); 5] = [
    (
        1,
        "first tables",
        include_str!("../../migrations/sqlite/0001_first_tables.sql"),
    ),
    (
        2,
        "schedules",
        include_str!("../../migrations/sqlite/0002_schedules.sql"),
    ),
    (
        3,
        "reminders",
        include_str!("../../migrations/sqlite/0003_reminders.sql"),
    ),
    (
        4,
        "mail pauses",
        include_str!("../../migrations/sqlite/0004_mail_pauses.sql"),
    ),
    (
        5,
        "relay",
        include_str!("../../migrations/sqlite/0005_relay.sql"),
    ),
];

fn migrations() -> Vec<Migration> {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        let (name, sql) = (name.into(), sql.into_sql_str());
        Migration::new(version, name, MigrationType::Simple, sql, false)
    };
    MIGRATIONS.into_iter().map(migration).collect()
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_FOR)
        .pragma("cache_size", "-8192")
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        .row_buffer_size(512)
        .disable_statement_logging()
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error::code(error), Some(error::BUSY | error::LOCKED))
}

fn unopened(path: &Path, error: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match error::code(&error) {
        Some(error::NOT_A_DATABASE) => OpenError::NotADatabase { path },
        Some(error::READ_ONLY) => OpenError::ReadOnly { path },
        _ => OpenError::Open {
            path,
            source: error,
        },
    }
}
