//! An authority for the certificates of the tests' own servers.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Whether a certificate is good today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is.
    Valid,
    /// It was, years ago.
    Expired,
}

/// Signs certificates that only those believe who trust it.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one, which nobody knows yet.
    ///
    /// # Panics
    ///
    /// When no key can be made.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// What to trust, as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Its own certificate and key, both as PEM, for a server that passes itself off as it.
    pub fn itself(&self) -> (String, String) {
        (self.pem(), self.0.key().serialize_pem())
    }

    /// How a server encrypts that is called `name`.
    ///
    /// # Panics
    ///
    /// When `name` is none.
    pub fn server(&self, name: &str, validity: Validity) -> Arc<ServerConfig> {
        let (certificate, key) = self.signed(name, validity);
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions that ring speaks")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate with its key");
        Arc::new(config)
    }

    /// The certificate of a server that is called `name`, and its key, both as PEM.
    ///
    /// # Panics
    ///
    /// When `name` is none.
    pub fn certificate(&self, name: &str) -> (String, String) {
        let (certificate, key) = self.signed(name, Validity::Valid);
        (certificate.pem(), key.serialize_pem())
    }

    /// A certificate for `name` and its key, both as PEM, that nobody signed but itself.
    ///
    /// # Panics
    ///
    /// When `name` is none.
    pub fn of_its_own(name: &str) -> (String, String) {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.is_ca = IsCa::ExplicitNoCa;
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    fn signed(&self, name: &str, validity: Validity) -> (Certificate, KeyPair) {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        if validity == Validity::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate, key)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
