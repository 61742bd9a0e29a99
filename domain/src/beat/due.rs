//! What is done about an entry that is due.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ports::{Firing, Occurrence, Skipped, Standing};
use crate::schedules::{ScheduleEntry, Span};

/// Fires the occurrence that is due at `due`.
pub(super) fn fire(
    entry: &ScheduleEntry,
    standing: &Standing,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Firing {
    Firing {
        entry: entry.name.clone(),
        schedule: standing.schedule.clone(),
        last_due: standing.last_due,
        skipped: None,
        occurrence: Some(Occurrence {
            due,
            task: entry.seal(due, now),
        }),
    }
}

/// Makes up for what was due from `first` to `now` and was missed: the last of it is fired
/// when that is not longer ago than `catch_up`, and all the others are skipped.
pub(super) fn make_up(
    entry: &ScheduleEntry,
    standing: &Standing,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
    catch_up: TimeDelta,
) -> Firing {
    let Span {
        before_last,
        last,
        count,
    } = entry.schedule.span(first, now);
    let skipped = |to, count| Skipped {
        from: first,
        to,
        count,
    };
    if catch_up < now - last {
        return Firing {
            skipped: Some(skipped(last, count)),
            occurrence: None,
            ..fire(entry, standing, last, now)
        };
    }
    Firing {
        skipped: (1 < count).then(|| skipped(before_last, count - 1)),
        ..fire(entry, standing, last, now)
    }
}

/// Tells what was fired, in the words that users of Celery know, and what was skipped.
pub(super) fn report(firing: &Firing, now: DateTime<Utc>) {
    let name = &firing.entry;
    if let Some(Skipped { from, to, count }) = firing.skipped {
        tracing::warn!(
            entry = %name, %from, %to, count,
            "Scheduler: {count} occurrences of {name} were missed and are skipped, from {from} to {to}"
        );
    }
    if let Some(Occurrence { due, task }) = &firing.occurrence {
        let late = (now - *due).as_seconds_f64();
        tracing::info!(
            entry = %name, task.id = %task.id, task.name = %task.name, due = %due.to_rfc3339(), late,
            "Scheduler: Sending due task {name} ({})", task.name
        );
    }
}
