//! How often a task may be begun.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How often one worker may begin a task, as Celery writes it: `10/m`, `0.5/s`, `100/h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    text: String,
    every: Duration,
}

impl RateLimit {
    /// How long the next beginning comes after one.
    pub fn every(&self) -> Duration {
        self.every
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a rate like 10/s, 10/m or 10/h")]
pub struct RateLimitError(String);

impl FromStr for RateLimit {
    type Err = RateLimitError;

    fn from_str(text: &str) -> Result<Self, RateLimitError> {
        let error = || RateLimitError(text.chars().take(40).collect());
        let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
        let count: f64 = count.trim().parse().map_err(|_| error())?;
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(error()),
        };
        let is_a_rate = count.is_finite() && 0.0 < count;
        let every = is_a_rate.then(|| Duration::try_from_secs_f64(seconds / count));
        Ok(Self {
            text: text.trim().to_owned(),
            every: every.and_then(Result::ok).ok_or_else(error)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_how_long_the_next_comes_after_one() {
        for (text, millis) in [
            ("10", 100),
            ("2/s", 500),
            ("30/m", 2000),
            ("0.5/h", 7_200_000),
        ] {
            let limit: RateLimit = text.parse().expect(text);
            assert_eq!(limit.every(), Duration::from_millis(millis), "{text}");
            assert_eq!(limit.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "", "1/parsec", "/s", "-1/s", "0", "0/s", "NaN", "inf/s", "1/s/s", "1e-300/h",
        ] {
            assert!(text.parse::<RateLimit>().is_err(), "{text}");
        }
    }
}
