//! Whose certificates are believed.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;

/// Whose certificates are believed. That a certificate is checked cannot be switched off.
#[derive(Clone, Debug)]
pub enum Trust {
    /// What this machine believes; read when it is first needed. The variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name another place to read it from.
    System,
    /// These authorities and no other.
    Only(RootCertStore),
}

/// There is no certificate to believe.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Nothing that looks like a certificate.
    #[error("there is no certificate in it: it must hold PEM, -----BEGIN CERTIFICATE-----")]
    Nothing,
    /// Something that only looks like one.
    #[error("a certificate in it cannot be read: {0}")]
    Unreadable(String),
}

impl Trust {
    /// Believes the authorities in `pem` and no other, as a private network needs it.
    ///
    /// # Errors
    ///
    /// When there is none in it, or one that cannot be read.
    pub fn only(pem: &[u8]) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| TrustError::Unreadable(e.to_string()))?;
            let added = roots.add(certificate);
            added.map_err(|e| TrustError::Unreadable(e.to_string()))?;
        }
        if roots.is_empty() {
            return Err(TrustError::Nothing);
        }
        Ok(Self::Only(roots))
    }
}

/// Encrypts connections; made when it is first needed.
pub(super) struct TlsClient {
    trust: Trust,
    connector: OnceCell<TlsConnector>,
}

impl TlsClient {
    pub(super) fn new(trust: Trust) -> Self {
        Self {
            trust,
            connector: OnceCell::new(),
        }
    }

    /// What encrypts, or why nothing can.
    pub(super) async fn connector(&self) -> Result<TlsConnector, String> {
        let made = self.connector.get_or_try_init(async || {
            let roots = match &self.trust {
                Trust::Only(roots) => roots.clone(),
                Trust::System => spawn_blocking(roots_of_the_system)
                    .await
                    .map_err(|error| error.to_string())??,
            };
            connector(roots)
        });
        made.await.cloned()
    }
}

fn connector(roots: RootCertStore) -> Result<TlsConnector, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots_of_the_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(format!(
            "this machine believes no certificate; install ca-certificates or name a file in \
             SSL_CERT_FILE {}",
            why.join("; ")
        ));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_refused() {
        assert!(matches!(Trust::only(b"hello"), Err(TrustError::Nothing)));
        let empty = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::only(empty), Err(TrustError::Unreadable(_))));
    }
}
