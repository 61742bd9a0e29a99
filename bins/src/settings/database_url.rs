//! `DATABASE_URL`, in the forms and with the meaning of django-environ.

mod postgres;

use std::path::PathBuf;
use std::str::FromStr;

use adapters::postgres::PostgresAddress;

use super::percent;

/// The schemes that name a `PostgreSQL` database.
const POSTGRES: [&str; 5] = ["postgres", "postgresql", "psql", "pgsql", "postgis"];

/// Where albums, accounts and tasks are kept.
///
/// `sqlite:///x` is relative to the working directory, `sqlite:////x` absolute;
/// `sqlite://` and `sqlite://:memory:` are a database in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// An `SQLite` file.
    Sqlite(PathBuf),
    /// An `SQLite` database that ends with the process and cannot be shared with another.
    Memory,
    /// A database on a `PostgreSQL` server.
    Postgres(Box<PostgresAddress>),
}

/// Why a text names no database of ours. None of them shows the text: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// There is no `scheme://` at the front.
    #[error(
        "is not a URL; write for example sqlite:///var/backbeat.sqlite3 \
         or postgres://user:password@host:5432/database"
    )]
    NoScheme,
    /// A kind of database that we do not know.
    #[error(
        "unsupported scheme {0}; supported: postgres, postgresql, psql, pgsql, and sqlite, \
         as in sqlite:///var/backbeat.sqlite3"
    )]
    UnsupportedScheme(String),
    /// Two slashes and then a name, which Django would take for a host and ignore.
    #[error(
        "has two slashes before the file; write three for a file relative to the working \
         directory (sqlite:///x.sqlite3), four for an absolute one (sqlite:////srv/x.sqlite3)"
    )]
    TwoSlashes,
    /// Three slashes and then nothing.
    #[error("names no file; write for example sqlite:///x.sqlite3, or sqlite://:memory:")]
    NoFile,
    /// A `?key=value`.
    #[error("the parameter {0} is not known; SQLite takes none here: remove all from the ? on")]
    UnknownParameter(String),
    /// A server without one of its databases.
    #[error("names no database; write for example postgres://user:password@host:5432/database")]
    NoDatabase,
    /// A port that is none, as it looks when the password holds a `/`.
    #[error(
        "has no port from 1 to 65535 behind its last colon; in a password write / as %2F, \
         : as %3A, ? as %3F, @ as %40"
    )]
    Port,
    /// More than one host.
    #[error("names several hosts; write one, such as a name that follows the server that leads")]
    SeveralHosts,
    /// No `sslmode` of `PostgreSQL`.
    #[error(
        "has an sslmode that is none of disable, allow, prefer, require, verify-ca, verify-full"
    )]
    SslMode,
    /// No age.
    #[error("has a conn_max_age that is no number of seconds; write for example conn_max_age=600")]
    MaxAge,
    /// A `?key=value` of another program.
    #[error(
        "the parameter {0} is not known; PostgreSQL takes host, port, user, password, dbname, \
         sslmode, sslrootcert and conn_max_age here"
    )]
    UnknownPostgresParameter(String),
    /// A `?` followed by what is no parameter, as it looks when the password holds one.
    #[error("what follows its ? is no parameter; in a password write ? as %3F")]
    UnreadableParameter,
    /// A `#`, which would end the path unseen.
    #[error("holds a #; write it as %23")]
    Fragment,
    /// A path that is not UTF-8 or holds control characters once it is decoded.
    #[error("what is percent-encoded is not readable text; encode it as UTF-8")]
    Undecodable,
}

impl FromStr for Database {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(DatabaseUrlError::NoScheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite(rest),
            postgres if POSTGRES.contains(&postgres) => postgres::database(rest),
            other if is_scheme(other) => Err(DatabaseUrlError::UnsupportedScheme(other.into())),
            _ => Err(DatabaseUrlError::NoScheme),
        }
    }
}

fn sqlite(rest: &str) -> Result<Database, DatabaseUrlError> {
    if rest.contains('#') {
        return Err(DatabaseUrlError::Fragment);
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if let Some(pair) = query.split('&').find(|it| !it.is_empty()) {
        let key = pair.split('=').next().unwrap_or(pair);
        return Err(DatabaseUrlError::UnknownParameter(
            key.escape_debug().collect(),
        ));
    }
    if matches!(place, "" | ":memory:" | "/:memory:") {
        return Ok(Database::Memory);
    }
    let path = place
        .strip_prefix('/')
        .ok_or(DatabaseUrlError::TwoSlashes)?;
    match percent::decoded(path).ok_or(DatabaseUrlError::Undecodable)? {
        path if path.trim_matches('/').is_empty() => Err(DatabaseUrlError::NoFile),
        path => Ok(Database::Sqlite(path.into())),
    }
}

/// Whether `text` is short and plain enough to be shown.
fn is_scheme(text: &str) -> bool {
    (1..=24).contains(&text.len())
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "+-._".contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_has_djangos_meaning() {
        let file = |path: &str| Ok(Database::Sqlite(path.into()));
        for (written, meant) in [
            ("sqlite:///db.sqlite3", file("db.sqlite3")),
            ("SQLite:///var/db.sqlite3", file("var/db.sqlite3")),
            ("sqlite:////abs/db.sqlite3", file("/abs/db.sqlite3")),
            ("sqlite:///a%20b%23c%3Fd.db", file("a b#c?d.db")),
            ("sqlite:///x.db?", file("x.db")),
            ("sqlite://", Ok(Database::Memory)),
            ("sqlite://:memory:", Ok(Database::Memory)),
            ("sqlite:///:memory:", Ok(Database::Memory)),
            ("sqlite://db.sqlite3", Err(DatabaseUrlError::TwoSlashes)),
            (
                "sqlite://localhost/db.sqlite3",
                Err(DatabaseUrlError::TwoSlashes),
            ),
            ("sqlite:///", Err(DatabaseUrlError::NoFile)),
            ("sqlite:///a#b", Err(DatabaseUrlError::Fragment)),
            ("sqlite:///%FF", Err(DatabaseUrlError::Undecodable)),
            (
                "sqlite:///x?mode=ro&y=1",
                Err(DatabaseUrlError::UnknownParameter("mode".into())),
            ),
        ] {
            assert_eq!(written.parse::<Database>(), meant, "{written}");
        }
    }

    #[test]
    fn what_is_not_ours_is_refused_without_its_password() {
        for (written, said) in [
            (
                "mysql://u:hunter2@h/db",
                "unsupported scheme mysql; supported: postgres, postgresql",
            ),
            ("u:hunter2 @://x", "is not a URL"),
            ("sqlite://u:hunter2@h/db", "two slashes"),
            ("sqlite:hunter2", "for example sqlite:///"),
            ("", "for example sqlite:///"),
        ] {
            let error = written.parse::<Database>().expect_err(written).to_string();

            assert!(error.contains(said), "{written}: {error}");
            assert!(!error.contains("hunter2"), "{written}: {error}");
        }
    }
}
