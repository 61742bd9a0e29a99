//! A beat: it ticks, relays what it fires, and looks for the dead.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::beat::Beat;
use domain::schedules::ScheduleEntry;
use tests::samples::schedule_entry;

use super::House;
use crate::interleavings::lines::StoreLine;
use crate::interleavings::stage::Process;

/// The first so many entries, each with its interval.
pub(crate) fn entries(count: u32) -> Vec<(ScheduleEntry, TimeDelta)> {
    let intervals = [180, 420].into_iter().zip(["often", "seldom"]);
    let entries = intervals.map(|(seconds, name)| {
        let interval = TimeDelta::seconds(i64::from(seconds));
        (schedule_entry(name, seconds), interval)
    });
    entries.take(count as usize).collect()
}

pub(super) fn starts(house: &House, process: Process, line: &Arc<StoreLine>) {
    let entries = entries(house.entries).into_iter();
    let entries = entries.map(|(entry, _)| entry).collect();
    let (clock, catch_up) = (house.stage.clock.clone(), TimeDelta::hours(24));
    let mut beat = Beat::new(line.clone(), clock, entries, catch_up);
    house.starts_living(process, house.queue(line));
    house.starts_relaying(process, line);
    let stage = house.stage.clone();
    let ticking = async move {
        loop {
            // Whether it went well or not: the next tick goes on.
            drop(beat.tick().await);
            stage.rest(3).await;
        }
    };
    house.stage.begin(process, Box::pin(ticking));
}
