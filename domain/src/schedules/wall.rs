//! What a clock on the wall of a time zone shows.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// When the clock of `zone` shows `wall` for the first time; when it skips it, the end of what it skips.
pub(super) fn first_shown(wall: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    const LONGEST_SKIP: i64 = 48 * 60;
    (0..=LONGEST_SKIP).find_map(|minutes| {
        let shown = wall.checked_add_signed(TimeDelta::minutes(minutes))?;
        match zone.from_local_datetime(&shown) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                Some(instant.to_utc())
            }
            LocalResult::None => None,
        }
    })
}
