//! Fires what is due by its schedule, tick by tick.

mod clocks;
mod due;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ports::{Clock, Fired, Firing, NewEntry, PortError, ScheduleRepo, Standing};
use crate::schedules::ScheduleEntry;

/// How many entries are fired together.
const MOST_AT_ONCE: usize = 1_024;
/// How late a beat that runs may be with an occurrence and still fire it like any other.
const LATE_AT_MOST: TimeDelta = TimeDelta::minutes(1);

/// Puts the tasks of schedule entries into the queue when they are due.
///
/// Any number of beats may share one [`ScheduleRepo`]: whoever comes first fires. What fell
/// due while no beat ran was missed: the last of it is fired, late, when that is not longer
/// ago than the time for catching up; the others are recorded as skipped.
///
/// A beat whose clock is more than five minutes off the store's does nothing: what it fired
/// would be fired at a wrong time, and whoever has the right time would find it done.
pub struct Beat {
    schedules: Arc<dyn ScheduleRepo>,
    clock: Arc<dyn Clock>,
    catch_up: TimeDelta,
    entries: Vec<Kept>,
    /// The entries by when they are due next.
    by_due: BinaryHeap<Reverse<(DateTime<Utc>, usize)>>,
    /// Those whose standing has to be asked for.
    unregistered: Vec<usize>,
    /// When what was due was last seen to.
    looked_at: Option<DateTime<Utc>>,
}

/// An entry and where it stands, as far as this beat knows.
struct Kept {
    entry: ScheduleEntry,
    schedule: String,
    standing: Option<Standing>,
}

impl Beat {
    /// A beat of these entries, which makes up for what was due at most `catch_up` ago.
    pub fn new(
        schedules: Arc<dyn ScheduleRepo>,
        clock: Arc<dyn Clock>,
        entries: Vec<ScheduleEntry>,
        catch_up: TimeDelta,
    ) -> Self {
        let entries = entries.into_iter().map(|entry| Kept {
            schedule: entry.schedule.to_string(),
            standing: None,
            entry,
        });
        let entries: Vec<Kept> = entries.collect();
        Self {
            schedules,
            clock,
            catch_up,
            unregistered: (0..entries.len()).collect(),
            entries,
            by_due: BinaryHeap::new(),
            looked_at: None,
        }
    }

    /// Its entries by when each is due next, for people to read; all of them after a tick.
    pub fn upcoming(&self) -> Vec<(DateTime<Utc>, &ScheduleEntry)> {
        let due = self.by_due.iter().map(|Reverse(due)| *due);
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        let entry = |(due, index): (DateTime<Utc>, usize)| (due, &self.entries[index].entry);
        due.into_iter().map(entry).collect()
    }

    /// Makes its entries known to the store, as far as they are not.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached, or its clock is another; the next tick tries again.
    pub async fn register(&mut self) -> Result<(), PortError> {
        let new = |&index: &usize| NewEntry {
            name: self.entries[index].entry.name.clone(),
            schedule: self.entries[index].schedule.clone(),
        };
        let new: Vec<NewEntry> = self.unregistered.iter().map(new).collect();
        if new.is_empty() {
            return Ok(());
        }
        clocks::compare(&*self.clock, &*self.schedules).await?;
        let standings = self.schedules.register(&new).await?;
        let unregistered = std::mem::take(&mut self.unregistered);
        for (index, standing) in unregistered.into_iter().zip(standings) {
            self.stands(index, standing);
        }
        // What was due before somebody looked for the first time was missed.
        self.looked_at.get_or_insert(self.clock.now());
        Ok(())
    }

