//! More than a program can bear: it says so at once, and goes on.

mod descriptors;
mod passwords;
mod slow_clients;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const GET: &str = "GET /albums/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// What a busy machine may take for an answer that comes at once.
const SOON: Duration = Duration::from_secs(30);

/// Asks for the albums over a connection of its own, and has the status and the whole answer;
/// 0 when the connection ended without one.
async fn asked(address: SocketAddr) -> (u16, String) {
    let asking = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may be refused before it has said anything.
        let _ = stream.write_all(GET.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    let answer = timeout(SOON, asking).await.expect("an answer soon");
    let status = answer.split(' ').nth(1).unwrap_or("0").parse().unwrap();
    (status, answer)
}
