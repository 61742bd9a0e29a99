//! A connection on which lines go out and replies come in, each within its time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::reason::without;
use super::reply::{Nonsense, Reply};
use super::transcript::{Speaker, Transcript};
use super::trouble::{Stage, Trouble, What};

/// Room for what servers usually say at a time, so that it is read at a time.
const USUAL_REPLIES: usize = 1024;

/// A stream of bytes, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to a server.
///
/// Whoever stops waiting for something on it must drop it: it would be out of step.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    from: SocketAddr,
    /// What came in and was not read yet.
    input: BytesMut,
    /// What was said and did not go out yet.
    output: Vec<u8>,
    limit: Duration,
    secrets: Vec<String>,
    transcript: Option<Transcript>,
}

impl Wire {
    /// Speaks over `stream`, in clear; each step has `limit` to be done.
    pub(super) fn new(
        stream: TcpStream,
        limit: Duration,
        transcript: Option<Transcript>,
    ) -> io::Result<Self> {
        // The final dot follows the mail in a segment of its own, and must not wait for it.
        stream.set_nodelay(true)?;
        Ok(Self {
            from: stream.local_addr()?,
            stream: Box::new(stream),
            input: BytesMut::new(),
            output: Vec::new(),
            limit,
            secrets: Vec::new(),
            transcript,
        })
    }

    /// Our own end.
    pub(super) fn local_address(&self) -> SocketAddr {
        self.from
    }

    /// The same connection, encrypted from here on; what came in before is forgotten.
    pub(super) async fn encrypted(
        self,
        tls: &TlsConnector,
        name: ServerName<'static>,
    ) -> Result<Self, Trouble> {
        let fail = |what| Trouble {
            stage: Stage::Handshake,
            what,
        };
        let handshake = tls.connect(name, self.stream);
        let stream = match timeout(self.limit, handshake).await {
            Err(_) => return Err(fail(What::Silent(self.limit))),
            Ok(Err(error)) => return Err(fail(what_tls_says(&error))),
            Ok(Ok(stream)) => stream,
        };
        let wire = Self {
            stream: Box::new(stream),
            input: BytesMut::new(),
            ..self
        };
        wire.tell(Speaker::Nobody, || "encrypted from here on".to_owned());
        Ok(wire)
    }

    /// Masks `secret` in whatever the server says from here on.
    pub(super) fn keep_secret(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(secret.to_owned());
        }
    }

    /// Says `line`, which has its end; it goes out with the next [`Wire::hand_over`].
    pub(super) fn say(&mut self, line: &str) {
        self.tell(Speaker::Client, || line.trim_end().to_owned());
        self.output.extend_from_slice(line.as_bytes());
    }

    /// Says `line`, of which the transcript hears `shown`.
    pub(super) fn say_secretly(&mut self, line: &str, shown: &str) {
        self.tell(Speaker::Client, || shown.to_owned());
        self.output.extend_from_slice(line.as_bytes());
    }

    /// Says `mail`, of which the transcript hears how long it is.
    pub(super) fn say_mail(&mut self, mail: &[u8]) {
        self.tell(Speaker::Client, || {
            format!("(the mail: {} bytes)", mail.len())
        });
        self.output.extend_from_slice(mail);
    }

    /// Hands over to the network what was said.
    pub(super) async fn hand_over(&mut self, stage: Stage) -> Result<(), Trouble> {
        let (stream, output) = (&mut self.stream, &self.output);
        let written = async {
            stream.write_all(output).await?;
            stream.flush().await
        };
        let outcome = timeout(self.limit, written).await;
        self.output.clear();
        let what = match outcome {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => What::broken(&error),
            Err(_) => What::Silent(self.limit),
        };
        Err(Trouble { stage, what })
    }

    /// The next reply.
    pub(super) async fn reply(&mut self, stage: Stage) -> Result<Reply, Trouble> {
        self.reply_within(self.limit, stage).await
    }

    /// The next reply, which has a limit of its own.
    pub(super) async fn reply_within(
        &mut self,
        limit: Duration,
        stage: Stage,
    ) -> Result<Reply, Trouble> {
        let what = match timeout(limit, self.next_reply()).await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(what)) => what,
            Err(_) => What::Silent(limit),
        };
        Err(Trouble { stage, what })
    }

    /// Whether the server has said something that was not read yet, as far as we know.
    pub(super) fn has_unread(&self) -> bool {
        !self.input.is_empty()
    }

    /// Whether the server neither says anything nor has hung up, while it is our turn.
    pub(super) fn is_quiet(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.input).now_or_never();
        read.is_none() && self.input.is_empty()
    }

    async fn next_reply(&mut self) -> Result<Reply, What> {
        loop {
            match Reply::read(&self.input) {
                Ok(Some((reply, taken))) => {
                    let _ = self.input.split_to(taken);
                    return Ok(self.heard(reply));
                }
                Ok(None) => {}
                Err(Nonsense) => return Err(What::Failed("no reply of a mail server".to_owned())),
            }
            self.input.reserve(USUAL_REPLIES);
            match self.stream.read_buf(&mut self.input).await {
                Ok(0) => return Err(What::Closed),
                Ok(_) => {}
                Err(error) => return Err(What::broken(&error)),
            }
        }
    }

    fn heard(&self, mut reply: Reply) -> Reply {
        if !self.secrets.is_empty() && reply.code >= 400 {
            for line in &mut reply.lines {
                *line = without(line, &self.secrets);
            }
        }
        let last = reply.lines.len().saturating_sub(1);
        for (number, line) in reply.lines.iter().enumerate() {
            let sign = if number < last { '-' } else { ' ' };
            self.tell(Speaker::Server, || format!("{}{sign}{line}", reply.code));
        }
        reply
    }

    /// Lets the transcript hear `line`.
    pub(super) fn tell(&self, speaker: Speaker, line: impl FnOnce() -> String) {
        if let Some(transcript) = &self.transcript {
            transcript(speaker, &line());
        }
    }
}

fn what_tls_says(error: &io::Error) -> What {
    match error.get_ref() {
        Some(cause) if cause.is::<rustls::Error>() => What::Failed(cause.to_string()),
        _ => What::broken(error),
    }
}
