//! Which mail server, and how it is spoken to.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// A mail server, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name, for which its certificate must be good, or its IP address.
    pub host: String,
    /// Its port: 587 for [`Security::StartTls`], 465 for [`Security::Implicit`], 25 for relays.
    pub port: u16,
    /// How the conversation is kept from others.
    pub security: Security,
    /// Who logs in; `None` for a server that wants nobody to.
    pub credentials: Option<Credentials>,
    /// How long each step may take, from the connection to the last line of the mail.
    pub timeout: Duration,
    /// How long the reply to the final dot is waited for. A server that has the mail may
    /// take its time; whoever gives up early sends the mail twice (RFC 5321, 4.5.3.2.6).
    pub last_reply: Duration,
    /// How many connections are open at a time, at most.
    pub connections: usize,
    /// The name said in `EHLO`; `None` says the name of this machine.
    pub hello: Option<String>,
}

impl SmtpServer {
    /// How long each step may take, unless told otherwise.
    pub const TIMEOUT: Duration = Duration::from_mins(1);
    /// How long the reply to the final dot is waited for, unless told otherwise.
    pub const LAST_REPLY: Duration = Duration::from_mins(10);
    /// How many connections are open at a time, unless told otherwise.
    pub const CONNECTIONS: usize = 4;

    /// The server `host` at `port`, with nobody logging in and the usual times.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            credentials: None,
            timeout: Self::TIMEOUT,
            last_reply: Self::LAST_REPLY,
            connections: Self::CONNECTIONS,
            hello: None,
        }
    }
}

/// How the conversation is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// It begins in clear and goes on encrypted, or not at all (RFC 3207).
    StartTls,
    /// It is encrypted from its first byte (RFC 8314).
    Implicit,
    /// Not at all. Nobody logs in then, but at this very machine or if it is allowed
    /// to show the password to whoever listens.
    Plain {
        /// Whether the password may be shown on the way.
        may_show_password: bool,
    },
}

impl Security {
    /// Whether a password may be said to `peer`: encrypted, on this very machine, or if
    /// showing it was allowed.
    pub(super) fn may_log_in(self, peer: IpAddr) -> bool {
        match self {
            Self::StartTls | Self::Implicit => true,
            Self::Plain { may_show_password } => {
                may_show_password || peer.to_canonical().is_loopback()
            }
        }
    }
}

/// Who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The name to log in with.
    pub user: String,
    /// What proves it.
    pub password: Secret,
}

/// A text that is never shown: not by `Debug`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` to itself.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the server.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_leaves_the_machine_in_clear() {
        let clear = Security::Plain {
            may_show_password: false,
        };
        for (security, peer, may) in [
            (clear, "127.0.0.1", true),
            (clear, "::1", true),
            (clear, "::ffff:127.0.0.1", true),
            (clear, "10.0.0.1", false),
            (clear, "192.0.2.1", false),
            (clear, "::ffff:192.0.2.1", false),
            (clear, "2001:db8::1", false),
            (Security::StartTls, "192.0.2.1", true),
            (Security::Implicit, "192.0.2.1", true),
            (
                Security::Plain {
                    may_show_password: true,
                },
                "192.0.2.1",
                true,
            ),
        ] {
            let address = peer.parse().expect("an address");
            assert_eq!(security.may_log_in(address), may, "{security:?} {peer}");
        }
    }

    #[test]
    fn debug_output_keeps_the_password_to_itself() {
        let mut server = SmtpServer::new("mail.example", 587, Security::StartTls);
        server.credentials = Some(Credentials {
            user: "ada".to_owned(),
            password: Secret::new("open sesame"),
        });

        let shown = format!("{server:?}");

        assert!(shown.contains("Secret(..)"), "{shown}");
        assert!(!shown.contains("sesame"), "{shown}");
    }
}
