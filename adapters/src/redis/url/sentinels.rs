//! Sentinels as Celery writes them: `sentinel://user:password@h1:26379;sentinel://h2:26379/1`.
//!
//! User, password and database are those of the master that they name.

use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{ConnectionAddr, RedisConnectionInfo, RedisResult, TlsCertificates, TlsMode};
use url::Url;

use super::reading::{Reading, decoded, host, refuse_what_would_be_misread};
use super::{Place, RedisUrl, RedisUrlError, secured};

const SCHEME: &str = "sentinel://";
const PORT: u16 = 26379;

/// Whom to ask for the master.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Sentinels {
    pub(super) hosts: Vec<(String, u16)>,
    /// The master to ask for; nothing if it was not said yet.
    pub(super) master_name: String,
    pub(super) user: String,
    pub(super) password: String,
    /// Whether the sentinels themselves speak TLS.
    pub(super) are_secure: bool,
    /// Whether the master does.
    pub(super) is_master_secure: bool,
}

impl Sentinels {
    /// A client that asks them; `settings` are for the master, and so are certificates.
    pub(super) fn client(
        &self,
        settings: &RedisConnectionInfo,
        certificates: Option<TlsCertificates>,
    ) -> RedisResult<SentinelClient> {
        let hosts = self.hosts.iter().cloned().map(|(host, port)| {
            if self.are_secure {
                secured(host, port)
            } else {
                ConnectionAddr::Tcp(host, port)
            }
        });
        let master = SentinelServerType::Master;
        let mut builder = SentinelClientBuilder::new(hosts, &self.master_name, master)?
            .set_client_to_redis_db(settings.db());
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if self.is_master_secure {
            builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
        }
        if !self.user.is_empty() {
            builder = builder.set_client_to_sentinel_username(&self.user);
        }
        if !self.password.is_empty() {
            builder = builder.set_client_to_sentinel_password(&self.password);
        }
        if let Some(certificates) = certificates {
            if self.are_secure {
                builder = builder.set_client_to_sentinel_certificates(certificates.clone());
            }
            builder = builder.set_client_to_redis_certificates(certificates);
        }
        builder.build()
    }
}

/// Reads the URL of one or more sentinels; nothing if it is that of a server.
pub(super) fn read(text: &str) -> Option<Result<RedisUrl, RedisUrlError>> {
    text.starts_with(SCHEME).then(|| read_all(text))
}

fn read_all(text: &str) -> Result<RedisUrl, RedisUrlError> {
    let (mut reading, mut sentinels) = (Reading::default(), Sentinels::default());
    for part in text.split(';').filter(|part| !part.is_empty()) {
        if !part.starts_with(SCHEME) {
            return Err(RedisUrlError::Several);
        }
        refuse_what_would_be_misread(part)?;
        let url = Url::parse(part)?;
        sentinels
            .hosts
            .push((host(&url), url.port().unwrap_or(PORT)));
        let user = decoded("user", url.username())?;
        agree(&mut reading.user, user, "user")?;
        let password = decoded("password", url.password().unwrap_or_default())?;
        agree(&mut reading.password, password, "password")?;
        let database = decoded("path", url.path())?;
        let database = database.trim_matches('/').to_owned();
        agree(&mut reading.database, database, "database")?;
        for (name, value) in url.query_pairs() {
            match &*name {
                "master_name" => sentinels.master_name = value.into_owned(),
                "sentinel_username" => sentinels.user = value.into_owned(),
                "sentinel_password" => sentinels.password = value.into_owned(),
                "sentinel_ssl" => sentinels.are_secure = is_yes(&name, &value)?,
                "ssl" => sentinels.is_master_secure = is_yes(&name, &value)?,
                other => {
                    sentinels.is_master_secure |= other.starts_with("ssl_");
                    reading.read(other, &value, &Place::Sentinels(Sentinels::default()))?;
                }
            }
        }
    }
    reading.into_url(Place::Sentinels(sentinels))
}

/// All of them name one master: what one says of it no other may contradict.
fn agree(kept: &mut String, said: String, part: &'static str) -> Result<(), RedisUrlError> {
    if said.is_empty() || *kept == said {
        return Ok(());
    }
    if !kept.is_empty() {
        return Err(RedisUrlError::Contradiction(part));
    }
    *kept = said;
    Ok(())
}

fn is_yes(name: &str, value: &str) -> Result<bool, RedisUrlError> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(RedisUrlError::Parameter(format!("{name}={value}"))),
    }
}
