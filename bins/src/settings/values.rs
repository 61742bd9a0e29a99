//! The readers of single values: numbers, durations, choices and other small texts.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use domain::tasks::QueueName;

/// Why a text is not the value that a setting wants, worded to follow the text itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// No number, or one beyond the bounds.
    #[error("is not a whole number from {least} to {most}")]
    Number {
        /// The least that is accepted.
        least: String,
        /// The most that is accepted.
        most: String,
    },
    /// No duration, or one beyond the bounds.
    #[error(
        "is not a duration from {} to {}; write a number of seconds, or for example 25s, 11min or 10d",
        plain(*.0.start()), plain(*.0.end())
    )]
    Duration(RangeInclusive<Duration>),
    /// None of the words.
    #[error("is not one of {}", .0.join(", "))]
    Choice(Vec<&'static str>),
    /// No word for yes or no.
    #[error("is not a boolean; write true or false")]
    Boolean,
    /// Nothing that a server could be called.
    #[error(
        "is not the name of a server; write for example smtp.gmail.com, without a scheme and a port"
    )]
    Host,
    /// A control character in it.
    #[error("holds a control character")]
    Control,
    /// No IP address with a port.
    #[error("is not an IP address with a port; write for example 127.0.0.1:8000")]
    Address,
    /// No path.
    #[error("is not a path; write it in full, without ~ and control characters")]
    Path,
    /// No name of a queue.
    #[error("is not a queue name; write up to 128 characters without blanks and commas")]
    Queue,
    /// No time zone.
    #[error("is not a time zone of the IANA database; write for example {0}")]
    Zone(&'static str),
}

/// A whole number within `range`.
pub fn number<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, ValueError>
where
    T: Copy + Display + FromStr + PartialOrd,
{
    move |text| {
        let number = text.parse().ok().filter(|it| range.contains(it));
        number.ok_or_else(|| ValueError::Number {
            least: range.start().to_string(),
            most: range.end().to_string(),
        })
    }
}

/// A duration within `range`: `10d`, `1h 30min`, or a number, which counts seconds.
pub fn duration(range: RangeInclusive<Duration>) -> impl Fn(&str) -> Result<Duration, ValueError> {
    move |text| {
        let numeric = text.chars().all(|it| it.is_ascii_digit() || it == '.');
        let read = if numeric {
            text.parse()
                .ok()
                .and_then(|it| Duration::try_from_secs_f64(it).ok())
        } else {
            humantime::parse_duration(text).ok()
        };
        read.filter(|it| range.contains(it))
            .ok_or_else(|| ValueError::Duration(range.clone()))
    }
}

/// The value of the word that `text` is, without regard to case.
///
/// # Errors
///
/// When it is none of the `words`; the error lists them.
pub fn choice<T: Copy>(text: &str, words: &[(&'static str, T)]) -> Result<T, ValueError> {
    let found = words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text));
    let list = || ValueError::Choice(words.iter().map(|(word, _)| *word).collect());
    found.map(|(_, value)| *value).ok_or_else(list)
}

/// Yes or no, in Django's words: `true`, `yes`, `on`, `y`, `ok` or a number other than 0 are yes.
///
/// # Errors
///
/// When it is neither; Django would take that for no.
pub fn boolean(text: &str) -> Result<bool, ValueError> {
    let text = text.trim().to_ascii_lowercase();
    match text.as_str() {
        "true" | "on" | "ok" | "y" | "yes" => Ok(true),
        "false" | "off" | "n" | "no" | "" => Ok(false),
        number => number
            .parse()
            .map(|number: i64| number != 0)
            .map_err(|_| ValueError::Boolean),
    }
}

/// An IP address with a port, which may be 0.
///
/// # Errors
///
/// When it is anything else, a host name for example.
pub fn address(text: &str) -> Result<SocketAddr, ValueError> {
    text.parse().map_err(|_| ValueError::Address)
}

/// A path, as it stands.
///
/// # Errors
///
/// When it holds a control character or begins with `~`, which nobody would replace.
pub fn path(text: &str) -> Result<PathBuf, ValueError> {
    if text.contains(char::is_control) || text.starts_with('~') {
        return Err(ValueError::Path);
    }
    Ok(text.into())
}

/// The name of a queue.
///
/// # Errors
///
/// When it is empty, longer than 128 characters, or could not stand in a list of names.
pub fn queue(text: &str) -> Result<QueueName, ValueError> {
    let odd = |it: char| it.is_whitespace() || it.is_control() || it == ',';
    if text.is_empty() || text.chars().count() > 128 || text.contains(odd) {
        return Err(ValueError::Queue);
    }
    QueueName::try_from(text.to_owned()).map_err(|_| ValueError::Queue)
}

/// The duration in the largest unit that leaves no rest.
fn plain(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let fitting = units
        .iter()
        .find(|(size, _)| 0 < seconds && seconds.is_multiple_of(*size));
    fitting.map_or_else(
        || format!("{seconds}s"),
        |(size, unit)| format!("{}{unit}", seconds / size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_bounds() {
        let read = number(1..=1024_u16);

        assert_eq!(
            [read("1"), read("1024"), read("007")],
            [Ok(1), Ok(1024), Ok(7)]
        );
        for refused in ["0", "1025", "-1", "1.5", "1e2", "70000", "abc", ""] {
            let error = read(refused).expect_err(refused).to_string();
            assert_eq!(error, "is not a whole number from 1 to 1024");
        }
    }

    #[test]
    fn durations_have_units_or_count_seconds() {
        let read = duration(Duration::ZERO..=Duration::from_hours(24 * 100));
        for (written, seconds) in [
            ("10d", 864_000.0),
            ("11min", 660.0),
            ("25s", 25.0),
            ("1h 30m", 5400.0),
            ("250ms", 0.25),
            ("300", 300.0),
            ("2.5", 2.5),
            ("0", 0.0),
        ] {
            assert_eq!(
                read(written),
                Ok(Duration::from_secs_f64(seconds)),
                "{written}"
            );
        }
        for refused in [
            "",
            "-1",
            "1e5",
            "10 parsecs",
            "101d",
            "1.2.3",
            ".",
            "inf",
            "99999999999999999999y",
        ] {
            assert!(read(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn booleans_are_what_django_takes_for_them_and_nothing_else() {
        for yes in [
            "true", "True", "on", "OK", "y", "yes", "1", "2", "-1", " yes ",
        ] {
            assert_eq!(boolean(yes), Ok(true), "{yes}");
        }
        for no in ["false", "FALSE", "off", "n", "no", "0", ""] {
            assert_eq!(boolean(no), Ok(false), "{no}");
        }
        for neither in ["t", "enable", "1.0", "ja"] {
            assert_eq!(boolean(neither), Err(ValueError::Boolean), "{neither}");
        }
    }

    #[test]
    fn small_texts_are_checked() {
        assert!(address("127.0.0.1:0").is_ok() && address("[::1]:80").is_ok());
        assert!(address("localhost:80").is_err() && address("127.0.0.1").is_err());
        assert!(path("a b/ü").is_ok() && path("~/x").is_err() && path("a\0").is_err());
        assert!(queue("mail.high").is_ok() && queue("a,b").is_err() && queue("").is_err());
    }
}
