//! Whose certificates are believed.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

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
