//! A private server that listens on loopback as well.

use std::path::Path;

use super::{PostgresServer, process};
use crate::ports::free_port;

/// Whoever comes by the socket is let in; over the network a password is asked for.
const BY_SOCKET: &str = "local all all trust\n";
/// Where the server looks for them in its folder of data.
const CERTIFICATE: &str = "server.crt";
const KEY: &str = "server.key";

impl PostgresServer {
    /// A server on loopback that takes encrypted sessions only, with this certificate and key.
    pub fn encrypted((certificate, key): &(String, String)) -> &'static Self {
        let rules = format!("{BY_SOCKET}hostssl all all 127.0.0.1/32 scram-sha-256\n");
        let files = [
            (CERTIFICATE, certificate.as_str()),
            (KEY, key),
            ("pg_hba.conf", &rules),
        ];
        Self::on_loopback("ssl = on", &files)
    }

    /// Gives it another certificate and key, and starts it again.
    pub fn certify(&self, (certificate, key): &(String, String)) {
        self.stop();
        process::write(&self.data().join(CERTIFICATE), certificate);
        process::write(&self.data().join(KEY), key);
        self.go_on();
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
