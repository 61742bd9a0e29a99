//! Reads where Redis is.

use std::path::PathBuf;

use redis::RedisConnectionInfo;
use url::Url;

use super::{Place, RedisUrl, RedisUrlError, sentinels};

impl TryFrom<&str> for RedisUrl {
    type Error = RedisUrlError;

    fn try_from(text: &str) -> Result<Self, RedisUrlError> {
        if let Some(read) = sentinels::read(text) {
            return read;
        }
        refuse_what_would_be_misread(text)?;
        let url = Url::parse(text)?;
        let path = decoded("path", url.path())?;
        let place = place(&url, &path)?;
        let mut reading = Reading {
            user: decoded("user", url.username())?,
            password: decoded("password", url.password().unwrap_or_default())?,
            database: match place {
                Place::Socket(_) => String::new(),
                _ => path.trim_matches('/').to_owned(),
            },
            ..Reading::default()
        };
        for (name, value) in url.query_pairs() {
            reading.read(&name, &value, &place)?;
        }
        reading.into_url(place)
    }
}

/// What the parser of URLs would take for one server with an odd name, or for less of a
/// password than it is: the rest would be shown as a path or a parameter.
pub(super) fn refuse_what_would_be_misread(text: &str) -> Result<(), RedisUrlError> {
    let (_, after_scheme) = text.split_once("://").unwrap_or_default();
    let end = after_scheme.find(['/', '?', '#']);
    let (authority, rest) = after_scheme.split_at(end.unwrap_or(after_scheme.len()));
    if !authority.is_empty() && rest.contains('@') {
        return Err(RedisUrlError::Unencoded);
    }
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    if hosts.contains([',', ';']) {
        return Err(RedisUrlError::Several);
    }
    Ok(())
}

fn place(url: &Url, path: &str) -> Result<Place, RedisUrlError> {
    let host = host(url);
    let port = url.port().unwrap_or(6379);
    // Behind no host at all, a path that is no number is a file.
    let is_file = url.host_str().is_none_or(str::is_empty)
        && path.bytes().any(|byte| !matches!(byte, b'/' | b'0'..=b'9'));
    match url.scheme() {
        "unix" | "redis+unix" | "valkey+unix" | "redis+socket" => Ok(Place::Socket(path.into())),
        "redis" | "valkey" if is_file => Ok(Place::Socket(path.into())),
        "redis" | "valkey" => Ok(Place::Tcp(host, port)),
        "rediss" | "valkeys" => Ok(Place::Tls(host, port)),
        other => Err(RedisUrlError::Scheme(other.to_owned())),
    }
}

pub(super) fn host(url: &Url) -> String {
    let host = match url.host_str().unwrap_or_default() {
        "" => "127.0.0.1",
        host => host.trim_matches(['[', ']']),
    };
    host.to_owned()
}

/// What a URL says, as far as it was read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: String,
    authority: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Reading {
    pub(super) fn read(
        &mut self,
        name: &str,
        value: &str,
        place: &Place,
    ) -> Result<(), RedisUrlError> {
        let is_socket = matches!(place, Place::Socket(_));
        let is_tls = matches!(place, Place::Tls(..) | Place::Sentinels(_));
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

    pub(super) fn into_url(self, place: Place) -> Result<RedisUrl, RedisUrlError> {
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
        if !self.password.is_empty() {
            settings = settings.set_password(&self.password);
        }
        Ok(RedisUrl {
            place,
            settings,
            authority: self.authority,
            certificate,
        })
    }
}

pub(super) fn decoded(part: &'static str, text: &str) -> Result<String, RedisUrlError> {
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
