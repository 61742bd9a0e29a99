//! Work due at times: what a schedule is, and what is done by it.
//!
//! A [`ScheduleEntry`] says which task is due by which [`Schedule`]; the
//! [`Beat`](crate::beat::Beat) fires it. Entries are [written](written::entries) in
//! Celery's shape.

mod aligned;
mod crontab;
mod entry;
mod interval;
mod wall;
pub mod written;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

pub use aligned::{Aligned, NotWholeError};
pub use crontab::{Crontab, CrontabError, Field, FieldError, Fields};
pub use entry::{EntryName, Expires, ScheduleEntry};
pub use interval::{Interval, IntervalError};

/// How long it is kept which occurrences were fired and which were skipped.
pub const OCCURRENCES_KEPT_FOR: TimeDelta = TimeDelta::hours(48);

/// How far ahead of the clock an entry may stand: what stands further got there by a clock
/// that was wrong, and would be silent until the clock has caught up.
pub const AHEAD_AT_MOST: TimeDelta = TimeDelta::days(1);

/// When something is due, again and again.
///
/// `Display` says it in one line, and two schedules that say the same are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every so often.
    Interval(Interval),
    /// Every so often, on the clock of a time zone.
    Aligned(Aligned),
    /// By the calendar of a time zone.
    Crontab(Crontab),
}

impl Schedule {
    /// The first instant after `after` at which this is due; `None` when there is none any more.
    ///
    /// An interval counts from `anchor`, when its entry was first seen, so it never drifts.
    pub fn next_after(&self, anchor: DateTime<Utc>, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Interval(interval) => interval.next_after(anchor, after),
            Self::Aligned(aligned) => aligned.next_after(anchor, after),
            Self::Crontab(crontab) => crontab.next_after(after),
        }
    }

    /// What is due from `first`, at which this is due, to `end`.
    pub(crate) fn span(&self, first: DateTime<Utc>, end: DateTime<Utc>) -> Span {
        match self {
            Self::Interval(interval) => interval.span(first, end),
            Self::Aligned(aligned) => aligned.span(first, end),
            Self::Crontab(crontab) => crontab.span(first, end),
        }
    }
}

/// Instants in a row at which something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The last of them but one; the only one when there is no other.
    pub(crate) before_last: DateTime<Utc>,
    /// The last of them.
    pub(crate) last: DateTime<Utc>,
    /// How many there are.
    pub(crate) count: u32,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval(interval) => interval.fmt(f),
            Self::Aligned(aligned) => aligned.fmt(f),
            Self::Crontab(crontab) => crontab.fmt(f),
        }
    }
}
