//! One process or three: an album is answered at once, and its mail is there a moment later.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tests::client::Client;
use tests::patience::once_within;
use tests::program::{Program, command};

use super::{artist, backbeat, congratulated, until_congratulated};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_there_within_a_second_and_a_second_start_keeps_everything() {
    let folder = TempDir::new().unwrap();
    let (program, address) = backbeat(folder.path());
    let mut ada = artist(address, "ada").await;

    let mut published = BTreeSet::new();
    once_within(Duration::from_secs(1), async |number| {
        let begun_at = Instant::now();
        published.insert(ada.publish(&format!("Album {number}")).await.unwrap());
        until_congratulated(folder.path(), &published).await;
        begun_at.elapsed()
    })
    .await;
    assert_private(folder.path());

    let ended = program.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    let (program, address) = backbeat(folder.path());
    let mut again = Client::connect(address).await.unwrap();
    let credentials = json!({"username": "ada", "password": "correct horse battery"});
    let logged_in = again
        .send("POST", "/authentication/login/", Some(credentials))
        .await
        .unwrap();
    assert_eq!(logged_in.status, 200);
    let mut again = again.with_token(logged_in.body["token"].as_str().unwrap().to_owned());
    let albums = again.send("GET", "/albums/", None).await.unwrap();
    assert_eq!(albums.body["count"], json!(published.len()));
    assert_eq!(program.stop().status.code(), Some(0));
    assert_eq!(congratulated(folder.path()), published, "no second mail");
}

/// What holds addresses is readable by its owner alone.
fn assert_private(folder: &Path) {
    let data = folder.join("var");
    let mails = data.join("mail").read_dir().unwrap();
    let files = mails.map(|entry| entry.unwrap().path());
    for file in files.chain([
        data.join("backbeat.sqlite3"),
        data.join("backbeat.sqlite3-wal"),
    ]) {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_share_one_file() {
    let folder = TempDir::new().unwrap();
    let mut worker = Program::start(command("worker", folder.path()));
    let mut beat = Program::start(command("beat", folder.path()));
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    worker.line_with("ready");
    beat.line_with("ready");
    let mut ada = artist(address, "ada").await;

    let mut albums = BTreeSet::new();
    for number in 0..20 {
        albums.insert(ada.publish(&format!("Album {number}")).await.unwrap());
    }
    // The worker polls: it is another process, and nobody rings its bell.
    until_congratulated(folder.path(), &albums).await;

    for program in [api, worker, beat] {
        let ended = program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_programs_may_start_at_once_on_a_file_that_is_not_there_yet() {
    let folder = TempDir::new().unwrap();
    let programs: Vec<Program> = (0..10)
        .map(|number| {
            Program::start(command(
                if number % 2 == 0 { "api" } else { "beat" },
                folder.path(),
            ))
        })
        .collect();

    for mut program in programs {
        program.line_with("e");
        let ended = program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_in_words_that_celery_users_know_and_holds_no_secret() {
    let folder = TempDir::new().unwrap();
    let mut how = command("backbeat", folder.path());
    how.env("LOG_LEVEL", "trace");
    let mut program = Program::start(how);
    let address = program.address();
    let mut client = Client::connect(address).await.unwrap();
    let account =
        json!({"username": "ada", "email": "ada@example.com", "password": "correct horse battery"});
    let registered = client
        .send("POST", "/authentication/register/", Some(account))
        .await
        .unwrap();
    let token = registered.body["token"].as_str().unwrap().to_owned();
    let mut ada = client.with_token(token.clone());
    ada.send("POST", "/artists/", Some(json!({"stage_name": "Ada"})))
        .await
        .unwrap();
    let album = ada.publish("First").await.unwrap();
    until_congratulated(folder.path(), &BTreeSet::from([album])).await;
    let nowhere = ada.send("GET", "/ada@example.com/", None).await.unwrap();
    assert_eq!(nowhere.status, 404);

    let log = program.stop().errors;
    for words in [
        "Task albums.tasks.congratulate_artist[",
        "] received",
        "] succeeded in 0.",
        ": \"sent\"",
    ] {
        assert!(log.contains(words), "{words} in {log}");
    }
    for secret in [
        "ada@example.com",
        token.as_str(),
        "correct horse",
        "$argon2",
    ] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_from_dotenv_and_backbeat_toml() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("backbeat.toml"),
        "DATA_DIR = \"elsewhere\"\nLOG_FORMAT = \"text\"\n",
    )
    .unwrap();
    fs::write(
        folder.path().join(".env"),
        "LOG_FORMAT=json\nEMAIL_URL=filemail://letters\nDATABASE_URL=sqlite:///music.db\n",
    )
    .unwrap();
    let (program, _) = backbeat(folder.path());

    let ended = program.stop();

    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert!(
        folder.path().join("music.db").is_file(),
        "three slashes are relative"
    );
    assert!(folder.path().join("letters").is_dir());
    let line = ended.errors.lines().next().unwrap();
    assert!(
        serde_json::from_str::<serde_json::Value>(line).is_ok(),
        "{line}"
    );
}
