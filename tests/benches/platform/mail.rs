//! Mails to a server that takes everything and keeps nothing, in a process of its own.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::mail::{Composer, Security, SmtpMailer, SmtpServer, Trust};
use async_trait::async_trait;
use domain::model::{HeaderText, Mail, MailKey, MailKind, Recipient};
use domain::ports::{Gate, GateClosed, Mailer};
use futures_util::future::{join_all, pending};
use tests::program::Program;
use tests::samples::value;
use tests::scripted_smtp::{Script, ScriptedServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::report;

/// The argument that makes this program the server.
pub(crate) const SERVE: &str = "serve-mail";

const TIME: Duration = Duration::from_secs(5);

/// Serves until it is killed.
pub(crate) async fn serve() {
    let server = ScriptedServer::start(Script::usual().forgetting_mails());
    report::listens(&format!("http://{}", server.address()));
    pending::<()>().await;
}

pub(crate) async fn measure() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let folder = tempfile::TempDir::new().unwrap();
    command.arg(SERVE).current_dir(folder.path());
    let mut server = Program::start(command);
    let address = server.address();
    for (connections, over, to_reach) in [
        (8, "8 connections", "≥ 5,000"),
        (1, "one connection", "≥ 2,000"),
    ] {
        let ours = ours(address, connections).await;
        let bare = bare(address, connections).await;
        let what = |who: &str| format!("mails/s, {who}, {over}");
        report::line(&what("each composed and sent"), &rate(ours), to_reach);
        report::line(&what("bare writer of the same bytes"), &rate(bare), "");
        report::line("ours ÷ bare", &format!("{:.2}", ours / bare), "");
    }
}

/// What the mailer sends, with as many mails under way as there are connections.
async fn ours(address: SocketAddr, connections: usize) -> f64 {
    let security = Security::Plain {
        may_show_password: false,
    };
    let server = SmtpServer {
        connections,
        ..SmtpServer::new(address.ip().to_string(), address.port(), security)
    };
    let mailer = Arc::new(SmtpMailer::new(server, Trust::System, composer()));
    let mut sending = JoinSet::new();
    let began = Instant::now();
    for _ in 0..connections {
        let mailer = mailer.clone();
        sending.spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < TIME {
                mailer.send(&congratulation(), &Open).await.unwrap();
                count += 1;
            }
            count
        });
    }
    per_second(&sending.join_all().await, began)
}

/// The least that does the same: one mail after the other, in two writes and two reads.
async fn bare(address: SocketAddr, connections: usize) -> f64 {
    let mut text = composer().compose(&congratulation()).unwrap();
    text.extend_from_slice(b".\r\n");
    let text: Arc<[u8]> = text.into();
    let streams = (0..connections).map(|_| async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        answers(&mut stream, 1).await;
        stream.write_all(b"HELO bare\r\n").await.unwrap();
        answers(&mut stream, 1).await;
        stream
    });
    let streams = join_all(streams).await;
    let mut sending = JoinSet::new();
    let began = Instant::now();
    for mut stream in streams {
        let text = text.clone();
        sending.spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < TIME {
                let commands = "MAIL FROM:<backbeat@music.example>\r\n\
                                RCPT TO:<ada@example.com>\r\nDATA\r\n";
                stream.write_all(commands.as_bytes()).await.unwrap();
                answers(&mut stream, 3).await;
                stream.write_all(&text).await.unwrap();
                answers(&mut stream, 1).await;
                count += 1;
            }
            count
        });
    }
    per_second(&sending.join_all().await, began)
}

/// Reads so many lines.
async fn answers(stream: &mut TcpStream, count: usize) {
    let (mut buffer, mut lines) = ([0; 1024], 0);
    while lines < count {
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(0 < length, "the server is there");
        // The last piece has no end yet.
        lines += buffer[..length].split(|it| *it == b'\n').count() - 1;
    }
}

struct Open;

#[async_trait]
impl Gate for Open {
    async fn pass(&self) -> Result<(), GateClosed> {
        Ok(())
    }
}

fn composer() -> Composer {
    let name = Some("Backbeat".to_owned());
    Composer::new(name, "backbeat@music.example", Arc::new(SystemClock)).unwrap()
}

/// A mail as large as the real one and of the same form.
fn congratulation() -> Mail {
    Mail {
        key: MailKey {
            kind: MailKind::Congratulation,
            cause: Uuid::now_v7(),
        },
        to: Recipient {
            name: HeaderText::without_controls("Ada & the Engines"),
            address: value("ada@example.com"),
        },
        subject: HeaderText::without_controls("Your album “Notes on Bernoulli” is published"),
        text: include_str!("../../../domain/templates/congratulation.txt").to_owned(),
        html: include_str!("../../../domain/templates/congratulation.html").to_owned(),
        headers: Vec::new(),
    }
}

fn per_second(counts: &[u32], began: Instant) -> f64 {
    f64::from(counts.iter().sum::<u32>()) / began.elapsed().as_secs_f64()
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.0}")
}
