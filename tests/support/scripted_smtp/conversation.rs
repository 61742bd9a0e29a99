//! One conversation of a scripted mail server.

#[path = "conversation/auth.rs"]
mod auth;

use std::future::pending;
use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::Stage;
use super::script::{Act, Step};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Plays the script of `stage` over `stream` until either side has had enough.
pub(crate) async fn converse(stream: TcpStream, stage: &Stage) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let script = stage.script().clone();
    let mut talk = Talk {
        stream: Box::new(stream),
        input: BytesMut::new(),
        output: Vec::new(),
        is_encrypted: false,
        is_logged_in: !script.wants_login,
        recipient: String::new(),
        stage,
    };
    if script.is_encrypted_at_once {
        talk = talk.encrypted().await?;
    }
    talk.act(Step::Greeting, "220 mail.example ESMTP").await?;
    loop {
        let line = talk.line().await?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        match verb.to_ascii_uppercase().as_str() {
            "STARTTLS" => {
                talk.heard(&line);
                talk.act(Step::StartTls, "220 go ahead").await?;
                talk.flush().await?;
                talk = talk.encrypted().await?;
            }
            "AUTH" => talk.auth(&line).await?,
            "QUIT" => {
                talk.heard(&line);
                talk.say("221 bye");
                return talk.flush().await;
            }
            _ => {
                talk.heard(&line);
                talk.command(verb, &line).await?;
            }
        }
    }
}

struct Talk<'a> {
    stream: Box<dyn Stream>,
    input: BytesMut,
    output: Vec<u8>,
    is_encrypted: bool,
    is_logged_in: bool,
    /// Whom the mail is for that is being spoken of.
    recipient: String,
    stage: &'a Stage,
}

impl Talk<'_> {
    async fn command(&mut self, verb: &str, line: &str) -> io::Result<()> {
        match verb {
            "EHLO" => {
                let offers = self.offers();
                self.act(Step::Ehlo, &offers).await?;
            }
            "HELO" => {
                self.act(Step::Helo, "250 mail.example").await?;
            }
            "MAIL" if !self.is_logged_in => self.say("530 5.7.0 Authentication required"),
            "MAIL" => {
                self.act(Step::Mail, "250 2.1.0 OK").await?;
            }
            "RCPT" => {
                self.recipient = address_in(line);
                let usual = self.stage.script().answer_to(&self.recipient);
                self.act(Step::Rcpt, usual).await?;
            }
            "RSET" => {
                self.act(Step::Rset, "250 2.0.0 OK").await?;
            }
            "DATA" => {
                if self.act(Step::Data, "354 go ahead").await? == Answer::Yes {
                    self.text().await?;
                }
            }
            _ => self.say("500 5.5.2 What?"),
        }
        Ok(())
    }

    fn offers(&self) -> String {
        let script = self.stage.script();
        let mut lines = vec!["mail.example".to_owned()];
        let may_log_in = self.is_encrypted || script.tls.is_none();
        let offers = script.offers.iter();
        lines.extend(
            offers
                .filter(|it| may_log_in || !it.starts_with("AUTH"))
                .cloned(),
        );
        if script.tls.is_some() && !self.is_encrypted {
            lines.push("STARTTLS".to_owned());
        }
        let last = lines.len() - 1;
        let lines = lines.iter().enumerate().map(|(number, line)| {
            let sign = if number < last { '-' } else { ' ' };
            format!("250{sign}{line}")
        });
        lines.collect::<Vec<_>>().join("\r\n")
    }

    /// The text of a mail up to its final dot, and the answer to that.
    async fn text(&mut self) -> io::Result<()> {
        let forgets = self.stage.script().forgets_mails;
        let (mut mail, mut is_first) = (Vec::new(), true);
        loop {
            let line = self.line().await?;
            if !forgets {
                self.stage.seen().text.extend_from_slice(&line);
            }
            if is_first {
                self.act(Step::Text, "").await?;
                is_first = false;
            }
            if &line[..] == b".\r\n" {
                break;
            }
            if !forgets {
                mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
        let answer = self.act(Step::Dot, "250 2.0.0 Taken").await?;
        if answer == Answer::Yes && !forgets {
            let mut seen = self.stage.seen();
            seen.mails.push(mail);
            seen.taken_at.push(Instant::now());
        }
        Ok(())
    }

    /// Does what the script says at `step`, or says the usual.
    async fn act(&mut self, step: Step, usual: &str) -> io::Result<Answer> {
        let act = self.stage.script().next(step);
        let said = match act {
            None => usual.to_owned(),
            Some(Act::Say(line)) => line,
            Some(Act::SayAndClose(line)) => {
                self.say(&line);
                self.flush().await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(Act::Close) => {
                self.flush().await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(Act::Stall) => {
                self.flush().await?;
                pending().await
            }
        };
        if !said.is_empty() {
            self.say(&said);
        }
        if said.starts_with('5') && matches!(step, Step::Rcpt | Step::Dot) {
            let mut seen = self.stage.seen();
            *seen.refused.entry(self.recipient.clone()).or_default() += 1;
        }
        Ok(if said.starts_with(['2', '3']) {
            Answer::Yes
        } else {
            Answer::No
        })
    }

    fn heard(&self, line: &str) {
        if self.stage.script().forgets_mails {
            return;
        }
        let mut seen = self.stage.seen();
        if line == "DATA" {
            seen.text.clear();
        }
        seen.commands.push(line.to_owned());
    }

    fn say(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        self.stream.flush().await
    }

    /// The next line with its end. Answers go out when there is nothing more to read.
    async fn line(&mut self) -> io::Result<BytesMut> {
        loop {
            if let Some(length) = self.input.iter().position(|it| *it == b'\n') {
                return Ok(self.input.split_to(length + 1));
            }
            self.flush().await?;
            self.input.reserve(16 * 1024);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn encrypted(mut self) -> io::Result<Self> {
        let tls = self.stage.script().tls.clone();
        let tls = tls.expect("a script that encrypts has a certificate");
        self.input.advance(self.input.len());
        Ok(Self {
            stream: Box::new(TlsAcceptor::from(tls).accept(self.stream).await?),
            is_encrypted: true,
            ..self
        })
    }
}

/// The address between the brackets of `RCPT TO:<…>`.
fn address_in(line: &str) -> String {
    let rest = line.split('<').nth(1).unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}

#[derive(PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}
