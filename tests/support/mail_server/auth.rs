//! Tells Postfix whose password is right, in the words of Dovecot's auth protocol 1.2.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// What is said first; the cookie is for masters, of which there are none.
const HELLO: &[u8] = b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\n\
                       COOKIE\t00000000000000000000000000000000\nDONE\n";

/// The only user and the password.
pub(super) struct Accounts {
    serving: JoinHandle<()>,
}

impl Accounts {
    /// Answers at the socket `path`, until it is dropped.
    pub(super) fn serve(path: &Path, user: &str, password: &str) -> Self {
        let listener = UnixListener::bind(path).expect("a socket");
        // What a client sends as its proof.
        let expected: Arc<str> = plain(user, password).into();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let expected = expected.clone();
                tokio::spawn(async move {
                    // Postfix hangs up when it is done.
                    let _ = answer(stream, &expected).await;
                });
            }
        });
        Self { serving }
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(stream: UnixStream, proof: &str) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    writer.write_all(HELLO).await?;
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let mut words = line.split('\t');
        if words.next() != Some("AUTH") {
            continue;
        }
        let id = words.next().unwrap_or_default();
        let given = words.find_map(|word| word.strip_prefix("resp="));
        let verdict = if given == Some(proof) {
            format!("OK\t{id}\tuser=music\n")
        } else {
            format!("FAIL\t{id}\tuser=music\n")
        };
        writer.write_all(verdict.as_bytes()).await?;
    }
    Ok(())
}

/// The message of PLAIN (RFC 4616) in base64.
fn plain(user: &str, password: &str) -> String {
    base64(format!("\0{user}\0{password}").as_bytes())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let [first, second, third] = [0, 1, 2].map(|n| chunk.get(n).copied().unwrap_or(0));
        let number = u32::from_be_bytes([0, first, second, third]);
        for place in 0..4 {
            if chunk.len() < place {
                text.push('=');
            } else {
                let digit = number >> (18 - 6 * place) & 63;
                text.push(char::from(DIGITS[digit as usize]));
            }
        }
    }
    text
}
