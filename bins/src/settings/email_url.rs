//! `EMAIL_URL`: where mail goes.

use std::path::PathBuf;
use std::str::FromStr;

use adapters::mail::SmtpServer;

use super::percent;
use super::smtp_url::{self, SmtpUrlError};

/// Where mail goes.
///
/// `filemail:///x` is the absolute directory `/x`, `filemail://x` is relative to the
/// working directory; `consolemail://` and `console:` print; `smtp+tls://user:password@host`
/// and its kin name a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailTo {
    /// One `.eml` file per mail, in this directory.
    Files(PathBuf),
    /// Standard output.
    Console,
    /// A mail server.
    Smtp(SmtpServer),
}

/// Why a text says no place for mail. None of them shows the text: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailUrlError {
    /// A mail server that cannot be understood.
    #[error(transparent)]
    Smtp(SmtpUrlError),
    /// Another scheme, or none.
    #[error(
        "is not a place for mail; supported: smtp+tls://user:password@host, smtp+ssl://user:password@host, \
         smtp://host, filemail:///srv/mail, filemail://var/mail, consolemail://"
    )]
    Unsupported,
    /// `filemail://` and then nothing.
    #[error("names no directory; write for example filemail://var/mail")]
    NoDirectory,
    /// A `?` or `#` in the path.
    #[error(
        "parameters are not known here; write ? as %3F and # as %23 if they belong to the path"
    )]
    Parameters,
    /// A path that is not UTF-8 or holds control characters once it is decoded.
    #[error("the percent-encoded path is not readable text; encode it as UTF-8")]
    Undecodable,
}

impl FromStr for MailTo {
    type Err = EmailUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once(':').ok_or(EmailUrlError::Unsupported)?;
        let place = rest.strip_prefix("//");
        match (scheme.to_ascii_lowercase().as_str(), place) {
            (smtp, _) if smtp_url::is_smtp(smtp) => smtp_url::parse(smtp, rest)
                .map(Self::Smtp)
                .map_err(EmailUrlError::Smtp),
            ("console" | "consolemail", Some("") | None) if place.is_some() || rest.is_empty() => {
                Ok(Self::Console)
            }
            ("filemail", Some(place)) => files(place),
            _ => Err(EmailUrlError::Unsupported),
        }
    }
}

fn files(place: &str) -> Result<MailTo, EmailUrlError> {
    if place.contains(['?', '#']) {
        return Err(EmailUrlError::Parameters);
    }
    match percent::decoded(place).ok_or(EmailUrlError::Undecodable)? {
        path if path.trim_matches('/').is_empty() => Err(EmailUrlError::NoDirectory),
        path => Ok(MailTo::Files(path.into())),
    }
}

#[cfg(test)]
mod tests {
    use adapters::mail::Security;

    use super::*;

    #[test]
    fn mail_goes_where_the_url_says() {
        let files = |path: &str| Ok(MailTo::Files(path.into()));
        let smtp = |host, port| {
            let may_show_password = false;
            let security = Security::Plain { may_show_password };
            Ok(MailTo::Smtp(SmtpServer::new(host, port, security)))
        };
        for (written, meant) in [
            ("filemail:///srv/mail", files("/srv/mail")),
            ("filemail://var/mail", files("var/mail")),
            ("filemail://a%20b", files("a b")),
            ("consolemail://", Ok(MailTo::Console)),
            ("console:", Ok(MailTo::Console)),
            ("Console://", Ok(MailTo::Console)),
            ("console:x", Err(EmailUrlError::Unsupported)),
            ("filemail:x", Err(EmailUrlError::Unsupported)),
            ("filemail:///", Err(EmailUrlError::NoDirectory)),
            ("filemail://", Err(EmailUrlError::NoDirectory)),
            ("filemail://x?y=1", Err(EmailUrlError::Parameters)),
            ("filemail://%FF", Err(EmailUrlError::Undecodable)),
            ("SMTP://h", smtp("h", 25)),
            ("smtp:", Err(EmailUrlError::Smtp(SmtpUrlError::Host))),
            ("mail", Err(EmailUrlError::Unsupported)),
            ("", Err(EmailUrlError::Unsupported)),
        ] {
            assert_eq!(written.parse::<MailTo>(), meant, "{written}");
        }
    }
}
