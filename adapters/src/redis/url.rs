//! Where Redis is, as people write it: the forms of redis-rs, Celery and django-environ.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisResult, TlsCertificates,
};
use url::Url;

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

/// Why a text does not say where Redis is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisUrlError {
    /// It is no URL.
    #[error("is not a URL: {0}")]
    Form(#[from] url::ParseError),
    /// It is the URL of something else.
    #[error(
        "the scheme {0:?} is not supported: redis, rediss, valkey, valkeys, unix, redis+unix and redis+socket are"
    )]
    Scheme(String),
    /// Sentinel, which is not supported yet.
    #[error("Sentinel is not supported: name the server itself")]
    Sentinel,
    /// More than one server.
    #[error("names several servers, and one is supported")]
    Several,
    /// The path is no number.
    #[error("the database {0:?} is not a number")]
    Database(String),
    /// A part is encoded wrongly.
    #[error("the {0} is not percent-encoded UTF-8")]
    Encoding(&'static str),
    /// It asks for what would be unsafe.
    #[error(
        "ssl_cert_reqs={0} is not supported: certificates are always checked; name your own authority with ssl_ca_certs=FILE"
    )]
    Unchecked(String),
    /// One of two files that go together is missing.
    #[error("ssl_certfile and ssl_keyfile go together")]
    HalfCertificate,
    /// It says something that nobody reads.
    #[error("the parameter {0:?} is not known")]
    Parameter(String),
}

impl TryFrom<&str> for RedisUrl {
    type Error = RedisUrlError;

    fn try_from(text: &str) -> Result<Self, RedisUrlError> {
        let scheme = text.split(':').next().unwrap_or_default();
        if scheme.starts_with("sentinel") {
            return Err(RedisUrlError::Sentinel);
        }
        let authority = text.split("://").nth(1).unwrap_or_default();
        if authority.split(['/', '?']).next().is_some_and(|part| {
            part.rsplit('@')
                .next()
                .is_some_and(|hosts| hosts.contains([',', ';']))
        }) {
            return Err(RedisUrlError::Several);
        }
        let url = Url::parse(text)?;
        let path = decoded("path", url.path())?;
        let database = path.trim_start_matches('/');
        let host = url.host_str().unwrap_or_default();
        let is_number = database.is_empty() || database.bytes().all(|byte| byte.is_ascii_digit());
        let port = url.port().unwrap_or(6379);
        let host_or_here = if host.is_empty() { "127.0.0.1" } else { host };
        let host_or_here = host_or_here.trim_matches(['[', ']']).to_owned();
        let place = match url.scheme() {
            "unix" | "redis+unix" | "valkey+unix" | "redis+socket" => {
                Place::Socket(path.clone().into())
            }
            "redis" | "valkey" if host.is_empty() && !is_number => {
                Place::Socket(path.clone().into())
            }
            "redis" | "valkey" => Place::Tcp(host_or_here, port),
            "rediss" | "valkeys" => Place::Tls(host_or_here, port),
            other => return Err(RedisUrlError::Scheme(other.to_owned())),
        };
        let mut reading = Reading {
            user: decoded("user", url.username())?,
            password: decoded("password", url.password().unwrap_or_default())?,
            database: match place {
                Place::Socket(_) => String::new(),
                _ => database.to_owned(),
            },
            ..Reading::default()
        };
        for (name, value) in url.query_pairs() {
            reading.read(&name, &value, &place)?;
        }
        reading.into_url(place)
    }
}

/// What a URL says, as far as it was read.
#[derive(Default)]
struct Reading {
    user: String,
    password: String,
    database: String,
    authority: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Reading {
    fn read(&mut self, name: &str, value: &str, place: &Place) -> Result<(), RedisUrlError> {
        let is_socket = matches!(place, Place::Socket(_));
        let is_tls = matches!(place, Place::Tls(..));
        let value = value.to_owned();
        match name {
            "virtual_host" | "db" => self.database = value.replace('/', ""),
            "user" if is_socket => self.user = value,
            "pass" | "password" if is_socket => self.password = value,
            "ssl_cert_reqs" if is_tls => {
                let word = value.to_ascii_lowercase();
                if word.trim_start_matches("cert_") != "required" {
                    return Err(RedisUrlError::Unchecked(value));
                }
            }
            "ssl_ca_certs" if is_tls => self.authority = Some(value.into()),
            "ssl_certfile" if is_tls => self.certificate = Some(value.into()),
            "ssl_keyfile" if is_tls => self.key = Some(value.into()),
            other => return Err(RedisUrlError::Parameter(other.to_owned())),
        }
        Ok(())
    }

    fn into_url(self, place: Place) -> Result<RedisUrl, RedisUrlError> {
        let number = match self.database.as_str() {
            "" => 0,
            digits => match digits.parse::<u32>() {
                Ok(number) => i64::from(number),
                Err(_) => return Err(RedisUrlError::Database(self.database)),
            },
        };
        let certificate = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(RedisUrlError::HalfCertificate),
        };
        let mut settings = RedisConnectionInfo::default()
            .set_db(number)
            .set_lib_name("backbeat", env!("CARGO_PKG_VERSION"));
        if !self.user.is_empty() {
            settings = settings.set_username(&self.user);
        }
        let mut masked = self.user;
        if !self.password.is_empty() {
            settings = settings.set_password(&self.password);
            masked.push_str(":**");
        }
        if !masked.is_empty() {
            masked.push('@');
        }
        let shown = match &place {
            Place::Tcp(host, port) => format!("redis://{masked}{host}:{port}/{number}"),
            Place::Tls(host, port) => format!("rediss://{masked}{host}:{port}/{number}"),
            Place::Socket(path) => format!("unix://{masked}{}?db={number}", path.display()),
        };
        Ok(RedisUrl {
            place,
            settings,
            authority: self.authority,
            certificate,
            shown,
        })
    }
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

fn decoded(part: &'static str, text: &str) -> Result<String, RedisUrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let hex = |at: usize| {
            after
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = &after[2..];
            }
            (b'%', ..) => return Err(RedisUrlError::Encoding(part)),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).map_err(|_| RedisUrlError::Encoding(part))
}
