//! The laws of the schedules.

mod firing;
mod registering;
mod together;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::{Fired, Firing, NewEntry, Occurrence, Skipped, Standing};
use domain::schedules::ScheduleEntry;
use tests::samples::START;

use super::world::{World, only};

/// So many minutes after the beginning.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    START + TimeDelta::minutes(minutes)
}

pub(super) async fn register(world: &World, entries: &[&ScheduleEntry]) -> Vec<Standing> {
    let entries: Vec<NewEntry> = entries.iter().map(|entry| new(entry)).collect();
    world.schedules.register(&entries).await.unwrap()
}

pub(super) async fn fire(world: &World, firing: Firing) -> Fired {
    only(world.schedules.fire(&[firing]).await.unwrap())
}

fn new(entry: &ScheduleEntry) -> NewEntry {
    NewEntry {
        name: entry.name.clone(),
        schedule: entry.schedule.to_string(),
    }
}

/// What was last due in that minute and is fired in this one.
pub(super) fn firing(entry: &ScheduleEntry, last_due: i64, due: i64) -> Firing {
    Firing {
        entry: entry.name.clone(),
        schedule: entry.schedule.to_string(),
        last_due: at(last_due),
        skipped: None,
        occurrence: Some(Occurrence {
            due: at(due),
            task: entry.seal(at(due), at(due)),
        }),
    }
}

/// The same, skipping what was due from that minute to this one.
pub(super) fn skipping(firing: Firing, from: i64, to: i64) -> Firing {
    let skipped = Skipped {
        from: at(from),
        to: at(to),
        count: u32::try_from(to - from).unwrap() + 1,
    };
    Firing {
        skipped: Some(skipped),
        ..firing
    }
}
