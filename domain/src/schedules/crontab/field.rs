//! One field of a crontab, in Celery's syntax.

use std::collections::BTreeSet;
use std::fmt;

/// A field of a crontab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// From 0 to 59.
    Minute,
    /// From 0 to 23.
    Hour,
    /// From 1 to 31.
    DayOfMonth,
    /// From 1 to 12.
    MonthOfYear,
    /// From 0, which is Sunday, to 6.
    DayOfWeek,
}

/// What is wrong with a field, worded to follow its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Nothing stands where a number should.
    #[error("has an empty part; write *, a number, a range or a list of these")]
    Empty,
    /// The number means nothing in this field.
    #[error("may be from {least} to {most}, not {number}{}", sunday(*.least, *.most, *.number))]
    OutOfRange {
        /// The least number.
        least: u32,
        /// The greatest number.
        most: u32,
        /// What was written.
        number: u32,
    },
    /// It is neither a number nor the name of a day or month.
    #[error("has {0:?} in it, which is neither a number nor the name of a day or month")]
    Unreadable(String),
    /// The step is missing, or would never advance.
    #[error("has the step {0:?}, which is not a number from 1")]
    Step(String),
}

fn sunday(least: u32, most: u32, number: u32) -> &'static str {
    if (least, most, number) == (0, 6, 7) {
        " (Sunday is 0)"
    } else {
        ""
    }
}

impl Field {
    /// All, in the order in which they are written.
    pub const ALL: [Self; 5] = [
        Self::Minute,
        Self::Hour,
        Self::DayOfMonth,
        Self::MonthOfYear,
        Self::DayOfWeek,
    ];

    /// What Celery calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day_of_month",
            Self::MonthOfYear => "month_of_year",
            Self::DayOfWeek => "day_of_week",
        }
    }

    /// The least and the greatest number in it.
    pub const fn bounds(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::MonthOfYear => (1, 12),
            Self::DayOfWeek => (0, 6),
        }
    }

    /// The numbers that `text` means here.
    ///
    /// Parts stand between commas: a number, a range `a-b` that wraps when it ends before it
    /// begins, or `*`; the last two with a step `/n`, counted from where they begin. Days and
    /// months have names, of which the first three letters count.
    ///
    /// # Errors
    ///
    /// See [`FieldError`].
    pub fn numbers(self, text: &str) -> Result<BTreeSet<u32>, FieldError> {
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            numbers.extend(self.part(part.trim())?);
        }
        Ok(numbers)
    }

    fn part(self, part: &str) -> Result<Vec<u32>, FieldError> {
        if part.is_empty() {
            return Err(FieldError::Empty);
        }
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let numbers = if range == "*" {
            let (least, most) = self.bounds();
            (least..=most).collect()
        } else if let Some((from, to)) = range.split_once('-') {
            self.range(self.number(from)?, self.number(to)?)
        } else if step.is_some() {
            return Err(FieldError::Unreadable(part.to_owned()));
        } else {
            vec![self.number(range)?]
        };
        let Some(step) = step else {
            return Ok(numbers);
        };
        match step.parse() {
            Ok(step) if 0 < step => Ok(numbers.into_iter().step_by(step).collect()),
            _ => Err(FieldError::Step(step.to_owned())),
        }
    }

    fn range(self, from: u32, to: u32) -> Vec<u32> {
        let (least, most) = self.bounds();
        if from <= to {
            return (from..=to).collect();
        }
        (from..=most).chain(least..=to).collect()
    }

    fn number(self, text: &str) -> Result<u32, FieldError> {
        let (least, most) = self.bounds();
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Empty);
        }
        let unreadable = || FieldError::Unreadable(text.to_owned());
        let is_number = text.bytes().all(|each| each.is_ascii_digit());
        let number = if is_number {
            text.parse().map_err(|_| unreadable())?
        } else {
            named(text).ok_or_else(unreadable)?
        };
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        Err(FieldError::OutOfRange {
            least,
            most,
            number,
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of a day of the week or a month, by the first three letters.
fn named(text: &str) -> Option<u32> {
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    if !text.chars().all(char::is_alphabetic) {
        return None;
    }
    let letters = text.get(..3)?.to_ascii_lowercase();
    let days = (0..).zip(DAYS);
    let mut names = days.chain((1..).zip(MONTHS));
    names
        .find(|(_, name)| *name == letters)
        .map(|(number, _)| number)
}

#[cfg(test)]
mod tests;
