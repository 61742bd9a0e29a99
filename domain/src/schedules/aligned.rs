//! Every so often, on the clock of a time zone: Celery's `relative` intervals.

use std::fmt;

use chrono::{DateTime, Days, DurationRound as _, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::wall::first_shown;
use super::{Interval, Span};

/// An interval whose instants are full seconds, minutes or hours, or the beginnings of days,
/// in the time zone: whichever unit is the largest that it is at least one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aligned {
    interval: Interval,
    zone: Tz,
    unit: Unit,
}

/// The interval is not a whole number of the unit that it is to be aligned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a whole number of seconds, minutes, hours or days")]
pub struct NotWholeError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// A second, a minute or an hour.
    Time(TimeDelta),
    /// A day, with the number of them.
    Days(u64),
}

impl Aligned {
    /// `interval` on the clock of `zone`.
    ///
    /// # Errors
    ///
    /// When it is no whole number of its unit: of seconds below a minute, of minutes below an
    /// hour, of hours below a day, else of days.
    pub fn new(interval: Interval, zone: Tz) -> Result<Self, NotWholeError> {
        let length = interval.length();
        let units = [
            TimeDelta::days(1),
            TimeDelta::hours(1),
            TimeDelta::minutes(1),
        ];
        let fitting = units.into_iter().find(|unit| *unit <= length);
        let unit = fitting.unwrap_or(TimeDelta::seconds(1));
        let (length, one) = (length.num_microseconds(), unit.num_microseconds());
        let (length, one) = length.zip(one).ok_or(NotWholeError)?;
        if length % one != 0 {
            return Err(NotWholeError);
        }
        let unit = if unit == TimeDelta::days(1) {
            Unit::Days(u64::try_from(length / one).map_err(|_| NotWholeError)?)
        } else {
            Unit::Time(unit)
        };
        Ok(Self {
            interval,
            zone,
            unit,
        })
    }

    /// The first instant after `after` of those that count from the unit in which `anchor` is.
    pub(super) fn next_after(
        self,
        anchor: DateTime<Utc>,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let anchor = anchor.with_timezone(&self.zone);
        match self.unit {
            Unit::Time(unit) => {
                let begun = anchor.duration_trunc(unit).ok()?;
                self.interval.next_after(begun.to_utc(), after)
            }
            Unit::Days(length) => {
                let begun = anchor.date_naive();
                let passed = (after.with_timezone(&self.zone).date_naive() - begun).num_days();
                let whole = u64::try_from(passed).unwrap_or(0) / length;
                // The first of a day may be later than midnight, and so after `after`.
                let mut counts = whole.max(1)..=whole + 1;
                counts.find_map(|count| {
                    let day = begun.checked_add_days(Days::new(count.checked_mul(length)?))?;
                    self.beginning(day).filter(|instant| after < *instant)
                })
            }
        }
    }

    /// What is due from `first`, at which this is, to `end`.
    pub(super) fn span(self, first: DateTime<Utc>, end: DateTime<Utc>) -> Span {
        let Unit::Days(length) = self.unit else {
            return self.interval.span(first, end);
        };
        let day = first.with_timezone(&self.zone).date_naive();
        let passed = (end.with_timezone(&self.zone).date_naive() - day).num_days();
        let mut more = u64::try_from(passed).unwrap_or(0) / length;
        let nth = |count: u64| {
            let day = day.checked_add_days(Days::new(count * length));
            day.and_then(|day| self.beginning(day)).unwrap_or(first)
        };
        if end < nth(more) {
            more = more.saturating_sub(1);
        }
        Span {
            before_last: nth(more.saturating_sub(1)),
            last: nth(more),
            count: u32::try_from(more).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    fn beginning(self, day: NaiveDate) -> Option<DateTime<Utc>> {
        first_shown(day.and_time(NaiveTime::MIN), self.zone)
    }
}

/// "every 24 h on the clock in Europe/Berlin".
impl fmt::Display for Aligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on the clock in {}", self.interval, self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn aligned(seconds: f64, zone: Tz) -> Aligned {
        let interval = Interval::from_seconds(seconds).expect("an interval");
        Aligned::new(interval, zone).expect("whole")
    }

    /// The rows are those of Celery's own answers for entries with `relative`.
    #[test]
    fn it_is_due_when_celery_says_so() {
        let anchor = at("2026-03-10T10:20:07.5Z");
        for (seconds, zone, after, next) in [
            (
                3600.0,
                Tz::UTC,
                "2026-03-10T10:20:07.5Z",
                "2026-03-10T11:00:00Z",
            ),
            (
                3600.0,
                Tz::UTC,
                "2026-03-10T11:00:00Z",
                "2026-03-10T12:00:00Z",
            ),
            (
                86_400.0,
                Tz::UTC,
                "2026-03-10T10:20:07.5Z",
                "2026-03-11T00:00:00Z",
            ),
            (
                86_400.0,
                Tz::Europe__Prague,
                "2026-03-10T10:20:07.5Z",
                "2026-03-10T23:00:00Z",
            ),
            (
                172_800.0,
                Tz::UTC,
                "2026-03-12T00:00:00Z",
                "2026-03-14T00:00:00Z",
            ),
            (
                300.0,
                Tz::UTC,
                "2026-03-10T10:20:07.5Z",
                "2026-03-10T10:25:00Z",
            ),
            (
                30.0,
                Tz::UTC,
                "2026-03-10T10:20:07.5Z",
                "2026-03-10T10:20:37Z",
            ),
            (
                3600.0,
                Tz::Asia__Kolkata,
                "2026-03-10T10:20:07.5Z",
                "2026-03-10T10:30:00Z",
            ),
            // A day of 23 hours.
            (
                86_400.0,
                Tz::Europe__Prague,
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
        ] {
            let found = aligned(seconds, zone).next_after(anchor, at(after));

            assert_eq!(
                found,
                Some(at(next)),
                "every {seconds} s in {zone} after {after}"
            );
        }
    }

    #[test]
    fn a_span_of_days_ends_with_the_last_that_has_begun() {
        let daily = aligned(86_400.0, Tz::Europe__Prague);
        let first = at("2026-03-27T23:00:00Z");
        for (end, before_last, last, count) in [
            (
                "2026-03-27T23:00:00Z",
                "2026-03-27T23:00:00Z",
                "2026-03-27T23:00:00Z",
                1,
            ),
            (
                "2026-03-29T21:59:59Z",
                "2026-03-27T23:00:00Z",
                "2026-03-28T23:00:00Z",
                2,
            ),
            (
                "2026-03-29T22:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
                3,
            ),
        ] {
            let expected = Span {
                before_last: at(before_last),
                last: at(last),
                count,
            };
            assert_eq!(daily.span(first, at(end)), expected, "until {end}");
        }
    }

    #[test]
    fn what_is_no_whole_number_of_its_unit_is_refused() {
        for seconds in [0.5, 90.0, 5400.0, 129_600.0] {
            let interval = Interval::from_seconds(seconds).expect("an interval");
            assert_eq!(
                Aligned::new(interval, Tz::UTC),
                Err(NotWholeError),
                "{seconds}"
            );
        }
    }
}
