//! When artists count as quiet, and how often they are reminded.

use chrono::TimeDelta;
use domain::use_cases::InactivityPolicy;

use super::reader::Reader;
use super::values::number;

/// `INACTIVITY_AFTER_DAYS` and `INACTIVITY_REMIND_EVERY_DAYS`.
pub(super) fn read(read: &mut Reader) -> InactivityPolicy {
    let mut days = |name| TimeDelta::days(read.or(name, 30, number(1..=3650)));
    InactivityPolicy {
        after: days("INACTIVITY_AFTER_DAYS"),
        remind_every: days("INACTIVITY_REMIND_EVERY_DAYS"),
    }
}
