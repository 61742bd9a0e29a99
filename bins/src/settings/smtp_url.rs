//! The part of `EMAIL_URL` that names a mail server.

use std::time::Duration;

use adapters::mail::{Credentials, Secret, Security, SmtpServer};

use super::percent;
use super::smtp::{Encryption, TIMEOUTS, is_host};
use super::values::{boolean, duration};

/// What the schemes mean: how they are encrypted, as far as they say.
const SCHEMES: [(&str, Option<Encryption>); 5] = [
    ("smtp", Some(Encryption::None)),
    ("smtp+tls", Some(Encryption::StartTls)),
    ("smtp+ssl", Some(Encryption::Implicit)),
    ("submission", Some(Encryption::StartTls)),
    // Encrypted from the first byte to most of the world, STARTTLS to Django: the port decides.
    ("smtps", None),
];

/// Why a URL names no mail server. None of them shows the text: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// No `//` behind the scheme, or nothing that could be a host.
    #[error("names no mail server; write for example smtp+tls://user:password@smtp.example.org")]
    Host,
    /// No number from 1 to 65535 behind the host.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// Something behind the host that is neither a port nor parameters.
    #[error("nothing but parameters may follow the host and its port")]
    Path,
    /// A name without a password, or a password without a name.
    #[error("a user needs a password, and a password a user; write user:password@ or neither")]
    Credentials,
    /// What is percent-encoded is not readable text.
    #[error("the percent-encoded user or password is not readable text; encode it as UTF-8")]
    Undecodable,
    /// A parameter that is not known, or whose value makes no sense.
    #[error(
        "the parameters are not understood; known are timeout=30s, email_use_tls=1, email_use_ssl=1 \
         and allow_plaintext_auth=1"
    )]
    Parameters,
    /// Two ways to encrypt one conversation.
    #[error(
        "EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive, so only set one of those settings to True."
    )]
    MutuallyExclusive,
}

/// Whether `scheme`, in lower case, is one that names a mail server.
pub(super) fn is_smtp(scheme: &str) -> bool {
    SCHEMES.iter().any(|(known, _)| *known == scheme)
}

/// The server that `rest` of a URL with this `scheme` names.
///
/// What stands before the last `@` is user and password, which the first colon parts, so
/// a user may hold an `@` and a password anything but that.
pub(super) fn parse(scheme: &str, rest: &str) -> Result<SmtpServer, SmtpUrlError> {
    let rest = rest.strip_prefix("//").ok_or(SmtpUrlError::Host)?;
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, rest),
    };
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    let (host, port) = host_and_port(place.strip_suffix('/').unwrap_or(place))?;
    let parameters = Parameters::of(query)?;
    let encryption = parameters.over(by_scheme(scheme, port))?;
    let security = match encryption {
        Encryption::None => Security::Plain {
            may_show_password: parameters.may_show_password,
        },
        Encryption::StartTls => Security::StartTls,
        Encryption::Implicit => Security::Implicit,
    };
    let port = port.unwrap_or(encryption.port());
    Ok(SmtpServer {
        credentials: login.map(credentials).transpose()?,
        timeout: parameters.timeout.unwrap_or(SmtpServer::TIMEOUT),
        ..SmtpServer::new(host, port, security)
    })
}

fn by_scheme(scheme: &str, port: Option<u16>) -> Encryption {
    let said = SCHEMES.iter().find(|(known, _)| *known == scheme);
    match (said.and_then(|(_, encryption)| *encryption), port) {
        (Some(encryption), _) => encryption,
        (None, Some(25 | 587)) => Encryption::StartTls,
        (None, _) => Encryption::Implicit,
    }
}

fn host_and_port(place: &str) -> Result<(&str, Option<u16>), SmtpUrlError> {
    if place.contains(['/', '#']) {
        return Err(SmtpUrlError::Path);
    }
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or(SmtpUrlError::Host)?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    if !is_host(host) {
        return Err(SmtpUrlError::Host);
    }
    let port = match port {
        "" | ":" => None,
        port => Some(port_number(port).ok_or(SmtpUrlError::Port)?),
    };
    Ok((host, port))
}

fn port_number(text: &str) -> Option<u16> {
    let port = text.strip_prefix(':')?.parse().ok()?;
    (port != 0).then_some(port)
}

fn credentials(login: &str) -> Result<Credentials, SmtpUrlError> {
    let (user, password) = login.split_once(':').ok_or(SmtpUrlError::Credentials)?;
    if user.is_empty() || password.is_empty() {
        return Err(SmtpUrlError::Credentials);
    }
    let decoded = |text| percent::decoded(text).ok_or(SmtpUrlError::Undecodable);
    Ok(Credentials {
        user: decoded(user)?,
        password: Secret::new(decoded(password)?),
    })
}

#[derive(Default)]
struct Parameters {
    timeout: Option<Duration>,
    use_tls: bool,
    use_ssl: bool,
    may_show_password: bool,
}

impl Parameters {
    fn of(query: &str) -> Result<Self, SmtpUrlError> {
        let fail = |_| SmtpUrlError::Parameters;
        let mut parameters = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(SmtpUrlError::Parameters)?;
            match name.to_ascii_lowercase().as_str() {
                "timeout" | "email_timeout" => {
                    parameters.timeout = Some(duration(TIMEOUTS)(value).map_err(fail)?);
                }
                "email_use_tls" => parameters.use_tls = boolean(value).map_err(fail)?,
                "email_use_ssl" => parameters.use_ssl = boolean(value).map_err(fail)?,
                "allow_plaintext_auth" => {
                    parameters.may_show_password = boolean(value).map_err(fail)?;
                }
                _ => return Err(SmtpUrlError::Parameters),
            }
        }
        Ok(parameters)
    }

    /// How the conversation is encrypted when the scheme alone would say `encryption`.
    fn over(&self, encryption: Encryption) -> Result<Encryption, SmtpUrlError> {
        match (self.use_tls, self.use_ssl) {
            (true, true) => Err(SmtpUrlError::MutuallyExclusive),
            (true, false) if encryption == Encryption::Implicit => {
                Err(SmtpUrlError::MutuallyExclusive)
            }
            (false, true) if encryption == Encryption::StartTls => {
                Err(SmtpUrlError::MutuallyExclusive)
            }
            (true, false) => Ok(Encryption::StartTls),
            (false, true) => Ok(Encryption::Implicit),
            (false, false) => Ok(encryption),
        }
    }
}

#[cfg(test)]
mod tests;
