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
mod tests;