    /// Fires everything that is due; answers when something is due next.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached, or its clock is another; the next tick tries again and is
    /// late then.
    pub async fn tick(&mut self) -> Result<Option<DateTime<Utc>>, PortError> {
        self.register().await?;
        let now = self.clock.now();
        if self.next_due().is_some_and(|due| due <= now) {
            clocks::compare(&*self.clock, &*self.schedules).await?;
        }
        loop {
            let (fired, outcome) = self.fire_due(now).await;
            let is_done = fired.is_empty();
            for (index, firing, fired) in fired {
                self.settle(index, &firing, fired, now);
            }
            outcome?;
            if is_done {
                break;
            }
        }
        self.looked_at = Some(now);
        Ok(self.next_due())
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        self.by_due.peek().map(|Reverse((due, _))| *due)
    }

    /// Some of what is due at `now`, taken out of its order.
    fn take_due(&mut self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, usize)> {
        let mut due = Vec::new();
        while due.len() < MOST_AT_ONCE
            && let Some(next) = self.by_due.peek_mut()
            && next.0.0 <= now
        {
            due.push(std::collections::binary_heap::PeekMut::pop(next).0);
        }
        due
    }

    /// Fires what is due of each entry; answers what came of it, also of what went well before
    /// something failed.
    async fn fire_due(
        &mut self,
        now: DateTime<Utc>,
    ) -> (Vec<(usize, Firing, Fired)>, Result<(), PortError>) {
        let mut fired = Vec::new();
        loop {
            let due = self.take_due(now);
            if due.is_empty() {
                return (fired, Ok(()));
            }
            let firing =
                |(due, index): &(_, usize)| Some((*index, self.firing(*index, *due, now)?));
            let (indices, firings): (Vec<usize>, Vec<Firing>) =
                due.iter().filter_map(firing).unzip();
            match self.schedules.fire(&firings).await {
                Ok(answers) => {
                    let firings = indices.into_iter().zip(firings).zip(answers);
                    fired.extend(firings.map(|((index, firing), fired)| (index, firing, fired)));
                }
                Err(error) => {
                    self.by_due.extend(due.into_iter().map(Reverse));
                    return (fired, Err(error));
                }
            }
        }
    }

    /// Tells what came of a firing, and finds out when its entry is due next. Both may wait
    /// until whatever else is due at the same instant was fired.
    fn settle(&mut self, index: usize, firing: &Firing, fired: Fired, now: DateTime<Utc>) {
        match fired {
            Fired::Now => {
                due::report(firing, now);
                self.moves(index, firing.moves_to());
            }
            Fired::Elsewhere(Some(standing)) => self.stands(index, standing),
            Fired::Elsewhere(None) => self.unregistered.push(index),
        }
    }

    /// What falls due by an entry at `now`, the first of it at `due`.
    fn firing(&self, index: usize, due: DateTime<Utc>, now: DateTime<Utc>) -> Option<Firing> {
        let Kept {
            entry, standing, ..
        } = &self.entries[index];
        let standing = standing.as_ref()?;
        let looked_at = self.looked_at.unwrap_or(now);
        let missed_before = looked_at.max(now - LATE_AT_MOST);
        Some(if due < missed_before {
            due::make_up(entry, standing, due, now, self.catch_up)
        } else {
            due::fire(entry, standing, due, now)
        })
    }

    /// An entry of this beat has moved on.
    fn moves(&mut self, index: usize, last_due: DateTime<Utc>) {
        if let Some(standing) = self.entries[index].standing.take() {
            self.stands(
                index,
                Standing {
                    last_due,
                    ..standing
                },
            );
        }
    }

    /// From now on this beat knows that an entry stands there.
    fn stands(&mut self, index: usize, standing: Standing) {
        let Kept {
            entry, schedule, ..
        } = &self.entries[index];
        if standing.schedule != *schedule {
            return tracing::warn!(
                entry = %entry.name,
                "another beat was started with another schedule for {} ({}, here {schedule}): it is left to that one",
                entry.name, standing.schedule
            );
        }
        let next = entry
            .schedule
            .next_after(standing.anchor, standing.last_due);
        self.by_due.extend(next.map(|due| Reverse((due, index))));
        self.entries[index].standing = Some(standing);
    }
}
