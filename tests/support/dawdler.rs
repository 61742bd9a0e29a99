//! Clients that are slow in every way they can.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// What a slow client begins with, and what it then sends a byte of every second, if anything.
pub type Manner = (&'static str, &'static str);

/// Says nothing; never ends its head; says nothing more once it was answered; never ends its body.
pub const MANNERS: [Manner; 4] = [
    ("", ""),
    ("GET /albums/ HTTP/1.1\r\nx: ", "y"),
    ("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", ""),
    (
        "POST /authentication/login/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n",
        " ",
    ),
];

/// Dawdles in this manner until the server closes.
pub async fn dawdle(mut stream: TcpStream, (start, drop): Manner) {
    let _ = stream.write_all(start.as_bytes()).await;
    let (mut from, mut to) = stream.into_split();
    let mut answer = Vec::new();
    let dripping = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            let _ = to.write_all(drop.as_bytes()).await;
        }
    };
    tokio::select! {
        _ = from.read_to_end(&mut answer) => {}
        () = dripping => {}
    }
}
