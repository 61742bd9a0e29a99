//! Mail through a real mail server, with nothing set but what mail needs.

mod letter;

use std::path::Path;
use std::process::Command;

use mail_parser::MessageParser;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tests::client::Client;
use tests::mail_server::{MailServer, PASSWORD, USER};
use tests::program::{Program, command};

use self::letter::{assert_sane, person};
use super::{artist, until_inspected};

/// The program `name` in `folder`, set to send through `server`.
fn mailing(name: &str, folder: &Path, server: &MailServer) -> Command {
    let mut how = command(name, folder);
    how.envs(server.settings());
    how
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_set_but_mail_an_album_is_congratulated_through_a_real_server() {
    let server = MailServer::start().await;
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(mailing("api", folder.path(), &server));
    let mut worker = Program::start(mailing("worker", folder.path(), &server));
    let beat = Program::start(mailing("beat", folder.path(), &server));
    let told = worker.line_with("ready");
    assert!(told.contains("with STARTTLS as music@…"), "{told}");
    let client = Client::connect(api.address()).await.unwrap();
    let mut ada = client
        .become_artist_called("ada", "Ada Лавлейс")
        .await
        .unwrap();

    let album = ada.publish("Заметки \"о Бернулли\"").await.unwrap();
    let mail = server.until_mails(1).await.remove(0);

    assert_sane(&mail);
    let parsed = MessageParser::default().parse(&mail).unwrap();
    assert_eq!(
        parsed.message_id(),
        Some(&*format!("congratulation.{album}@example.org"))
    );
    assert_eq!(
        person(parsed.from()),
        ("Backbeat".to_owned(), USER.to_owned())
    );
    assert_eq!(person(parsed.to()).0, "Ada Лавлейс");
    assert!(parsed.subject().unwrap().contains("Заметки \"о Бернулли\""));
    assert!(parsed.date().is_some());
    assert_eq!(
        parsed.header_raw("Auto-Submitted").map(str::trim),
        Some("auto-generated")
    );
    for text in [parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap()] {
        assert!(text.contains(&format!("/albums/{album}/")), "{text}");
        assert!(text.contains("Ada Лавлейс"), "{text}");
    }
    for program in [api, worker, beat] {
        let ended = program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
        for secret in [PASSWORD, USER, "@example.com"] {
            assert!(
                !ended.errors.contains(secret),
                "{secret} in {}",
                ended.errors
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_set_but_mail_the_silent_are_reminded_through_a_real_server() {
    let server = MailServer::start().await;
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(mailing("api", folder.path(), &server));
    let mut beat = Program::start(mailing("beat", folder.path(), &server));
    let entry = beat.line_with("check-inactive-artists");
    assert!(entry.contains("every 24 h"), "{entry}");
    artist(api.address(), "ada").await;
    assert_eq!(beat.stop().status.code(), Some(0));

    in_the_past(folder.path()).await;
    let worker = Program::start(mailing("worker", folder.path(), &server));
    let beat = Program::start(mailing("beat", folder.path(), &server));
    let mail = server.until_mails(1).await.remove(0);

    assert_sane(&mail);
    let parsed = MessageParser::default().parse(&mail).unwrap();
    assert!(parsed.message_id().unwrap().starts_with("reminder."));
    assert_eq!(person(parsed.to()).1, "ada@example.com");
    assert_eq!(parsed.subject(), Some("31 days without a new album"));
    let header = |name| parsed.header_raw(name).unwrap().trim();
    assert_eq!(
        header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    let link = header("List-Unsubscribe").trim_matches(['<', '>']);
    for text in [parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap()] {
        assert!(text.contains(link), "{link} in {text}");
    }
    for program in [api, worker, beat] {
        let ended = program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }
    assert_eq!(server.mails().len(), 1);
}

/// Makes it so that beat missed its look of an hour ago, and that whoever is an artist became one
/// 31 days before that: to the instant, since in the hour after midnight that look was yesterday.
async fn in_the_past(folder: &Path) {
    let file = folder.join("var/backbeat.sqlite3");
    let mut store = SqliteConnectOptions::new()
        .filename(file)
        .connect()
        .await
        .unwrap();
    let moved = "UPDATE schedule_entries SET anchor = anchor - 90000000000, last_due = last_due - 90000000000;
        UPDATE artists SET created_at = (SELECT last_due - 30 * 86400000000 FROM schedule_entries)";
    sqlx::raw_sql(moved).execute(&mut store).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_pauses_mail_and_a_restart_with_the_right_one_sends_it() {
    let server = MailServer::start().await;
    let folder = TempDir::new().unwrap();
    let mut how = mailing("backbeat", folder.path(), &server);
    how.env("EMAIL_HOST_PASSWORD", "of yesterday");
    let mut program = Program::start(how);
    let mut ada = artist(program.address(), "ada").await;
    ada.publish("First").await.unwrap();

    let found = until_inspected(folder.path(), |found| found["pauses"][0].is_object()).await;
    let pause = &found["pauses"][0];
    let reason = pause["reason"].as_str().unwrap();
    assert!(reason.contains("AUTH: 535"), "{pause}");
    assert!(pause["since"].as_str() < pause["until"].as_str(), "{pause}");
    for number in 0..9 {
        ada.publish(&format!("Another {number}")).await.unwrap();
    }
    let at_rest = |found: &Value| {
        let queue = &found["queues"][0];
        queue["waiting"] == 10 && queue["running"] == 0
    };
    until_inspected(folder.path(), at_rest).await;
    let tried = server.log().matches("authentication failed").count();
    assert_eq!(tried, 1, "one mail found out for all: {}", server.log());
    let shown = command("backbeat", folder.path()).arg("inspect").output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    assert!(
        shown.contains("Paused (") && shown.contains("AUTH: 535"),
        "{shown}"
    );
    let log = program.stop().errors;
    assert_eq!(log.matches("mail is paused until").count(), 1, "{log}");
    assert!(!log.contains("of yesterday"), "{log}");

    let program = Program::start(mailing("backbeat", folder.path(), &server));
    assert_eq!(server.until_mails(10).await.len(), 10);
    let found = until_inspected(folder.path(), |found| found["queues"][0]["done"] == 10).await;
    assert_eq!(found["pauses"], json!([]), "{found}");
    assert_eq!(program.stop().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_mail_shows_its_way_and_says_what_is_wrong() {
    let server = MailServer::start().await;
    let folder = TempDir::new().unwrap();
    let tried = |more: &[(&str, &str)]| {
        let mut how = mailing("backbeat", folder.path(), &server);
        how.env("EMAIL_TIMEOUT", "1s")
            .envs(more.iter().copied())
            .args(["send-test-mail", "ada@example.com"]);
        let output = how.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        for secret in ["abcd efgh", "YWJjZCBlZmdo", "of yesterday"] {
            assert!(!said.contains(secret), "{said}");
        }
        (output.status.code(), said)
    };
    let implicit = server.port_of_implicit_tls().to_string();

    let (code, said) = tried(&[]);
    assert_eq!(code, Some(0), "{said}");
    for words in ["EHLO", "STARTTLS", "AUTH", "MAIL FROM:", "It worked"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let mail = server.until_mails(1).await.remove(0);
    assert_sane(&mail);

    for (wrong, words) in [
        (
            &[("EMAIL_HOST_PASSWORD", "of yesterday")][..],
            "does not accept this user and password",
        ),
        (
            &[("EMAIL_HOST", "no.such.host.invalid")],
            "is not known here",
        ),
        (
            &[("EMAIL_PORT", "1")],
            "Nobody answers at localhost, port 1",
        ),
        (&[("EMAIL_PORT", &implicit)], "EMAIL_USE_SSL=true instead"),
        (
            &[("EMAIL_USE_TLS", ""), ("EMAIL_USE_SSL", "1")],
            "EMAIL_USE_TLS=true instead",
        ),
        (
            &[("EMAIL_HOST", "127.0.0.1")],
            "another name than 127.0.0.1",
        ),
        (&[("SSL_CERT_FILE", "")], "SSL_CERT_FILE"),
    ] {
        let (code, said) = tried(wrong);

        assert_eq!(code, Some(1), "{wrong:?}: {said}");
        assert!(said.contains(words), "{wrong:?}: {said}");
    }
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_with_tls_from_the_first_byte_sends_as_well() {
    let server = MailServer::start().await;
    let folder = TempDir::new().unwrap();
    let port = server.port_of_implicit_tls();
    let (trust, authority) = server.trust();
    let mut how = command("backbeat", folder.path());
    how.env(trust, authority).env(
        "EMAIL_URL",
        format!("smtp+ssl://{USER}:{PASSWORD}@localhost:{port}"),
    );
    let mut program = Program::start(how);
    let mut ada = artist(program.address(), "ada").await;

    for name in ["First", "Second", "Third"] {
        ada.publish(name).await.unwrap();
    }

    assert_eq!(server.until_mails(3).await.len(), 3);
    assert_eq!(program.stop().status.code(), Some(0));
}
