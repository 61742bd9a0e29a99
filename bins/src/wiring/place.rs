//! Where the store lies.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::settings::Database;

/// Where the store lies.
pub(super) enum Place {
    File(PathBuf),
    /// Gone when the process ends.
    Temporary(TempDir),
}

impl Place {
    pub(super) fn of(database: &Database) -> io::Result<Self> {
        Ok(match database {
            Database::Sqlite(path) => Self::File(path.clone()),
            Database::Memory => Self::Temporary(TempDir::with_prefix("backbeat-")?),
        })
    }

    pub(super) fn file(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Temporary(folder) => folder.path().join("backbeat.sqlite3"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Temporary(_) => f.write_str("a temporary file, removed at the end"),
        }
    }
}
