//! Where Redis is, as people write it: the forms of redis-rs, Celery and django-environ.

mod error;
mod reading;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisResult, TlsCertificates,
};

pub use self::error::RedisUrlError;

/// Where Redis is, and who we are there. What it shows holds no secret.
#[derive(Clone)]
pub struct RedisUrl {
    place: Place,
    settings: RedisConnectionInfo,
    authority: Option<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
    shown: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Tcp(String, u16),
    Tls(String, u16),
    Socket(PathBuf),
}

impl RedisUrl {
    /// A client of this server; nothing is connected yet.
    pub(super) fn client(&self) -> RedisResult<Client> {
        let addr = match &self.place {
            Place::Tcp(host, port) => ConnectionAddr::Tcp(host.clone(), *port),
            Place::Socket(path) => ConnectionAddr::Unix(path.clone()),
            Place::Tls(host, port) => ConnectionAddr::TcpTls {
                host: host.clone(),
                port: *port,
                insecure: false,
                tls_params: None,
            },
        };
        let info: ConnectionInfo = addr.into_connection_info()?;
        let info = info.set_redis_settings(self.settings.clone());
        if self.authority.is_none() && self.certificate.is_none() {
            return Client::open(info);
        }
        let root_cert = self.authority.as_deref().map(read).transpose()?;
        let client_tls = match &self.certificate {
            Some((certificate, key)) => Some(ClientTlsConfig {
                client_cert: read(certificate)?,
                client_key: read(key)?,
            }),
            None => None,
        };
        Client::build_with_tls(
            info,
            TlsCertificates {
                client_tls,
                root_cert,
            },
        )
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        let all = |url: &Self| {
            let Self {
                place,
                settings,
                authority,
                certificate,
                shown: _,
            } = url.clone();
            let user = settings.username().map(str::to_owned);
            let password = settings.password().map(str::to_owned);
            let login = (user, password, settings.db());
            (place, login, authority, certificate)
        };
        all(self) == all(other)
    }
}

impl Eq for RedisUrl {}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisUrl").field(&self.shown).finish()
    }
}

fn read(file: &Path) -> RedisResult<Vec<u8>> {
    let named = |error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("{}: {error}", file.display()))
    };
    fs::read(file).map_err(|error| named(error).into())
}
