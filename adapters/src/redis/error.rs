//! What Redis says, as a port says it.

use domain::ports::{PortError, Severity};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Turns what Redis said to `action` into an error of a port.
pub(super) fn failed(action: &'static str) -> impl Fn(RedisError) -> PortError {
    move |error| PortError {
        adapter: "redis",
        action,
        severity: severity(&error),
        source: error.into(),
    }
}

/// Whether asking again may help: unless what was asked is wrong, it may.
///
/// A server that is away, silent, loading, full, read-only, failing over or about to get a
/// new password is not what it will be.
fn severity(error: &RedisError) -> Severity {
    let is_wrong = match error.kind() {
        ErrorKind::Extension => error.code() == Some("WRONGTYPE"),
        ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::InvalidClientConfig
        | ErrorKind::RESP3NotSupported
        | ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::CrossSlot) => true,
        _ => false,
    };
    if is_wrong {
        Severity::Permanent
    } else {
        Severity::Transient
    }
}

/// Whether the connection is of no more use: it is lost or silent, the server was demoted,
/// or it does not know us any more.
pub(super) fn is_of_the_connection(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Io
        | ErrorKind::Parse
        | ErrorKind::AuthenticationFailed
        | ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown) => true,
        _ => matches!(error.code(), Some("NOAUTH" | "WRONGPASS")),
    }
}

#[cfg(test)]
mod tests {
    use redis::make_extension_error;

    use super::*;

    #[test]
    fn what_may_pass_is_transient() {
        for code in [
            "OOM",
            "MISCONF",
            "NOAUTH",
            "WRONGPASS",
            "BUSY",
            "NOREPLICAS",
        ] {
            let error = make_extension_error(code.to_owned(), None);
            assert_eq!(severity(&error), Severity::Transient, "{code}");
        }
        for kind in [
            ServerErrorKind::BusyLoading,
            ServerErrorKind::ReadOnly,
            ServerErrorKind::MasterDown,
            ServerErrorKind::NoScript,
        ] {
            let error = RedisError::from((ErrorKind::Server(kind), "said so"));
            assert_eq!(severity(&error), Severity::Transient, "{kind:?}");
        }
        let silent = std::io::Error::from(std::io::ErrorKind::TimedOut);
        assert_eq!(severity(&silent.into()), Severity::Transient);
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        let wrong = make_extension_error("WRONGTYPE".to_owned(), None);
        assert_eq!(severity(&wrong), Severity::Permanent);
        let script = (
            ErrorKind::Server(ServerErrorKind::ResponseError),
            "a script failed",
        );
        assert_eq!(severity(&script.into()), Severity::Permanent);
    }

    #[test]
    fn a_demoted_server_is_left() {
        let demoted = (ErrorKind::Server(ServerErrorKind::ReadOnly), "replica");
        assert!(is_of_the_connection(&demoted.into()));
        let unknown = make_extension_error("NOAUTH".to_owned(), None);
        assert!(is_of_the_connection(&unknown));
        let full = make_extension_error("OOM".to_owned(), None);
        assert!(!is_of_the_connection(&full));
    }
}
