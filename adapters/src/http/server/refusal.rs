//! Turns clients away while the house is full.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::warn;

use super::linger::linger;
use super::seldom::Seldom;

/// So many clients are turned away politely at once, the rest abruptly.
const POLITE: usize = 128;

/// How long a client may take to accept its refusal.
const WITHIN: Duration = Duration::from_secs(1);

const REFUSAL: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\n",
    "content-type: application/problem+json\r\n",
    "content-length: 116\r\n",
    "retry-after: 1\r\n",
    "cache-control: no-store\r\n",
    "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n",
    "referrer-policy: no-referrer\r\n",
    "x-content-type-options: nosniff\r\n",
    "connection: close\r\n",
    "\r\n",
    r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"too many connections, try again shortly"}"#,
);

/// The clients being turned away; bounded in number and in time.
#[derive(Default)]
pub(super) struct Refusals {
    leaving: JoinSet<()>,
    complaints: Seldom,
}

impl Refusals {
    /// Answers 503 at once and closes, without waiting for what the client wants.
    pub(super) fn refuse(&mut self, stream: TcpStream) {
        if self.complaints.may_speak(Instant::now()) {
            warn!("refuse connections: as many are open as may be");
        }
        if self.leaving.len() < POLITE {
            self.leaving.spawn(turn_away(stream));
        } else {
            turn_away_abruptly(stream);
        }
    }

    /// Ends when one of them has left; `None` when there is none.
    pub(super) async fn next(&mut self) -> Option<()> {
        self.leaving.join_next().await.map(|_| ())
    }
}

async fn turn_away(mut stream: TcpStream) {
    let refused = timeout(WITHIN, stream.write_all(REFUSAL.as_bytes())).await;
    if let Ok(Ok(())) = refused {
        linger(stream).await;
    }
}

/// A fresh socket's buffer is empty and takes so few bytes at once. What the client has said
/// already is read, since a socket closed with bytes unread is reset; whether it reads the answer
/// before a reset for what it says later is its luck.
pub(super) fn turn_away_abruptly(stream: TcpStream) {
    let mut said = [0; 4096];
    let _ = stream.into_std().and_then(|mut stream| {
        stream.write_all(REFUSAL.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        stream.read(&mut said)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_tells_its_own_length() {
        let body = REFUSAL.split("\r\n\r\n").nth(1).map_or(0, str::len);

        assert!(REFUSAL.contains(&format!("content-length: {body}\r\n")));
    }
}
