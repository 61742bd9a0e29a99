//! Settings: three sources become checked values, or one list of all that is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use bins::settings::dotenv::{self, Slip};
use bins::settings::values::duration;
use bins::settings::{
    Database, LogFilter, LogFormat, MailTo, PublicUrl, Sender, Settings, SettingsError, Sources,
};
use proptest::prelude::*;

const EXAMPLE: &str = include_str!("../.env.example");

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

/// The lines `# NAME=value` of the example, uncommented.
fn documented() -> Vec<(&'static str, &'static str)> {
    let is_name = |it: &str| it.chars().all(|it| it.is_ascii_uppercase() || it == '_');
    EXAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix("# ")?.split_once('='))
        .filter(|(name, _)| is_name(name))
        .collect()
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
    assert_eq!(
        settings.api.public_url_at(settings.api.bind).as_str(),
        "http://127.0.0.1:8000"
    );
    assert_eq!(settings.worker_grace(), Duration::from_secs(25));
    assert_eq!(settings.api_grace(), Duration::from_secs(10));
}

#[test]
fn the_example_names_every_setting_once_and_no_other() {
    let documented: Vec<_> = documented().into_iter().map(|(name, _)| name).collect();

    let once: BTreeSet<_> = documented.iter().copied().collect();
    assert_eq!(once, Settings::names().into_iter().collect());
    assert_eq!(once.len(), documented.len());
}

#[test]
fn the_example_uncommented_is_valid() {
    let lines: Vec<_> = documented()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let sources = Sources::default().with_dotenv(lines.join("\n"));

    let settings = Settings::from_sources(&sources).expect("the example is valid");

    assert_eq!(settings.warnings, []);
}

#[test]
fn the_example_as_it_stands_sets_nothing() {
    let read = dotenv::parse(EXAMPLE.as_bytes()).expect("UTF-8");

    assert_eq!((read.entries, read.warnings), (vec![], vec![]));
}

#[test]
fn the_example_tells_the_defaults() {
    let without_default = ["PUBLIC_URL", "SHUTDOWN_GRACE", "RUST_LOG"];
    let pairs: Vec<_> = documented()
        .into_iter()
        .filter(|(name, _)| !without_default.contains(name))
        .collect();

    assert_eq!(from_environment(&pairs), Ok(defaults()));
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
            ("CELERY_CONF_TIMEZONE", "UTC"),
            ("SOMETHING_ELSE", "of somebody else"),
        ]);

    let error = Settings::from_sources(&sources)
        .expect_err("nearly all of it is wrong")
        .to_string();

    let expected = "\
DATA_DIR (backbeat.toml): must be one text, number or boolean
DATABASE_URL (environment): unsupported scheme mysql; supported: sqlite, as in sqlite:///var/backbeat.sqlite3
API_BIND (environment): \"localhost\" is not an IP address with a port; write for example 127.0.0.1:8000
TOKEN_TTL (backbeat.toml): \"soon\" is not a duration from 1s to 3650d; \
write a number of seconds, or for example 25s, 11min or 10d
CELERY_CONF_WORKER_CONCURRENCY (.env line 2): \"0\" is not a whole number from 1 to 1024
CELERY_CONF_TIMEZONE (environment): this version does not honour this setting of Celery yet; remove it
CELERY_CONF_WORKER_CONCURENCY (environment): is not a setting of Celery; did you mean CELERY_CONF_WORKER_CONCURRENCY?
API_BNID (backbeat.toml): is not a setting; did you mean API_BIND?
mail (backbeat.toml): is not a setting; remove it
.env line 3: skipped, for it is not NAME=value; write it without blanks around the name";
    assert_eq!(error, expected);
}

