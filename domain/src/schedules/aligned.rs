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
mod tests;
