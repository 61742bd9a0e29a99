//! Where Redis is, as people write it: the forms of redis-rs, Celery and django-environ.

mod error;
mod reading;
mod sentinels;
mod shown;

use std::fs;
use std::path::{Path, PathBuf};

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _,
    ProtocolVersion, RedisConnectionInfo, RedisResult, TlsCertificates,
};

pub use self::error::RedisUrlError;
use self::sentinels::Sentinels;
use super::server::Server;

/// Where Redis is, and who we are there. What it shows holds no secret.
#[derive(Clone)]
pub struct RedisUrl {
    place: Place,
    settings: RedisConnectionInfo,
    authority: Option<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
}

#[derive(Clone, PartialEq)]
enum Place {
    Tcp(String, u16),
    Tls(String, u16),
    Socket(PathBuf),
    Sentinels(Sentinels),
}

impl RedisUrl {
    /// The same, where sentinels are asked for the master of this name, as Celery has it in
    /// the option `master_name` of its transport. A server that is named itself stays.
    #[must_use]
    pub fn with_master_name(mut self, name: &str) -> Self {
        if let Place::Sentinels(sentinels) = &mut self.place {
            name.clone_into(&mut sentinels.master_name);
        }
        self
    }

    /// The same, where the sentinels want to know who asks, as Celery has it in the option
    /// `sentinel_kwargs` of its transport. A server that is named itself stays.
    #[must_use]
    pub fn with_sentinel_login(mut self, user: &str, password: &str) -> Self {
        if let Place::Sentinels(sentinels) = &mut self.place {
            user.clone_into(&mut sentinels.user);
            password.clone_into(&mut sentinels.password);
        }
        self
    }

    /// Whether it names sentinels, but not the master to ask them for.
    pub fn lacks_master_name(&self) -> bool {
        matches!(&self.place, Place::Sentinels(sentinels) if sentinels.master_name.is_empty())
    }

    /// The server that is meant; nothing is connected yet.
    pub(super) fn server(&self, protocol: ProtocolVersion) -> RedisResult<Server> {
        let settings = self.settings.clone().set_protocol(protocol);
        let addr = match &self.place {
            Place::Sentinels(_) if self.lacks_master_name() => {
                let refusal = RedisUrlError::NoMaster.to_string();
                return Err((ErrorKind::InvalidClientConfig, "this address", refusal).into());
            }
            Place::Sentinels(sentinels) => {
                let client = sentinels.client(&settings, self.certificates()?)?;
                return Ok(Server::named_by(client, settings));
            }
            Place::Tcp(host, port) => ConnectionAddr::Tcp(host.clone(), *port),
            Place::Socket(path) => ConnectionAddr::Unix(path.clone()),
            Place::Tls(host, port) => secured(host.clone(), *port),
        };
        let info: ConnectionInfo = addr.into_connection_info()?;
        let info = info.set_redis_settings(settings);
        let client = match self.certificates()? {
            Some(certificates) => Client::build_with_tls(info, certificates),
            None => Client::open(info),
        };
        client.map(|client| Server::Named(Box::new(client)))
    }

    fn certificates(&self) -> RedisResult<Option<TlsCertificates>> {
        if self.authority.is_none() && self.certificate.is_none() {
            return Ok(None);
        }
        let root_cert = self.authority.as_deref().map(read).transpose()?;
        let client_tls = match &self.certificate {
            Some((certificate, key)) => Some(ClientTlsConfig {
                client_cert: read(certificate)?,
                client_key: read(key)?,
            }),
            None => None,
        };
        Ok(Some(TlsCertificates {
            client_tls,
            root_cert,
        }))
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

fn secured(host: String, port: u16) -> ConnectionAddr {
    ConnectionAddr::TcpTls {
        host,
        port,
        insecure: false,
        tls_params: None,
    }
}

fn read(file: &Path) -> RedisResult<Vec<u8>> {
    let named = |error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("{}: {error}", file.display()))
    };
    fs::read(file).map_err(|error| named(error).into())
}
