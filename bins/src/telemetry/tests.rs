//! What log lines look like, which are left out, and how a panic is told.

use std::process::Command;
use std::sync::{Arc, Mutex};

use tracing::{debug, info, subscriber::with_default, warn};

use super::*;
use crate::settings::{Settings, Sources};

/// What is logged while `tell` runs under the settings in `environment`.
fn logged(environment: &[(&str, &str)], tell: fn()) -> String {
    let sources = Sources::default().with_environment(environment.iter().copied());
    let settings = Settings::from_sources(&sources)
        .expect("valid settings")
        .log;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let subscriber = subscriber(&settings, Writer(lines.clone()), Colour::Never).expect("a filter");
    with_default(subscriber, tell);
    let lines = lines.lock().expect("nobody panicked").clone();
    String::from_utf8(lines).expect("UTF-8")
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Writer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn text_is_time_level_message_and_fields() {
    let text = logged(&[], || {
        info!(album.id = 7, "published album 7");
    });

    let (time, rest) = text.split_once(' ').expect("two words");
    assert!(time.ends_with('Z') && time.contains('T'), "{text}");
    assert_eq!(rest.trim(), "INFO published album 7 album.id=7");
}

#[test]
fn json_is_one_object_per_line() {
    let text = logged(&[("LOG_FORMAT", "json")], || {
        info!(album.id = 7, "published album 7");
    });

    let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(line["message"], "published album 7");
    assert_eq!(line["album.id"], 7);
    assert_eq!(line["level"], "INFO");
}

#[test]
fn chatty_crates_are_capped_and_never_raised() {
    let tell = || {
        debug!(target: "hyper::proto", "hyper debug");
        info!(target: "sqlx::query", "sqlx info");
        warn!(target: "sqlx::query", "sqlx warn");
        debug!(target: "domain", "domain debug");
    };

    let heard = |environment: &[(&str, &str)]| -> Vec<String> {
        let text = logged(environment, tell);
        text.lines()
            .filter_map(|it| it.split_once(": "))
            .map(|(_, it)| it.to_owned())
            .collect()
    };
    assert_eq!(
        heard(&[("LOG_LEVEL", "debug")]),
        ["sqlx warn", "domain debug"]
    );
    assert_eq!(logged(&[("LOG_LEVEL", "error")], tell), "");
    assert_eq!(
        heard(&[("LOG_LEVEL", "error"), ("RUST_LOG", "sqlx=info")]),
        ["sqlx info", "sqlx warn"]
    );
}

/// Set in the process that the test below starts to panic for it.
const ON_PURPOSE: &str = "BACKBEAT_TEST_PANICS";

/// Panics are everybody's in a process, so it needs one of its own: this test again.
#[test]
fn a_panic_is_one_error_line_that_says_where() {
    if env::var_os(ON_PURPOSE).is_some() {
        return panic_on_purpose();
    }
    let program = env::current_exe().expect("this program");
    let this_test = "telemetry::tests::a_panic_is_one_error_line_that_says_where";
    let output = Command::new(program)
        .args(["--exact", this_test, "--nocapture"])
        .env(ON_PURPOSE, "yes")
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("it runs");

    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    let line = text
        .lines()
        .find(|it| it.contains("panicked: on purpose"))
        .expect("a line");
    assert!(
        line.contains("ERROR") && line.contains("tests.rs:"),
        "{line}"
    );
    assert_eq!(text.matches("on purpose").count(), 1, "{text}");
}

fn panic_on_purpose() {
    let settings = Settings::from_sources(&Sources::default()).expect("defaults are valid");
    init(&settings.log).expect("the first time");
    assert!(matches!(init(&settings.log), Err(TelemetryError::Twice(_))));

    let ended = thread::spawn(|| panic!("on purpose")).join();
    assert!(ended.is_err());
}
