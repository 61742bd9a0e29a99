//! What the two stores that speak SQL have in common: how the rows of tasks read, and how
//! long they are waited for.

mod backlog;
mod changes;
mod patience;

pub(crate) use backlog::{Backlog, LOOK_AT_BACKLOG};
pub(crate) use changes::{Change, changes};
pub(crate) use patience::{BLINK, POLL, Patience};

/// A number that counts something, as a database keeps it.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
