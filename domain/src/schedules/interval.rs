//! Every so often.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::Span;

/// A length of time from a tenth of a second to a hundred years, in whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(TimeDelta);

/// The length of time is none that something can be due in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of seconds from 0.1 to 3153600000 (a hundred years)")]
pub struct IntervalError;

impl Interval {
    const LEAST: TimeDelta = TimeDelta::milliseconds(100);
    const MOST: TimeDelta = TimeDelta::days(36_500);

    /// Every so long.
    ///
    /// # Errors
    ///
    /// When it is shorter than a tenth of a second, or longer than a hundred years.
    pub fn new(length: TimeDelta) -> Result<Self, IntervalError> {
        let micros = length.num_microseconds().map(TimeDelta::microseconds);
        micros
            .filter(|length| (Self::LEAST..=Self::MOST).contains(length))
            .map(Self)
            .ok_or(IntervalError)
    }

    /// Every so many seconds.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn from_seconds(seconds: f64) -> Result<Self, IntervalError> {
        if !(0.0..=1e10).contains(&seconds) {
            return Err(IntervalError);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 10^16, as just seen"
        )]
        let micros = (seconds * 1e6).round() as i64;
        Self::new(TimeDelta::microseconds(micros))
    }

    /// How long it is.
    pub(super) fn length(self) -> TimeDelta {
        self.0
    }

    /// The first `anchor + n × interval` after `after`, with n from 1.
    pub(super) fn next_after(
        self,
        anchor: DateTime<Utc>,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let length = micros(self.0)?;
        let passed = micros(after - anchor)?.max(0);
        let until_next = (passed / length + 1).checked_mul(length)?;
        anchor.checked_add_signed(TimeDelta::microseconds(until_next))
    }

    /// What is due from `first`, at which it is, to `end`.
    pub(super) fn span(self, first: DateTime<Utc>, end: DateTime<Utc>) -> Span {
        let more = match (micros(end - first), micros(self.0)) {
            (Some(time), Some(length)) => u32::try_from(time / length).unwrap_or_default(),
            _ => 0,
        };
        let nth = |number: u32| first + self.0 * i32::try_from(number).unwrap_or(i32::MAX);
        Span {
            before_last: nth(more.saturating_sub(1)),
            last: nth(more),
            count: more.saturating_add(1),
        }
    }
}

fn micros(time: TimeDelta) -> Option<i64> {
    time.num_microseconds()
}

/// In the largest unit that leaves no rest: "every 24 h", "every 0.5 s".
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.num_microseconds().unwrap_or_default();
        let units = [(3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s")];
        if let Some((size, unit)) = units.iter().find(|(size, _)| micros % size == 0) {
            return write!(f, "every {} {unit}", micros / size);
        }
        let places = format!("{:06}", micros % 1_000_000);
        let places = places.trim_end_matches('0');
        write!(f, "every {}.{places} s", micros / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros)
    }

    fn interval(seconds: f64) -> Interval {
        Interval::from_seconds(seconds).expect("a length within the bounds")
    }

    #[test]
    fn it_counts_from_its_anchor_and_never_drifts() {
        let anchor = at(7);
        for (seconds, after, next) in [
            (30.0, 7, 30_000_007),
            (30.0, 0, 30_000_007),
            (30.0, -1_000_000_000, 30_000_007),
            (30.0, 30_000_006, 30_000_007),
            (30.0, 30_000_007, 60_000_007),
            (30.0, 300_000_008, 330_000_007),
            (0.5, 1_250_000, 1_500_007),
            (86_400.0, 86_400_000_006, 86_400_000_007),
        ] {
            let found = interval(seconds).next_after(anchor, at(after));

            assert_eq!(found, Some(at(next)), "every {seconds} s after {after}");
        }
    }

    #[test]
    fn there_is_none_after_the_end_of_time() {
        let never = interval(3.0).next_after(at(0), DateTime::<Utc>::MAX_UTC);

        assert_eq!(never, None);
    }

    #[test]
    fn a_span_ends_with_what_is_due_last() {
        for (end, before_last, last, count) in [
            (7, 7, 7, 1),
            (30_000_006, 7, 7, 1),
            (30_000_007, 7, 30_000_007, 2),
            (100_000_000, 60_000_007, 90_000_007, 4),
        ] {
            let span = interval(30.0).span(at(7), at(end));

            let expected = Span {
                before_last: at(before_last),
                last: at(last),
                count,
            };
            assert_eq!(span, expected, "until {end}");
        }
    }

    #[test]
    fn what_is_too_short_or_no_number_is_refused() {
        for refused in [0.0, 0.09, -1.0, 3.2e9, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(Interval::from_seconds(refused), Err(IntervalError));
        }
        assert!(Interval::new(TimeDelta::MAX).is_err());
        assert!(Interval::from_seconds(0.1).is_ok());
    }

    #[test]
    fn it_is_said_in_the_largest_unit() {
        for (seconds, said) in [
            (30.0, "every 30 s"),
            (60.0, "every 1 min"),
            (5400.0, "every 90 min"),
            (86_400.0, "every 24 h"),
            (0.5, "every 0.5 s"),
            (61.25, "every 61.25 s"),
        ] {
            assert_eq!(interval(seconds).to_string(), said);
        }
    }
}
