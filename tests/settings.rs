//! Settings: three sources become checked values, or one list of all that is wrong.

mod any_text;
mod beat;
mod celery;
mod conveyor;
mod example;
mod files;
mod mail;
mod routes;

use std::path::PathBuf;
use std::time::Duration;

use bins::settings::{Database, LogFormat, MailTo, SecretKey, Settings, SettingsError, Sources};

const NOTHING: [(&str, &str); 0] = [];

fn from_environment(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_sources(&Sources::default().with_environment(pairs.iter().copied()))
}

fn defaults() -> Settings {
    from_environment(&NOTHING).expect("nothing has to be set")
}

/// What is complained about when `pairs` are the environment, line by line.
fn complaints(pairs: &[(&str, &str)]) -> Vec<String> {
    let error = from_environment(pairs).expect_err("something is wrong");
    error.to_string().lines().map(str::to_owned).collect()
}

/// The same, where there is one complaint.
fn only_complaint(pairs: &[(&str, &str)]) -> String {
    let mut complaints = complaints(pairs);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    complaints.remove(0)
}

#[test]
fn nothing_has_to_be_set() {
    let settings = defaults();

    assert_eq!(settings.data_dir, PathBuf::from("var"));
    assert_eq!(
        settings.database,
        Database::Sqlite("var/backbeat.sqlite3".into())
    );
    assert_eq!(settings.mail.to, MailTo::Files("var/mail".into()));
    assert_eq!(
        settings.mail.from.to_string(),
        "Backbeat <backbeat@localhost>"
    );
    assert_eq!(settings.mail.on_doubt, domain::use_cases::OnDoubt::Resend);
    assert_eq!(settings.inactivity.after.num_days(), 30);
    assert_eq!(settings.inactivity.remind_every.num_days(), 30);
    assert_eq!(
        settings.api.public_url_at(settings.api.bind).as_str(),
        "http://127.0.0.1:8000"
    );
    assert_eq!(settings.worker_grace(), Duration::from_secs(25));
    assert_eq!(settings.api_grace(), Duration::from_secs(10));
}

#[test]
fn the_environment_goes_over_dotenv_and_that_over_toml() {
    let sources = Sources::default()
        .with_toml(
            "API_BIND = '127.0.0.1:1'\nLOG_LEVEL = 'debug'\nCELERY_CONF_WORKER_CONCURRENCY = 2",
        )
        .with_dotenv("API_BIND=127.0.0.1:2\nLOG_LEVEL=warn\nDATA_DIR=data")
        .with_environment([("API_BIND", "127.0.0.1:3")]);

    let settings = Settings::from_sources(&sources).expect("valid");

    assert_eq!(settings.api.bind.port(), 3);
    assert_eq!(settings.log.level.to_string(), "warn");
    assert_eq!(settings.worker.concurrency, 2);
    assert_eq!(
        settings.database,
        Database::Sqlite("data/backbeat.sqlite3".into())
    );
    assert_eq!(settings.mail.to, MailTo::Files("data/mail".into()));
}

