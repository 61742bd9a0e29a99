//! Mail servers that refuse: what becomes of the mails, and of their tasks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::ports::free_port;
use tests::program::{Program, command};
use tests::scripted_smtp::{Act, Script, ScriptedServer, Step};
use tokio::time::{sleep, timeout};

use super::{artist, until_inspected};

/// Everything in one process, in `folder`, sending through the server at `address`.
fn sending_to(address: SocketAddr, folder: &Path) -> Command {
    let mut how = command("backbeat", folder);
    how.env("EMAIL_URL", format!("smtp://{address}"))
        .env("DEFAULT_FROM_EMAIL", "Music <music@example.org>");
    how
}

/// Starts everything and publishes an album.
async fn published(address: SocketAddr, folder: &Path) -> Program {
    let mut program = Program::start(sending_to(address, folder));
    let mut ada = artist(program.address(), "ada").await;
    ada.publish("First").await.unwrap();
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_put_off_is_tried_again() {
    let grey = Act::say("450 4.2.0 <ada@example.com> greylisted, try again");
    let server = ScriptedServer::start(Script::usual().once(Step::Rcpt, grey));
    let folder = TempDir::new().unwrap();
    let program = published(server.address(), folder.path()).await;

    // After 5 s, give or take one.
    let seen = server.until(|seen| seen.mails.len() == 1).await;

    let asked = seen.commands.iter().filter(|line| line.starts_with("RCPT"));
    assert_eq!(asked.count(), 2, "{:?}", seen.commands);
    let ended = program.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert!(ended.errors.contains("RCPT: 450"), "{}", ended.errors);
    assert!(
        !ended.errors.contains("ada@example.com"),
        "{}",
        ended.errors
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_who_does_not_exist_parks_the_mail_and_buries_its_task() {
    let unknown = Act::say("550 5.1.1 <ada@example.com> no such user");
    let server = ScriptedServer::start(Script::usual().always(Step::Rcpt, unknown));
    let folder = TempDir::new().unwrap();
    let program = published(server.address(), folder.path()).await;

    let is_buried = |found: &Value| found["queues"][0]["buried"] == 1;
    let found = until_inspected(folder.path(), is_buried).await;

    assert_eq!(found["mails"], json!({"parked": 1}));
    for reason in [&found["buried"][0]["reason"], &found["parked"][0]["reason"]] {
        let reason = reason.as_str().unwrap();
        assert!(reason.contains("RCPT: 550 5.1.1"), "{found}");
        assert!(!reason.contains("ada@example.com"), "{found}");
    }
    assert_eq!(found["pauses"], json!([]), "others may go: {found}");
    assert_eq!(program.stop().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_quota_pauses_mail_and_costs_no_attempt() {
    let quota = Act::say("550 5.4.5 Daily user sending limit exceeded");
    let server = ScriptedServer::start(Script::usual().always(Step::Data, quota));
    let folder = TempDir::new().unwrap();
    let program = published(server.address(), folder.path()).await;

    let is_paused =
        |found: &Value| found["pauses"][0].is_object() && found["queues"][0]["waiting"] == 1;
    let found = until_inspected(folder.path(), is_paused).await;

    let reason = found["pauses"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("550 5.4.5"), "{found}");
    assert_eq!(found["queues"][0]["buried"], 0, "{found}");
    assert_eq!(found["mails"], json!({"claimed": 1}), "{found}");
    program.stop();
    // The next day.
    server.play(Script::usual());
    let _program = Program::start(sending_to(server.address(), folder.path()));
    server.until(|seen| seen.mails.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_is_found_again_by_itself() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let folder = TempDir::new().unwrap();
    let program = published(address, folder.path()).await;
    let is_paused = |found: &Value| found["pauses"][0].is_object();
    let found = until_inspected(folder.path(), is_paused).await;
    let reason = found["pauses"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("connection: "), "{found}");

    let server = ScriptedServer::start_at(address, Script::usual());
    // The pause is half a minute, and the mail comes back a little later.
    let arrived = async {
        while server.seen().mails.is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_mins(2), arrived).await.unwrap();

    let found = until_inspected(folder.path(), |found| found["pauses"] == json!([])).await;
    assert_eq!(found["mails"], json!({"sent": 1}), "{found}");
    let log = program.stop().errors;
    assert_eq!(log.matches("mail is paused until").count(), 1, "{log}");
    assert_eq!(log.matches("mail goes again").count(), 1, "{log}");
}
