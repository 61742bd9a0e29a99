//! Secrets go in by settings and requests, and come out nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use redis::cmd;
use serde_json::json;
use tempfile::TempDir;
use tests::client::Client;
use tests::program::{Program, command};
use tests::redis_server::RedisServer;
use tests::scripted_smtp::{self, Script, ScriptedServer};

use super::until_inspected;

const SIGNING: &str = "hunter2-signs-the-links-and-is-long-enough";
const REDIS: &str = "hunter2-of-redis";
const ACCOUNT: &str = "hunter2-of-an-account";

/// Everything in one process with a secret in each setting that may hold one, and every crate
/// made to say all it can.
fn talkative(folder: &Path, redis: &RedisServer, mail: &ScriptedServer) -> Command {
    let mut how = command("backbeat", folder);
    let mail = format!(
        "smtp://{}:{}@{}",
        scripted_smtp::USER.replace('@', "%40"),
        scripted_smtp::PASSWORD.replace('@', "%40"),
        mail.address()
    );
    let socket = redis.folder().join("redis.sock");
    let socket = socket.display();
    how.env("RUST_LOG", "trace")
        .env("SECRET_KEY", SIGNING)
        .env(
            "REDIS_URL",
            format!("redis+unix://{socket}?password={REDIS}"),
        )
        .env("EMAIL_URL", mail)
        .env("DEFAULT_FROM_EMAIL", "Music <music@example.org>");
    how
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_no_command_and_no_error_holds_a_secret() {
    let redis = RedisServer::start(&[]).await;
    let wanted = cmd("CONFIG")
        .arg("SET")
        .arg("requirepass")
        .arg(REDIS)
        .to_owned();
    redis.ask::<()>(&wanted).await.unwrap();
    let mail = ScriptedServer::start(Script::usual().with_login("PLAIN LOGIN"));
    let folder = TempDir::new().unwrap();
    let mut program = Program::start(talkative(folder.path(), &redis, &mail));
    let address = program.address();
    let account = json!({"username": "ada", "email": "ada@example.com", "password": ACCOUNT});
    let mut client = Client::connect(address).await.unwrap();
    let registered = client
        .send("POST", "/authentication/register/", Some(account.clone()))
        .await
        .unwrap();
    let token = registered.body["token"].as_str().unwrap().to_owned();
    client
        .send("POST", "/authentication/login/", Some(account))
        .await
        .unwrap();
    let mut ada = client.with_token(token.clone());
    ada.send("POST", "/artists/", Some(json!({"stage_name": "Ada"})))
        .await
        .unwrap();
    ada.publish("First").await.unwrap();
    mail.until(|seen| seen.mails.len() == 1).await;
    until_inspected(folder.path(), |found| found["mails"]["sent"] == 1).await;

    let mut said = BTreeSet::new();
    for arguments in [
        &["inspect"][..],
        &["inspect", "--json"],
        &["purge", "--force"],
        &["migrate"],
        &["send-test-mail", "ada@example.com"],
        &["--help"],
        &["requeue", "no-such-task"],
    ] {
        let output = talkative(folder.path(), &redis, &mail)
            .args(arguments)
            .output();
        let output = output.unwrap();
        said.insert(String::from_utf8([output.stdout, output.stderr].concat()).unwrap());
    }
    let ended = program.stop();
    said.insert(ended.errors);
    said.insert(ended.output);

    for said in said {
        for secret in ["hunter2", scripted_smtp::PASSWORD, &token, "$argon2"] {
            let line = said.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret}");
        }
    }
    assert_private(&folder.path().join("var"));
}

/// Whatever is kept on disk is for its owner alone.
fn assert_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::metadata(&path).unwrap();
        if metadata.is_file() {
            let mode = metadata.permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
        }
    }
}

/// Settings that are wrong are named, and what they hold is not.
#[test]
fn what_cannot_be_reached_is_named_without_its_password() {
    for (name, url) in [
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/db"),
        ("REDIS_URL", "redis://u:hunter2@127.0.0.1:1/x"),
        ("EMAIL_URL", "smtp://u:hunter2@music.example"),
        ("PUBLIC_URL", "https://u:hunter2@music.example"),
        ("SECRET_KEY", "hunter2"),
    ] {
        let folder = TempDir::new().unwrap();
        let mut how = command("backbeat", folder.path());
        how.env(name, url).args(["inspect"]);

        let output = how.output().unwrap();

        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success(), "{name}: {said}");
        assert!(!said.contains("hunter2"), "{name}: {said}");
    }
}
