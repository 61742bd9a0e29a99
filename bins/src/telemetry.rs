//! What the programs tell about themselves while they run: log lines on standard error.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::{env, thread};

use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, error};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::settings::{LogFormat, LogSettings};

/// Crates that talk about their own affairs, each with the most we want to hear from it.
const CAPPED: [(&str, LevelFilter); 3] = [
    ("hyper", LevelFilter::INFO),
    ("lettre", LevelFilter::INFO),
    ("sqlx", LevelFilter::WARN),
];

/// Logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The text of the filter is none; settings that were read never hold such a one.
    #[error("RUST_LOG is not a log filter")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// This process logs already.
    #[error("logging has begun already")]
    Twice(#[source] tracing_subscriber::util::TryInitError),
}

/// Whether log lines are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    Always,
    Never,
}

/// Begins to log, to standard error so that standard output stays free for results.
///
/// `RUST_LOG` decides what is logged when it is set, else the level, at which some crates
/// are kept quieter. Text is coloured on a terminal, unless `NO_COLOR` is set. From here on
/// a panic is one error event that says where it happened.
///
/// # Errors
///
/// When this process logs already; it goes on as before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    subscriber(settings, io::stderr, colour())?
        .try_init()
        .map_err(TelemetryError::Twice)?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn subscriber<W>(
    settings: &LogSettings,
    writer: W,
    colour: Colour,
) -> Result<impl Subscriber + Send + Sync + use<W>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // Telling on standard error that standard error is gone would be a panic.
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let lines = match settings.format {
        LogFormat::Text => lines
            .with_ansi(colour == Colour::Always)
            .with_target(
                settings.filter.is_some() || settings.level.as_filter() > LevelFilter::INFO,
            )
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    Ok(registry().with(filter(settings)?).with(lines))
}

fn filter(settings: &LogSettings) -> Result<EnvFilter, TelemetryError> {
    let level = settings.level.as_filter();
    let text = match &settings.filter {
        Some(filter) => filter.as_str().to_owned(),
        None => CAPPED
            .iter()
            .fold(level.to_string(), |text, (target, most)| {
                format!("{text},{target}={}", level.min(*most))
            }),
    };
    EnvFilter::builder()
        .parse(text)
        .map_err(TelemetryError::Filter)
}

fn colour() -> Colour {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    if io::stderr().is_terminal() && !unwanted {
        Colour::Always
    } else {
        Colour::Never
    }
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    error!(
        panic.location = panic.location().map(tracing::field::display),
        panic.thread = thread::current().name(),
        panic.backtrace = captured.then(|| tracing::field::display(&backtrace)),
        "panicked: {}",
        panic.payload_as_str().unwrap_or("no message")
    );
}

#[cfg(test)]
mod tests {
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
        let subscriber =
            subscriber(&settings, Writer(lines.clone()), Colour::Never).expect("a filter");
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

    #[test]
    fn a_panic_is_one_error_line_that_says_where() {
        let program = env::current_exe().expect("this program");
        let output = Command::new(program)
            .args([
                "--ignored",
                "--exact",
                "telemetry::tests::a_program_that_panics",
                "--nocapture",
            ])
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("it runs");

        let text = String::from_utf8(output.stderr).expect("UTF-8");
        let line = text
            .lines()
            .find(|it| it.contains("panicked: on purpose"))
            .expect("a line");
        assert!(
            line.contains("ERROR") && line.contains("telemetry.rs:"),
            "{line}"
        );
        assert_eq!(text.matches("on purpose").count(), 1, "{text}");
    }

    #[test]
    #[ignore = "the test above runs it in a process of its own"]
    fn a_program_that_panics() {
        let settings = Settings::from_sources(&Sources::default()).expect("defaults are valid");
        init(&settings.log).expect("the first time");
        assert!(matches!(init(&settings.log), Err(TelemetryError::Twice(_))));

        let ended = thread::spawn(|| panic!("on purpose")).join();
        assert!(ended.is_err());
    }
}