#[test]
fn an_empty_value_is_the_default_even_over_a_file() {
    let sources = Sources::default()
        .with_dotenv("LOG_FORMAT=json\nREDIS_URL=redis://h")
        .with_environment([
            ("LOG_FORMAT", ""),
            ("REDIS_URL", ""),
            ("CELERY_CONF_COFFEE", " "),
        ]);

    let settings = Settings::from_sources(&sources).expect("valid");

    assert_eq!(settings.log.format, LogFormat::Text);
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_its_origin() {
    let sources = Sources::default()
        .with_toml(
            "TOKEN_TTL = 'soon'\nAPI_BNID = '127.0.0.1:1'\nDATA_DIR = ['a']\n[mail]\nto = 'x'",
        )
        .with_dotenv("\nCELERY_CONF_WORKER_CONCURRENCY=0\nLOG_LEVEL = debug\n")
        .with_environment([
            ("API_BIND", "localhost"),
            ("DATABASE_URL", "mysql://u:hunter2@h/db"),
            ("CELERY_CONF_WORKER_CONCURENCY", "4"),
            ("CELERY_CONF_ENABLE_UTC", "0"),
            ("SOMETHING_ELSE", "of somebody else"),
        ]);

    let error = Settings::from_sources(&sources)
        .expect_err("nearly all of it is wrong")
        .to_string();

    let expected = "\
DATA_DIR (backbeat.toml): must be one text, number or boolean
DATABASE_URL (environment): unsupported scheme mysql; supported: postgres, postgresql, psql, pgsql, and sqlite, as in sqlite:///var/backbeat.sqlite3
API_BIND (environment): \"localhost\" is not an IP address with a port; write for example 127.0.0.1:8000
TOKEN_TTL (backbeat.toml): \"soon\" is not a duration from 1s to 3650d; \
write a number of seconds, or for example 25s, 11min or 10d
CELERY_CONF_WORKER_CONCURRENCY (.env line 2): \"0\" is not a whole number from 1 to 1024
CELERY_CONF_ENABLE_UTC (environment): instants in messages are in UTC, whatever CELERY_CONF_TIMEZONE says; remove it
CELERY_CONF_WORKER_CONCURENCY (environment): is not a setting of Celery; did you mean CELERY_CONF_WORKER_CONCURRENCY?
API_BNID (backbeat.toml): is not a setting; did you mean API_BIND?
mail (backbeat.toml): is not a setting; remove it
.env line 3: skipped, for it is not NAME=value; write it without blanks around the name";
    assert_eq!(error, expected);
}

#[test]
fn what_this_version_cannot_do_is_refused_by_name() {
    for (name, said) in [
        (
            "CELERY_CONF_BROKER_READ_URL",
            "one Redis is read and written to; set REDIS_URL",
        ),
        ("CELERY_CONF_BROKER_URL", "is called REDIS_URL here"),
    ] {
        let complaints = complaints(&[(name, "smtp://user:hunter2@host")]);

        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(
            complaints[0].starts_with(&format!("{name} (environment): ")),
            "{complaints:?}"
        );
        assert!(
            complaints[0].contains(said) && !complaints[0].contains("hunter2"),
            "{complaints:?}"
        );
    }
}

#[test]
fn no_complaint_shows_what_a_url_holds() {
    for name in [
        "DATABASE_URL",
        "EMAIL_URL",
        "PUBLIC_URL",
        "REDIS_URL",
        "SECRET_KEY",
    ] {
        for url in [
            "postgres://u:hunter2@h",
            "http://u:hunter2@h",
            "sqlite://u:hunter2@h",
            "hunter2",
            "x://hunter2",
        ] {
            let complaints = complaints(&[(name, url)]);

            assert!(!complaints.concat().contains("hunter2"), "{complaints:?}");
        }
    }
}

#[test]
fn a_secret_is_kept_to_itself() {
    let secret = "hunter2-hunter2-hunter2-hunter2-";
    let settings = from_environment(&[("SECRET_KEY", secret)]).expect("long enough");

    let key = settings.secret_key.as_ref();
    assert_eq!(key.map(SecretKey::reveal), Some(secret));
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_server_needs_a_secret_that_no_machine_makes_by_itself() {
    let url = ("DATABASE_URL", "postgres://u:hunter2@h/db");
    let secret = ("SECRET_KEY", "the same on every machine, and long enough");

    let complaints = complaints(&[url]);

    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(
        complaints[0].starts_with("SECRET_KEY (not set): must be set with PostgreSQL"),
        "{complaints:?}"
    );
    let settings = from_environment(&[url, secret]).expect("nothing is missing");
    assert!(matches!(settings.database, Database::Postgres(_)));
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn control_characters_and_long_values_do_not_spoil_a_complaint() {
    let complaints = complaints(&[
        ("LOG_LEVEL", "a\nb\u{1b}[31m"),
        ("LOG_FORMAT", &"x".repeat(10_000)),
    ]);

    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(
        complaints
            .iter()
            .all(|it| it.len() < 200 && !it.contains('\u{1b}')),
        "{complaints:?}"
    );
}