#[test]
fn what_this_version_cannot_do_is_refused_by_name() {
    for (name, said) in [
        ("REDIS_URL", "does not use Redis yet"),
        ("EMAIL_HOST", "cannot send through SMTP yet"),
        ("EMAIL_HOST_PASSWORD", "cannot send through SMTP yet"),
        ("EMAIL_URL", "cannot send through SMTP yet"),
        (
            "CELERY_CONF_BROKER_URL",
            "does not honour this setting of Celery yet",
        ),
        ("BEAT_CATCH_UP", "does not honour this setting yet"),
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
    for name in ["DATABASE_URL", "EMAIL_URL", "PUBLIC_URL", "REDIS_URL"] {
        for url in [
            "postgres://u:hunter2@h/db",
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
fn a_file_that_cannot_be_read_is_named_with_the_place_and_without_its_content() {
    let sources = Sources::default()
        .with_dotenv(b"A=1\nB=hunter2\xFF\n".as_slice())
        .with_toml("API_BIND = '127.0.0.1:1'\nDATABASE_URL = hunter2\n");

    let error = Settings::from_sources(&sources).expect_err("both are unreadable");

    let places: Vec<_> = error
        .problems
        .iter()
        .map(|it| (it.setting.as_str(), it.origin.as_str()))
        .collect();
    assert_eq!(
        places,
        [("backbeat.toml", "line 2 column 16"), (".env", "line 2")]
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn the_files_of_a_directory_are_read_and_may_be_missing() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = || Settings::from_sources(&Sources::default().with_files_of(directory.path()));
    assert_eq!(settings(), Ok(defaults()));

    fs::write(directory.path().join("backbeat.toml"), "DATA_DIR = 'data'").expect("written");
    fs::write(directory.path().join(".env"), "LOG_FORMAT=json").expect("written");
    let both = settings().expect("valid");
    assert_eq!(
        (both.data_dir, both.log.format),
        (PathBuf::from("data"), LogFormat::Json)
    );

    fs::remove_file(directory.path().join(".env")).expect("removed");
    fs::create_dir(directory.path().join(".env")).expect("made");
    let complaint = settings().expect_err("it is no file").to_string();
    assert!(
        complaint.starts_with(".env (working directory): cannot be read: "),
        "{complaint}"
    );
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

#[test]
fn a_gmail_password_survives() {
    let read = dotenv::parse(b"A=abcd efgh ijkl mnop\nB=pa$$w#rd\nC=00123\n").expect("UTF-8");

    let values: Vec<_> = read.entries.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(values, ["abcd efgh ijkl mnop", "pa$$w#rd", "00123"]);
}

proptest! {
    // What was found is told by the failing test; nothing is written into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_of_dotenv_comes_back_as_it_was_written(
        name in "[A-Za-z_][A-Za-z_0-9]{0,20}",
        value in "([^\r\n'\"][^\r\n]{0,60})?",
    ) {
        let read = dotenv::parse(format!("{name}={value}\n").as_bytes()).expect("UTF-8");

        let entries: Vec<_> = read.entries.iter().map(|it| (it.line, &it.name, &it.value)).collect();
        prop_assert_eq!(entries, [(1, &name, &value)]);
        prop_assert!(read.warnings.is_empty());
    }

    #[test]
    fn single_quotes_keep_everything(value in "[^\r\n]{0,60}") {
        let read = dotenv::parse(format!("A='{value}'").as_bytes()).expect("UTF-8");

        prop_assert_eq!(&read.entries[0].value, &value);
    }

    #[test]
    fn every_line_of_dotenv_is_read_passed_over_or_reported(lines in prop::collection::vec("[^\n]{0,30}", 0..8)) {
        let read = dotenv::parse(lines.join("\n").as_bytes()).expect("UTF-8");

        let skipped = read.warnings.iter().filter(|it| it.slip == Slip::NotAnAssignment).count();
        let passed_over = |it: &&String| it.trim().is_empty() || it.trim_start().starts_with('#');
        let first_is_marked = lines.first().is_some_and(|it| it.starts_with('\u{feff}'));
        prop_assume!(!first_is_marked);
        prop_assert_eq!(read.entries.len() + skipped + lines.iter().filter(passed_over).count(), lines.len());
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let durations = duration(Duration::ZERO..=Duration::MAX);
        for text in [text.clone(), format!("sqlite://{text}"), format!("filemail://{text}"), format!("{text}://")] {
            let _ = text.parse::<Database>();
            let _ = text.parse::<MailTo>();
            let _ = text.parse::<PublicUrl>();
            let _ = text.parse::<Sender>();
            let _ = text.parse::<LogFilter>();
            let _ = durations(&text);
        }
        let _ = dotenv::parse(&bytes);
        let _ = dotenv::parse(format!("A=\"{text}\nB='{text}").as_bytes());
        let _ = Settings::from_sources(&Sources::default().with_dotenv(bytes.clone()).with_toml(bytes));
        let _ = Settings::from_sources(&Sources::default().with_toml(text));
    }

    #[test]
    fn what_looks_like_a_duration_is_one_or_is_refused(text in "[0-9.]{0,12}[a-z ]{0,4}[0-9]{0,12}(ns|us|ms|s|m|min|h|d|w|y|)") {
        let most = Duration::from_hours(24);

        if let Ok(read) = duration(Duration::ZERO..=most)(&text) {
            prop_assert!(read <= most);
        }
    }

    #[test]
    fn a_sqlite_path_is_what_was_percent_encoded(path in "[^/\\p{Cc}][^\\p{Cc}]{0,40}") {
        prop_assume!(path != ":memory:");
        let encoded = path.bytes().fold(String::new(), |encoded, it| format!("{encoded}%{it:02X}"));

        let relative = format!("sqlite:///{encoded}").parse();
        let absolute = format!("sqlite:////{encoded}").parse();

        prop_assert_eq!(relative, Ok(Database::Sqlite(path.clone().into())));
        prop_assert_eq!(absolute, Ok(Database::Sqlite(format!("/{path}").into())));
    }
}
