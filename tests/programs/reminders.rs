//! An artist falls silent: the mail, the link in it, and the page behind the link.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::tasks::{Envelope, QueueName};
use domain::use_cases::CheckInactiveArtists;
use mail_parser::MessageParser;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tests::client::Client;
use tests::program::{Program, command};
use tokio::time::{Instant, sleep};

use super::{artist, enqueue};

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_artist_is_mailed_and_unsubscribes_with_one_click() {
    let folder = TempDir::new().unwrap();
    let mut how = command("worker", folder.path());
    how.env("PUBLIC_URL", "https://music.example");
    let mut worker = Program::start(how);
    let mut how = command("api", folder.path());
    how.env("LOG_LEVEL", "trace");
    let mut api = Program::start(how);
    let address = api.address();
    worker.line_with("ready");
    for name in ["ada", "eve"] {
        artist(address, name).await;
    }
    silence(folder.path(), "ada", 31).await;

    check(folder.path(), 1).await;
    let mail = until_reminded(folder.path(), 1).await.remove(0);

    let mail = MessageParser::default().parse(&mail).unwrap();
    let header = |name| mail.header_raw(name).unwrap().trim();
    assert_eq!(
        mail.to().unwrap().first().unwrap().address(),
        Some("ada@example.com")
    );
    assert_eq!(mail.subject(), Some("31 days without a new album"));
    assert_eq!(
        header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    let link = header("List-Unsubscribe").trim_matches(['<', '>']);
    assert!(mail.body_text(0).unwrap().contains(link));
    assert!(mail.body_html(0).unwrap().contains(link));
    let path = link.strip_prefix("https://music.example").unwrap();

    let mut anybody = Client::connect(address).await.unwrap();
    for (method, path, status) in [
        ("GET", path, 200),
        ("GET", &path[..path.len() - 1], 404),
        ("POST", path, 200),
        ("POST", path, 200),
    ] {
        let answer = anybody.send(method, path, None).await.unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
    }

    for name in ["ada", "eve"] {
        silence(folder.path(), name, 61).await;
    }
    check(folder.path(), 2).await;
    let mails = until_reminded(folder.path(), 2).await;
    let to_eve = mails
        .iter()
        .filter(|mail| contains(mail, "eve@example.com"));
    assert_eq!(to_eve.count(), 1, "and none to ada, who has unsubscribed");

    let secret = folder.path().join("var/secret_key");
    let mode = fs::metadata(&secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    let secret = fs::read_to_string(secret).unwrap();
    let token = path.rsplit('/').next().unwrap();
    for program in [api, worker] {
        let log = program.stop().errors;
        assert!(!log.contains(secret.trim()), "the log holds the secret");
        assert!(!log.contains(token), "the log holds a token: {log}");
    }
}

/// Makes it so that `name` has been an artist, and silent, for so many days.
async fn silence(folder: &Path, name: &str, days: i64) {
    let file = folder.join("var/backbeat.sqlite3");
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.unwrap();
    let since = Utc::now() - TimeDelta::days(days);
    let done = sqlx::query("UPDATE artists SET created_at = ? WHERE stage_name = ?")
        .bind(since.timestamp_micros())
        .bind(name)
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1);
    connection.close().await.unwrap();
}

/// Has quiet artists looked for, as a beat does.
async fn check(folder: &Path, occurrence: u32) {
    let task = CheckInactiveArtists::default();
    let envelope = Envelope::seal(&task, occurrence, QueueName::default());
    enqueue(&folder.join("var/backbeat.sqlite3"), envelope).await;
}

/// Waits until there are so many reminders, and reads them.
async fn until_reminded(folder: &Path, count: usize) -> Vec<Vec<u8>> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let entries = folder.join("var/mail").read_dir().unwrap();
        let names = entries.map(|entry| entry.unwrap().path()).filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("reminder.") && name.ends_with(".eml")
        });
        let mails: Vec<_> = names.map(|path| fs::read(path).unwrap()).collect();
        if count <= mails.len() {
            assert_eq!(mails.len(), count);
            return mails;
        }
        assert!(
            Instant::now() < deadline,
            "{} of {count} reminders",
            mails.len()
        );
        sleep(Duration::from_millis(10)).await;
    }
}

fn contains(mail: &[u8], words: &str) -> bool {
    String::from_utf8_lossy(mail).contains(words)
}
