//! Clients, good and bad.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::SOON;

/// A client that does nothing by itself.
pub(super) struct Client {
    pub(super) stream: TcpStream,
}

impl Client {
    /// A connection closed meanwhile is no failure here: the answer shows what happened.
    pub(super) async fn send(&mut self, text: &str) {
        let _ = timeout(SOON, self.stream.write_all(text.as_bytes()))
            .await
            .unwrap();
    }

    /// Asks, and says with which status it was answered; 0 when it was not.
    pub(super) async fn ask(&mut self, request: &str) -> u16 {
        self.send(request).await;
        self.answer().await
    }

    /// Reads one answer with a `content-length` and leaves the connection open.
    pub(super) async fn answer(&mut self) -> u16 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match timeout(SOON, self.stream.read_u8()).await.unwrap() {
                Ok(byte) => head.push(byte),
                Err(_) => return 0,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.split("\r\ncontent-length: ").nth(1).unwrap();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        timeout(SOON, self.stream.read_exact(&mut body))
            .await
            .unwrap()
            .unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Reads until the server closes, which it must do soon.
    pub(super) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = timeout(SOON, self.stream.read_to_end(&mut rest))
            .await
            .unwrap();
        String::from_utf8(rest).unwrap()
    }
}

/// Sends `start` and then `drop` again and again until the server closes; says what it
/// answered.
pub(super) async fn drip(mut client: Client, start: &str, drop: &str) -> String {
    client.send(start).await;
    let (mut from, mut to) = client.stream.into_split();
    let mut answer = Vec::new();
    let dripping = async {
        loop {
            sleep(Duration::from_millis(20)).await;
            let _ = to.write_all(drop.as_bytes()).await;
        }
    };
    tokio::select! {
        read = timeout(SOON, from.read_to_end(&mut answer)) => { let _ = read.unwrap(); }
        () = dripping => {}
    }
    String::from_utf8(answer).unwrap()
}
