//! By the calendar of a time zone.

mod field;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::Span;
use super::wall::first_shown;
pub use field::{Field, FieldError};

/// The five fields of a crontab, in the order of [`Field::ALL`].
pub type Fields = [String; 5];

/// The minutes at which a clock on the wall of a time zone shows what five fields ask for.
///
/// Every field must fit: a day must be right both in the month and in the week. Where the
/// clock is put forward or back, what hours are asked for by number falls due once: an hour
/// that is skipped at its end, one that comes twice at its first pass. With every hour (`*`)
/// it falls due whenever the clock shows what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crontab {
    written: Fields,
    zone: Tz,
    cron: Arc<Cron>,
    hours: Hours,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hours {
    /// By number.
    Fixed,
    /// All of them.
    Every,
}

/// What is wrong with a crontab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrontabError {
    /// There are more or fewer fields than five.
    #[error("must have five fields (minute hour day_of_month month_of_year day_of_week), not {0}")]
    Count(usize),
    /// One of the fields cannot be understood.
    #[error("{field} {error}")]
    Field {
        /// Which.
        field: Field,
        /// Why.
        error: FieldError,
    },
    /// No month that is asked for has such a day.
    #[error("asks for days that no calendar has (day_of_month {day}, month_of_year {month})")]
    Impossible {
        /// The day as it was written.
        day: String,
        /// The month as it was written.
        month: String,
    },
}

impl Crontab {
    /// The crontab of these fields in `zone`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the fields.
    pub fn new(fields: Fields, zone: Tz) -> Result<Self, Vec<CrontabError>> {
        let read = Field::ALL.into_iter().zip(&fields).map(|(field, text)| {
            let numbers = field.numbers(text);
            numbers.map_err(|error| CrontabError::Field { field, error })
        });
        let (good, bad): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        let errors: Vec<_> = bad.into_iter().filter_map(Result::err).collect();
        let numbers: Vec<_> = good.into_iter().filter_map(Result::ok).collect();
        let [minutes, hours, days, months, weekdays] = numbers.as_slice() else {
            return Err(errors);
        };
        if !exists(days, months) {
            let [_, _, day, month, _] = fields;
            return Err(vec![CrontabError::Impossible { day, month }]);
        }
        let all = [minutes, hours, days, months, weekdays];
        Ok(Self {
            written: fields,
            zone,
            cron: Arc::new(cron(all)),
            hours: if hours.len() == 24 {
                Hours::Every
            } else {
                Hours::Fixed
            },
        })
    }

    /// The crontab that `text` means in `zone`: `minute hour day_of_month month_of_year day_of_week`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, Vec<CrontabError>> {
        let fields: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let count = fields.len();
        let fields = Fields::try_from(fields).map_err(|_| vec![CrontabError::Count(count)])?;
        Self::new(fields, zone)
    }

    /// The first instant after `after` at which this is due.
    pub(super) fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = after.with_timezone(&self.zone);
        match self.hours {
            Hours::Every => {
                let next = self.cron.find_next_occurrence(&local, false).ok()?;
                Some(next.to_utc())
            }
            Hours::Fixed => self.next_fixed_after(after, local.naive_local()),
        }
    }

    /// What is due from `first`, at which it is, to `end`.
    pub(super) fn span(&self, first: DateTime<Utc>, end: DateTime<Utc>) -> Span {
        let mut span = Span {
            before_last: first,
            last: first,
            count: 1,
        };
        while let Some(next) = self.next_after(span.last).filter(|next| *next <= end) {
            span = Span {
                before_last: span.last,
                last: next,
                count: span.count.saturating_add(1),
            };
        }
        span
    }

    /// On the wall, every time asked for comes once; so each is looked for there, and then
    /// given its instant.
    fn next_fixed_after(
        &self,
        after: DateTime<Utc>,
        mut wall: NaiveDateTime,
    ) -> Option<DateTime<Utc>> {
        loop {
            wall = self.cron.find_next_occurrence(&wall, false).ok()?;
            // What comes twice had its instant at the first pass, which may be over.
            if let Some(instant) = first_shown(wall, self.zone).filter(|instant| after < *instant) {
                return Some(instant);
            }
        }
    }
}

/// The fields as they were written, and the zone: "crontab 0 9 * * mon-fri in Europe/Berlin".
impl fmt::Display for Crontab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crontab {} in {}", self.written.join(" "), self.zone)
    }
}

/// Whether some year has one of `days` in one of `months`.
fn exists(days: &BTreeSet<u32>, months: &BTreeSet<u32>) -> bool {
    const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let lengths = (1..).zip(LENGTHS);
    let mut fitting = lengths.filter(|(month, _)| months.contains(month));
    fitting.any(|(_, length)| days.iter().any(|day| *day <= length))
}

/// The same numbers in the language of the library.
fn cron(numbers: [&BTreeSet<u32>; 5]) -> Cron {
    let fields = Field::ALL.into_iter().zip(numbers);
    let fields: Vec<String> = fields
        .map(|(field, numbers)| {
            let (least, most) = field.bounds();
            if numbers.len() as u64 == u64::from(most - least) + 1 {
                return "*".to_owned();
            }
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            numbers.join(",")
        })
        .collect();
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .dom_and_dow(true)
        .build()
        .parse(&fields.join(" "))
        .expect("lists of numbers within their bounds are a pattern")
}

#[cfg(test)]
mod tests;
