//! What a URL looks like to people: Celery's look, which holds no secret.

use std::borrow::Cow;
use std::fmt;

use super::{Place, RedisUrl};

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.settings.db();
        let mut user = self.settings.username().unwrap_or_default().to_owned();
        if self.settings.password().is_some() {
            user.push_str(":**");
        }
        if !user.is_empty() {
            user.push('@');
        }
        match &self.place {
            Place::Tcp(host, port) => {
                write!(f, "redis://{user}{}:{port}/{database}", bracketed(host))
            }
            Place::Tls(host, port) => {
                write!(f, "rediss://{user}{}:{port}/{database}", bracketed(host))
            }
            Place::Socket(path) => write!(f, "unix://{user}{}?db={database}", path.display()),
            Place::Sentinels(sentinels) => {
                for (place, (host, port)) in sentinels.hosts.iter().enumerate() {
                    let (between, user) = if place == 0 {
                        ("", user.as_str())
                    } else {
                        (";", "")
                    };
                    write!(f, "{between}sentinel://{user}{}:{port}", bracketed(host))?;
                }
                write!(f, "/{database}?master_name={}", sentinels.master_name)
            }
        }
    }
}

impl RedisUrl {
    /// The number of the database.
    pub(in crate::redis) fn database(&self) -> i64 {
        self.settings.db()
    }

    /// The host, its port, and whether the way there is encrypted; of sentinels the first. A
    /// socket is shown as a host without a port.
    pub(in crate::redis) fn host(&self) -> (String, Option<u16>, bool) {
        match &self.place {
            Place::Tcp(host, port) => (host.clone(), Some(*port), false),
            Place::Tls(host, port) => (host.clone(), Some(*port), true),
            Place::Socket(path) => (path.display().to_string(), None, false),
            Place::Sentinels(sentinels) => match sentinels.hosts.first() {
                Some((host, port)) => (host.clone(), Some(*port), false),
                None => (String::new(), None, false),
            },
        }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisUrl").field(&self.to_string()).finish()
    }
}

/// An IPv6 address as a URL has it, any other name as it is.
fn bracketed(host: &str) -> Cow<'_, str> {
    if host.contains(':') {
        Cow::Owned(format!("[{host}]"))
    } else {
        Cow::Borrowed(host)
    }
}
