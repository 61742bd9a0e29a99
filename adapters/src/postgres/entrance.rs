//! How connections to the server are made.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::address::{Encryption, Host, PostgresAddress};

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

/// How the first connection is made, whose statements may take their time.
pub(super) fn entrance(address: &PostgresAddress) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .port(address.port)
        .database(&address.database)
        .application_name("backbeat")
        .ssl_mode(ssl_mode(address))
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

/// What `psql` means by these words, as far as sqlx has a word for it.
fn ssl_mode(address: &PostgresAddress) -> PgSslMode {
    // A socket is never encrypted, whatever is asked for.
    if let Host::Socket(_) = address.host {
        return PgSslMode::Disable;
    }
    match address.encryption {
        Encryption::Disable => PgSslMode::Disable,
        // The allow of sqlx never encrypts, and would not get in where that is asked for.
        Encryption::Allow | Encryption::Prefer => PgSslMode::Prefer,
        // Who says whom to trust does not want just anybody.
        Encryption::Require if address.root_certificate.is_some() => PgSslMode::VerifyCa,
        Encryption::Require => PgSslMode::Require,
        Encryption::VerifyCa => PgSslMode::VerifyCa,
        Encryption::VerifyFull => PgSslMode::VerifyFull,
    }
}

/// A file of authorities that is needed and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the file {path} of sslrootcert cannot be read", path = .path.display())]
pub(super) struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

/// Looks for the file of authorities, if it is needed: later its absence would look like that
/// of the server.
pub(super) fn check(address: &PostgresAddress) -> Result<(), Unreadable> {
    let verifies = matches!(
        ssl_mode(address),
        PgSslMode::VerifyCa | PgSslMode::VerifyFull
    );
    match &address.root_certificate {
        Some(path) if verifies => File::open(path).map(drop).map_err(|source| Unreadable {
            path: path.clone(),
            source,
        }),
        _ => Ok(()),
    }
}
