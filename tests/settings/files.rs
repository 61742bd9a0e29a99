//! The files that settings are read from.

use std::fs;
use std::path::PathBuf;

use bins::settings::{LogFormat, Settings, Sources, dotenv};

use super::defaults;

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
fn a_gmail_password_survives() {
    let read = dotenv::parse(b"A=abcd efgh ijkl mnop\nB=pa$$w#rd\nC=00123\n").expect("UTF-8");

    let values: Vec<_> = read.entries.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(values, ["abcd efgh ijkl mnop", "pa$$w#rd", "00123"]);
}
