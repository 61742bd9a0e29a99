//! What keeps us out of a database for good, and what helps.

use domain::ports::Severity;
use rustls::CertificateError;
use sqlx::error::DatabaseError;

use super::address::{Encryption, Host, PostgresAddress};
use super::error::StoreError;

const STRANGER: &str = "its certificate is signed by nobody who is trusted here; name the file with the certificate of its authority, as in ?sslrootcert=/etc/ssl/authority.pem";
const OTHER_HOST: &str = "its certificate is for another host; write the host in DATABASE_URL as the certificate names it";
/// The certificate that `openssl req -x509` makes when it is told nothing else.
const AUTHORITY: &str = "its certificate is that of an authority, not of a server; make it another with CA:FALSE among its basic constraints";
const IN_CLEAR: &str =
    "it does not take this user in clear; ?sslmode=require would encrypt the session";

/// A refusal, after what an operator can do about it.
#[derive(Debug, thiserror::Error)]
#[error("{advice}")]
struct Advised {
    advice: &'static str,
    source: StoreError,
}

/// A wrong password does not mend itself while somebody looks at the screen.
pub(super) fn is_worth_waiting(error: &StoreError) -> bool {
    let is_no_entrance = code(error).is_some_and(|it| it.starts_with("28") || it == "3D000");
    let is_encryption = matches!(error, StoreError::Sql(error) if matches!(error.as_ref(), sqlx::Error::Tls(_)))
        || handshake(error).is_some();
    !is_no_entrance && !is_encryption && error.severity() == Severity::Transient
}

/// The same `error`, with what helps in front if that is known.
pub(super) fn advised(
    error: StoreError,
    address: &PostgresAddress,
) -> Box<dyn std::error::Error + Send + Sync> {
    match advice(&error, address) {
        Some(advice) => Box::new(Advised {
            advice,
            source: error,
        }),
        None => Box::new(error),
    }
}

fn advice(error: &StoreError, address: &PostgresAddress) -> Option<&'static str> {
    if let Some(rustls::Error::InvalidCertificate(what)) = handshake(error) {
        return match what {
            // An authority made anew keeps its name, and then the signature is what is wrong.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Some(STRANGER),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Some(OTHER_HOST)
            }
            // Rustls has no name of its own for it.
            CertificateError::Other(what) if what.to_string() == "CaUsedAsEndEntity" => {
                Some(AUTHORITY)
            }
            _ => None,
        };
    }
    let is_in_clear = address.encryption == Encryption::Disable;
    let is_by_network = matches!(address.host, Host::Network(_));
    // 28000: no line of its pg_hba.conf fits.
    (is_in_clear && is_by_network && code(error)? == "28000").then_some(IN_CLEAR)
}

/// What was wrong with the encryption, which sqlx takes for a broken line.
fn handshake(error: &StoreError) -> Option<&rustls::Error> {
    match error {
        StoreError::Sql(error) => match error.as_ref() {
            sqlx::Error::Io(error) => error.get_ref()?.downcast_ref(),
            _ => None,
        },
        _ => None,
    }
}

/// The SQLSTATE with which the server refuses.
fn code(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Sql(error) => {
            let code = error.as_database_error().and_then(DatabaseError::code)?;
            Some(code.into_owned())
        }
        _ => None,
    }
}
