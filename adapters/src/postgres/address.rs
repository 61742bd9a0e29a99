//! Where a database is, and how it is reached.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where a database is, and as whom it is entered. Shows no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresAddress {
    /// Where the server listens.
    pub host: Host,
    /// Its port; a socket has one in its name, too.
    pub port: u16,
    /// As whom; `None` is the user of the operating system.
    pub user: Option<String>,
    /// The password, if one is needed.
    pub password: Option<Password>,
    /// Which database of the server.
    pub database: String,
    /// Whether the way there is encrypted.
    pub encryption: Encryption,
    /// A file with certificates to trust beside those of the machine.
    pub root_certificate: Option<PathBuf>,
    /// How old a connection may become before the next that needs one gets a new one.
    pub max_age: Option<Duration>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// On the network, under this name.
    Network(String),
    /// On this machine, by a socket in this directory.
    Socket(PathBuf),
}

/// Whether the way to a server is encrypted: the `sslmode` of `PostgreSQL`'s own programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Never.
    Disable,
    /// If the server can: nobody may be let in otherwise.
    Allow,
    /// If the server can.
    #[default]
    Prefer,
    /// Always, whoever the server is; with a root certificate, as the next.
    Require,
    /// Always, and the server's certificate must be signed by one that is trusted.
    VerifyCa,
    /// Always, and the certificate must be that of the host as well.
    VerifyFull,
}

/// A password that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password with these letters.
    pub fn new(letters: impl Into<String>) -> Self {
        Self(letters.into())
    }

    /// The letters, for the server alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// As a URL, with a password that is there as `**`.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
        }
        if self.password.is_some() {
            f.write_str(":**")?;
        }
        if self.user.is_some() || self.password.is_some() {
            f.write_str("@")?;
        }
        let database = &self.database;
        match &self.host {
            Host::Network(name) => write!(f, "{name}:{}/{database}", self.port),
            Host::Socket(folder) => write!(
                f,
                "/{database}?host={}&port={}",
                folder.display(),
                self.port
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: Host) -> PostgresAddress {
        PostgresAddress {
            host,
            port: 5432,
            user: Some("ada".to_owned()),
            password: Some(Password::new("hunter2")),
            database: "music".to_owned(),
            encryption: Encryption::default(),
            root_certificate: None,
            max_age: None,
        }
    }

    #[test]
    fn an_address_shows_everything_but_its_password() {
        for (host, shown) in [
            (
                Host::Network("db.example".to_owned()),
                "postgres://ada:**@db.example:5432/music",
            ),
            (
                Host::Socket("/run/postgresql".into()),
                "postgres://ada:**@/music?host=/run/postgresql&port=5432",
            ),
        ] {
            let address = address(host);

            assert_eq!(address.to_string(), shown);
            assert!(!format!("{address:?}").contains("hunter2"));
        }
    }
}
