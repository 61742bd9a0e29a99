//! What goes wrong on the way to the server, and whether asking again may help.

use std::sync::Arc;

use domain::ports::{PortError, Severity};
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// Why the store did not do as it was asked. One failed commit fails many: hence shared.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("too much is waiting for the database")]
    Overloaded,
    #[error("the writer of the store has stopped")]
    Stopped,
    #[error("the database did not answer in time")]
    Silent,
    #[error("somebody else was about to store the same")]
    Overtaken,
    #[error("{}", told(.0))]
    Sql(Arc<sqlx::Error>),
}

impl StoreError {
    pub(super) fn into_port(self, action: &'static str) -> PortError {
        PortError {
            adapter: "postgres",
            action,
            severity: self.severity(),
            source: Box::new(self),
        }
    }

    /// Whether this is the refusal of a second row by the unique `constraint`.
    pub(super) fn is_taken(&self, constraint: &str) -> bool {
        self.database()
            .is_some_and(|error| error.code() == "23505" && error.constraint() == Some(constraint))
    }

    /// Whether this is the refusal of a row that speaks of another that does not exist.
    pub(super) fn is_orphan(&self) -> bool {
        self.database().is_some_and(|error| error.code() == "23503")
    }

    /// Whether two got into each other's way, and nothing of this one has happened.
    pub(super) fn is_collision(&self) -> bool {
        matches!(self, Self::Overtaken)
            || self
                .database()
                .is_some_and(|error| matches!(error.code(), "40001" | "40P01"))
    }

    /// Whether whoever asks anything else now would hear the same.
    pub(super) fn is_about_the_server(&self) -> bool {
        self.severity() == Severity::Transient && !self.is_collision()
    }

    /// Whether the connection can be used afterwards.
    pub(super) fn leaves_connection(&self) -> bool {
        matches!(self, Self::Overtaken)
            || self.database().is_some_and(|error| {
                !matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
            })
    }

    pub(super) fn severity(&self) -> Severity {
        let may_pass = match self {
            Self::Overloaded | Self::Stopped | Self::Silent | Self::Overtaken => true,
            Self::Sql(error) => match error.as_ref() {
                sqlx::Error::Database(error) => may_pass(&error.code().unwrap_or_default()),
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::BeginFailed
                | sqlx::Error::WorkerCrashed => true,
                _ => false,
            },
        };
        if may_pass {
            Severity::Transient
        } else {
            Severity::Permanent
        }
    }

    fn database(&self) -> Option<&PgDatabaseError> {
        match self {
            Self::Sql(error) => error.as_database_error()?.try_downcast_ref(),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(Arc::new(error))
    }
}

/// What happened, once: sqlx says the cause in its own words, and names it again as the cause.
fn told(error: &sqlx::Error) -> String {
    match error {
        // It would add a line number in the server's source.
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

/// Whether what an SQLSTATE speaks of may pass, see
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn may_pass(sqlstate: &str) -> bool {
    /// The database may only be read: it is a standby that may be promoted.
    const READ_ONLY: &str = "25006";
    /// The password is wrong or the database missing: that may be mended while we run.
    const NO_ENTRANCE: [&str; 3] = ["28000", "28P01", "3D000"];
    /// Something was not free in time.
    const IN_USE: [&str; 2] = ["55006", "55P03"];
    /// Lost connections, collisions, no resources, operators' interventions, system errors,
    /// and internal ones, which the next backend need not have.
    const CLASSES: [&str; 6] = ["08", "40", "53", "57", "58", "XX"];

    sqlstate == READ_ONLY
        || NO_ENTRANCE.contains(&sqlstate)
        || IN_USE.contains(&sqlstate)
        || CLASSES.iter().any(|class| sqlstate.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_by_its_sqlstate() {
        for (sqlstate, passes, what) in [
            ("08006", true, "connection failure"),
            ("25006", true, "read-only transaction"),
            ("28P01", true, "invalid password"),
            ("40001", true, "serialization failure"),
            ("40P01", true, "deadlock"),
            ("53100", true, "disk full"),
            ("53200", true, "out of memory"),
            ("53300", true, "too many connections"),
            ("55P03", true, "lock not available"),
            ("57014", true, "statement cancelled by its timeout"),
            ("57P01", true, "shut down by an operator"),
            ("57P02", true, "crash of another backend"),
            ("57P03", true, "not accepting connections yet"),
            ("58030", true, "I/O error"),
            ("XX000", true, "internal error"),
            ("22001", false, "too long"),
            ("22021", false, "no text"),
            ("23502", false, "missing value"),
            ("23503", false, "missing row"),
            ("23505", false, "second row"),
            ("23514", false, "value out of bounds"),
            ("42501", false, "no right to"),
            ("42601", false, "not SQL"),
            ("42P01", false, "missing table"),
            ("", false, "nothing at all"),
        ] {
            assert_eq!(may_pass(sqlstate), passes, "{sqlstate}: {what}");
        }
    }
}
