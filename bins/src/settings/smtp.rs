//! Which mail server: what `EMAIL_URL` says, or Django's `EMAIL_HOST` and its neighbours.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use adapters::mail::{Credentials, Secret, Security, SmtpServer};

use super::reader::Reader;
use super::values::{ValueError, boolean, duration, number};

/// How long a step of the conversation may be set to take.
pub(super) const TIMEOUTS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_mins(10);

/// How a conversation is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    None,
    StartTls,
    Implicit,
}

impl Encryption {
    /// The port where servers speak like this.
    pub(super) const fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::StartTls => 587,
            Self::Implicit => 465,
        }
    }
}

/// Django's settings of a mail server, as they stand.
pub(super) struct Django {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<Secret>,
    use_tls: bool,
    use_ssl: bool,
    timeout: Option<Duration>,
}

impl Django {
    pub(super) fn read(read: &mut Reader) -> Self {
        Self {
            host: read.masked("EMAIL_HOST", host),
            port: read.open("EMAIL_PORT", number(1..=u16::MAX)),
            user: read.masked("EMAIL_HOST_USER", any),
            password: read.masked("EMAIL_HOST_PASSWORD", |text| any(text).map(Secret::new)),
            use_tls: read.or("EMAIL_USE_TLS", false, boolean),
            use_ssl: read.or("EMAIL_USE_SSL", false, boolean),
            timeout: read.open("EMAIL_TIMEOUT", duration(TIMEOUTS)),
        }
    }

    /// Which of the settings are set to say something.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let is_set = [
            ("EMAIL_HOST", self.host.is_some()),
            ("EMAIL_PORT", self.port.is_some()),
            ("EMAIL_HOST_USER", self.user.is_some()),
            ("EMAIL_HOST_PASSWORD", self.password.is_some()),
            ("EMAIL_USE_TLS", self.use_tls),
            ("EMAIL_USE_SSL", self.use_ssl),
            ("EMAIL_TIMEOUT", self.timeout.is_some()),
        ];
        let is_set = is_set.into_iter().filter(|(_, is_set)| *is_set);
        is_set.map(|(name, _)| name).collect()
    }

    /// Whether the settings name a server.
    pub(super) fn has_host(&self) -> bool {
        self.host.is_some()
    }

    /// The server that the settings name, this machine if they name none.
    ///
    /// Complains about what cannot go together.
    pub(super) fn server(self, read: &mut Reader) -> SmtpServer {
        let host = self.host.unwrap_or("localhost".to_owned());
        if self.use_tls && self.use_ssl {
            read.complain_about(
                "EMAIL_USE_SSL",
                "EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive, so only set one of those settings to True.",
            );
        }
        let (encryption, security) = match (self.use_tls, self.use_ssl) {
            (true, _) => (Encryption::StartTls, Security::StartTls),
            (_, true) => (Encryption::Implicit, Security::Implicit),
            _ => {
                let may_show_password = false;
                (Encryption::None, Security::Plain { may_show_password })
            }
        };
        let port = self.port.unwrap_or(encryption.port());
        let credentials = match (self.user, self.password) {
            (Some(user), Some(password)) => Some(Credentials { user, password }),
            (Some(_), None) => {
                let why = "is set without EMAIL_HOST_PASSWORD; set both, or neither for a server that wants nobody to log in";
                read.complain_about("EMAIL_HOST_USER", why);
                None
            }
            (None, Some(_)) => {
                let why = "is set without EMAIL_HOST_USER; set both, or neither for a server that wants nobody to log in";
                read.complain_about("EMAIL_HOST_PASSWORD", why);
                None
            }
            (None, None) => None,
        };
        SmtpServer {
            credentials,
            timeout: self.timeout.unwrap_or(SmtpServer::TIMEOUT),
            ..SmtpServer::new(host, port, security)
        }
    }
}

/// Whether `server` would be shown a password that others can read on its way.
pub(super) fn shows_password(server: &SmtpServer) -> bool {
    let in_clear = matches!(
        server.security,
        Security::Plain {
            may_show_password: false
        }
    );
    in_clear && server.credentials.is_some() && !is_this_machine(&server.host)
}

/// Whether `host` is the very machine that asks.
pub(super) fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether `text` may be the name or the IP address of a server.
pub(super) fn is_host(text: &str) -> bool {
    let is_name = |text: &str| {
        text.chars()
            .all(|each| each.is_ascii_alphanumeric() || "-._".contains(each))
    };
    !text.is_empty() && text.len() <= 253 && (is_name(text) || text.parse::<IpAddr>().is_ok())
}

fn host(text: &str) -> Result<String, ValueError> {
    if is_host(text) {
        Ok(text.to_owned())
    } else {
        Err(ValueError::Host)
    }
}

fn any(text: &str) -> Result<String, ValueError> {
    if text.contains(char::is_control) {
        return Err(ValueError::Control);
    }
    Ok(text.to_owned())
}
