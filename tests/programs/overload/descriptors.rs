//! No file descriptor is left: clients are refused, and nothing ends.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tests::program::{Program, command};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::super::artist;
use super::asked;

/// Far fewer than connections may be open.
const FILES: &str = "64";

/// The api, which may open so few files.
fn api(folder: &TempDir) -> Program {
    let api = command("api", folder.path());
    let script = format!("ulimit -n {FILES} && exec \"$0\"");
    let mut how = Command::new("sh");
    how.args(["-c", &script])
        .arg(api.get_program())
        .current_dir(folder.path())
        .env_clear()
        .env("API_BIND", "127.0.0.1:0");
    Program::start(how)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_without_descriptors_refuses_politely_and_recovers() {
    let folder = TempDir::new().unwrap();
    let mut api = api(&folder);
    let address = api.address();
    let mut ada = artist(address, "ada").await;
    ada.publish("Before").await.unwrap();
    let begun_at = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }

    for _ in 0..40 {
        let (status, answer) = asked(address).await;
        assert!([200, 503].contains(&status), "{answer}");
        if status == 503 {
            assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
        }
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    drop(silent);

    let deadline = Instant::now() + Duration::from_mins(1);
    let mut in_a_row = 0;
    while in_a_row < 10 {
        let is_served = asked(address).await.0 == 200;
        in_a_row = if is_served { in_a_row + 1 } else { 0 };
        assert!(Instant::now() < deadline, "{}", api.log());
        sleep(Duration::from_millis(20)).await;
    }
    artist(address, "eve").await.publish("After").await.unwrap();
    let log = api.log();
    let troubles = log.matches("cannot accept connections").count();
    assert_ne!(troubles, 0, "there were enough of them: {log}");
    let most = begun_at.elapsed().as_secs() + 1;
    assert!(troubles as u64 <= most, "{troubles} lines: {log}");
    assert_eq!(api.stop().status.code(), Some(0));
}
