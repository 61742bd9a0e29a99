//! A private server that listens on loopback as well.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use super::PostgresServer;
use crate::scripted_smtp::Authority;

/// Whoever comes by the socket is let in; over the network a password is asked for.
const BY_SOCKET: &str = "local all all trust\n";

impl PostgresServer {
    /// A server on loopback that takes encrypted sessions only, with a certificate of
    /// `authority` for the host `localhost`.
    pub fn encrypted(authority: &Authority) -> &'static Self {
        let (certificate, key) = authority.certificate("localhost");
        let rules = format!("{BY_SOCKET}hostssl all all 127.0.0.1/32 scram-sha-256\n");
        let files = [
            ("server.crt", certificate.as_str()),
            ("server.key", &key),
            ("pg_hba.conf", &rules),
        ];
        Self::on_loopback("ssl = on", &files)
    }

    /// A server on loopback that cannot encrypt.
    pub fn in_clear() -> &'static Self {
        let rules = format!("{BY_SOCKET}host all all 127.0.0.1/32 scram-sha-256\n");
        Self::on_loopback("ssl = off", &[("pg_hba.conf", &rules)])
    }

    fn on_loopback(settings: &str, files: &[(&str, &str)]) -> &'static Self {
        let settings = format!("listen_addresses = '127.0.0.1'\n{settings}");
        Self::start_with(free_port(), &settings, files)
    }

    /// The port it listens on, which is a part of its socket's name, too.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The server cannot be told to take any port: it needs a number, and somebody else may be
/// quicker, but hardly ever is.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
