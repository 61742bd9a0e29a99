//! What is logged, and how it looks.

use std::fmt;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use super::reader::Reader;
use super::values::{ValueError, choice};

/// What is logged, and how it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// `LOG_FORMAT`.
    pub format: LogFormat,
    /// `LOG_LEVEL`: the least important lines that are written.
    pub level: LogLevel,
    /// `RUST_LOG`, which wins over the level when it is set.
    pub filter: Option<LogFilter>,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object for machines.
    Json,
}

/// How important a log line must be; Celery's names for it are understood too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLevel(LevelFilter);

/// The text of a filter like `info,adapters::sqlite=debug` that is known to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

/// Why a text is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a log filter; write for example info,adapters=debug")]
pub struct LogFilterError;

impl LogSettings {
    pub(super) fn read(read: &mut Reader) -> Self {
        Self {
            format: read.or("LOG_FORMAT", LogFormat::default(), str::parse),
            level: read.or("LOG_LEVEL", LogLevel::default(), str::parse),
            filter: read.open("RUST_LOG", str::parse),
        }
    }
}

impl LogLevel {
    /// What went wrong.
    pub const ERROR: Self = Self(LevelFilter::ERROR);
    /// What went wrong or may.
    pub const WARN: Self = Self(LevelFilter::WARN);

    /// The level as `tracing` knows it.
    pub fn as_filter(self) -> LevelFilter {
        self.0
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self(LevelFilter::INFO)
    }
}

impl LogFilter {
    /// The filter as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFormat {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choice(text, &[("text", Self::Text), ("json", Self::Json)])
    }
}

impl FromStr for LogLevel {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = [
            ("trace", LevelFilter::TRACE),
            ("debug", LevelFilter::DEBUG),
            ("info", LevelFilter::INFO),
            ("warn", LevelFilter::WARN),
            ("warning", LevelFilter::WARN),
            ("error", LevelFilter::ERROR),
            ("critical", LevelFilter::ERROR),
            ("off", LevelFilter::OFF),
        ];
        choice(text, &words).map(Self)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LogFilter {
    type Err = LogFilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `EnvFilter` cuts a name short, or panics, where a blank stands before a directive.
        let text = text.split(',').map(str::trim).collect::<Vec<_>>().join(",");
        match EnvFilter::builder().parse(&text) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(LogFilterError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_go_by_the_names_of_tracing_and_of_celery() {
        for (written, level) in [
            ("info", LevelFilter::INFO),
            ("INFO", LevelFilter::INFO),
            ("WARNING", LevelFilter::WARN),
            ("Critical", LevelFilter::ERROR),
            ("off", LevelFilter::OFF),
        ] {
            assert_eq!(written.parse(), Ok(LogLevel(level)));
        }
        assert!("loud".parse::<LogLevel>().is_err());
    }

    #[test]
    fn a_filter_is_checked_before_it_is_used() {
        for (written, meant) in [
            ("info,adapters::sqlite=debug", "info,adapters::sqlite=debug"),
            (" info , sqlx=warn", "info,sqlx=warn"),
            ("info, \u{e4}=debug", "info,\u{e4}=debug"),
        ] {
            let filter: LogFilter = written.parse().expect(written);
            assert_eq!(filter.as_str(), meant);
        }
        assert_eq!(
            "info,adapters=loud".parse::<LogFilter>(),
            Err(LogFilterError)
        );
    }
}
