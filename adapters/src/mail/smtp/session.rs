//! A conversation with the server, brought to where mails can be handed over.

use std::net::{IpAddr, SocketAddr};

use futures_util::FutureExt;
use lettre::transport::smtp::commands::{Ehlo, Quit, Starttls};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;

use super::dial::dial;
use super::login::log_in;
use super::offers::Offers;
use super::reply::Reply;
use super::server::{Security, SmtpServer};
use super::transcript::{Speaker, Transcript};
use super::trouble::{Stage, Trouble, What};
use super::trust::TlsClient;
use super::wire::Wire;

/// A conversation in which mails can be handed over.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) offers: Offers,
    /// Whether the server still thinks of an earlier mail.
    pub(super) must_reset: bool,
    /// Whether nothing more can be said in it.
    pub(super) is_spent: bool,
}

impl Session {
    /// Says good-bye, without waiting for an answer.
    pub(super) fn leave(mut self) {
        self.wire.say(&Quit.to_string());
        let _ = self.wire.hand_over(Stage::Reset).now_or_never();
    }
}

/// Begins conversations.
pub(super) struct Opener {
    pub(super) server: SmtpServer,
    pub(super) tls: TlsClient,
    pub(super) transcript: Option<Transcript>,
}

impl Opener {
    /// Connects, says hello, agrees on encryption and logs in, as the server's settings want it.
    pub(super) async fn open(&self) -> Result<Session, Trouble> {
        let server = &self.server;
        let host = idna::domain_to_ascii(&server.host).unwrap_or_else(|_| server.host.clone());
        let stream = dial(&host, server.port, server.timeout).await?;
        let broken = |error| Trouble {
            stage: Stage::Connect,
            what: What::broken(&error),
        };
        let peer = stream.peer_addr().map_err(broken)?;
        let wire = Wire::new(stream, server.timeout, self.transcript.clone()).map_err(broken)?;
        wire.tell(Speaker::Nobody, || format!("connected to {host}, {peer}"));
        let wire = match server.security {
            Security::Implicit => self.encrypted(wire, &host).await?,
            Security::StartTls | Security::Plain { .. } => wire,
        };
        self.introduced(wire, &host, peer).await
    }

    async fn introduced(
        &self,
        mut wire: Wire,
        host: &str,
        peer: SocketAddr,
    ) -> Result<Session, Trouble> {
        let greeting = wire.reply(Stage::Greeting).await?;
        expected(Stage::Greeting, greeting)?;
        let mut offers = self.hello(&mut wire).await?;
        if self.server.security == Security::StartTls {
            start_tls(&mut wire, &offers).await?;
            wire = self.encrypted(wire, host).await?;
            // What was offered in clear may have been anybody's offer.
            offers = self.hello(&mut wire).await?;
        }
        if let Some(credentials) = &self.server.credentials {
            if !self.server.security.may_log_in(peer.ip()) {
                return Err(Trouble::failed(
                    Stage::Login,
                    "the password is not sent to another machine without encryption",
                ));
            }
            log_in(&mut wire, &offers, credentials).await?;
        }
        Ok(Session {
            wire,
            offers,
            must_reset: false,
            is_spent: false,
        })
    }

    async fn encrypted(&self, wire: Wire, host: &str) -> Result<Wire, Trouble> {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|e| Trouble::failed(Stage::Handshake, format!("{host}: {e}")))?;
        let tls = self.tls.connector().await;
        let tls = tls.map_err(|why| Trouble::failed(Stage::Handshake, why))?;
        wire.encrypted(&tls, name).await
    }

    async fn hello(&self, wire: &mut Wire) -> Result<Offers, Trouble> {
        let machine = ClientId::default().to_string();
        let address = wire.local_address().ip();
        let name = client_id(self.server.hello.as_deref(), &machine, address);
        let reply = ask(wire, &Ehlo::new(name.clone()).to_string(), Stage::Hello).await?;
        let is_old = matches!(reply.code, 500 | 502 | 504);
        if is_old && self.server.credentials.is_none() && self.needs_no_tls() {
            let reply = ask(wire, &format!("HELO {name}\r\n"), Stage::Hello).await?;
            expected(Stage::Hello, reply)?;
            return Ok(Offers::default());
        }
        expected(Stage::Hello, reply).map(|reply| Offers::read(&reply))
    }

    fn needs_no_tls(&self) -> bool {
        matches!(self.server.security, Security::Plain { .. })
    }
}

async fn start_tls(wire: &mut Wire, offers: &Offers) -> Result<(), Trouble> {
    let fail = |why: &str| Err(Trouble::failed(Stage::StartTls, why));
    if !offers.has("STARTTLS") {
        return fail("the server does not offer encryption, or somebody on the way hides it");
    }
    let reply = ask(wire, &Starttls.to_string(), Stage::StartTls).await?;
    expected(Stage::StartTls, reply)?;
    if wire.has_unread() {
        return fail("somebody on the way put words into the server's mouth");
    }
    Ok(())
}

async fn ask(wire: &mut Wire, line: &str, stage: Stage) -> Result<Reply, Trouble> {
    wire.say(line);
    wire.hand_over(stage).await?;
    wire.reply(stage).await
}

/// `reply` if it is the one that lets the conversation go on from `stage`.
pub(super) fn expected(stage: Stage, reply: Reply) -> Result<Reply, Trouble> {
    let hoped_for = match stage {
        Stage::Login => 235..=235,
        Stage::Data => 354..=354,
        _ => 200..=299,
    };
    if hoped_for.contains(&reply.code) {
        Ok(reply)
    } else {
        Err(refusal(stage, reply))
    }
}

/// What it is when the server answers `reply` where something else was hoped for.
pub(super) fn refusal(stage: Stage, reply: Reply) -> Trouble {
    let what = match reply.code {
        400..=599 => What::Refused(reply),
        _ => What::Failed(format!("an unexpected answer: {reply}")),
    };
    Trouble { stage, what }
}

/// Who we are: `hello`, or the name of this `machine` if it is one that servers take, or our address.
fn client_id(hello: Option<&str>, machine: &str, address: IpAddr) -> ClientId {
    let is_name = |name: &&str| {
        let is_fine = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-');
        !name.is_empty() && name.bytes().all(is_fine) && name.parse::<IpAddr>().is_err()
    };
    let is_full_name = |name: &&str| is_name(name) && name.contains('.');
    let machine = Some(machine).filter(is_full_name);
    match (hello.filter(is_name).or(machine), address.to_canonical()) {
        (Some(name), _) => ClientId::Domain(name.to_owned()),
        (None, IpAddr::V4(address)) => ClientId::Ipv4(address),
        (None, IpAddr::V6(address)) => ClientId::Ipv6(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_call_ourselves_what_we_were_told_or_what_servers_take() {
        let (v4, v6) = (
            [192, 0, 2, 1].into(),
            [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
        );
        let said = |hello, machine: &str, address| {
            client_id(hello, machine, IpAddr::V4(address)).to_string()
        };

        assert_eq!(said(Some("relay"), "web-1.example.org", v4), "relay");
        assert_eq!(said(None, "web-1.example.org", v4), "web-1.example.org");
        for machine in ["web-1", "web_1.example", "", "127.0.0.1", "a\r\nb.c"] {
            assert_eq!(said(None, machine, v4), "[192.0.2.1]", "{machine:?}");
        }
        assert_eq!(said(Some("a b\r\nMAIL"), "x", v4), "[192.0.2.1]");
        let said = client_id(None, "x", IpAddr::V6(v6)).to_string();
        assert_eq!(said, "[IPv6:2001:db8::1]");
    }
}
