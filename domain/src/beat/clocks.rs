//! Whether a beat has the right time.

use chrono::TimeDelta;

use crate::ports::{Clock, PortError, ScheduleRepo, Severity};

/// How far the clocks of a beat and of its store may be apart.
const APART_AT_MOST: TimeDelta = TimeDelta::minutes(5);

/// Fails when the clock of a beat is not that of its store.
pub(super) async fn compare(ours: &dyn Clock, store: &dyn ScheduleRepo) -> Result<(), PortError> {
    let theirs = store.time().await?;
    let ahead = ours.now() - theirs;
    if ahead.abs() <= APART_AT_MOST {
        return Ok(());
    }
    let side = if ahead < TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    let seconds = ahead.abs().num_seconds();
    Err(PortError {
        adapter: "beat",
        action: "trust its clock",
        severity: Severity::Transient,
        source: format!(
            "it is {seconds} s {side} that of the database; set the clocks of both machines by NTP"
        )
        .into(),
    })
}
