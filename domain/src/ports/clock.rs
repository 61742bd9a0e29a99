//! What time it is.

use chrono::{DateTime, Utc};

/// Tells calendar time: due instants, time-outs of tokens, dates in mails.
///
/// Whether a worker lives is never judged by this clock, so a wrong or hand-moved one
/// neither loses nor doubles work.
#[cfg_attr(test, mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}
