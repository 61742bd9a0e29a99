//! A mail server that takes everything, and notes when it took what.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use uuid::Uuid;

type Taken = Arc<Mutex<HashMap<Uuid, Instant>>>;

pub(super) struct Sink {
    address: SocketAddr,
    taken: Taken,
}

impl Sink {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let taken = Taken::default();
        let noted = taken.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, noted.clone()));
            }
        });
        Self { address, taken }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    /// When the mail of each album was taken.
    pub(super) fn taken(&self) -> HashMap<Uuid, Instant> {
        self.taken.lock().unwrap().clone()
    }
}

/// One client, until it goes.
async fn serve(stream: TcpStream, taken: Taken) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    let mut album = None;
    let mut is_mail = false;
    let mut line = String::new();
    stream.write_all(b"220 sink\r\n").await.unwrap();
    loop {
        line.clear();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        let answer: &[u8] = if is_mail {
            if let Some(id) = line.strip_prefix("Message-ID: <congratulation.") {
                album = id.split('@').next().and_then(|id| id.parse().ok());
            }
            if line != ".\r\n" {
                continue;
            }
            is_mail = false;
            let album = album.take().expect("a congratulation");
            taken.lock().unwrap().insert(album, Instant::now());
            b"250 taken\r\n"
        } else if line.starts_with("DATA") {
            is_mail = true;
            b"354 go on\r\n"
        } else if line.starts_with("EHLO") {
            b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"
        } else {
            b"250 yes\r\n"
        };
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}
