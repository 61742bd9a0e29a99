//! Keeps schedule entries and their occurrences.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{
    EntryRow, Fired, Firing, NewEntry, PortError, ScheduleRepo, Skipped, Standing,
};
use domain::schedules::{AHEAD_AT_MOST, EntryName};

use super::MemoryStore;
use super::tasks::Tasks;

/// The entries that are known.
#[derive(Default)]
pub(super) struct Schedules(BTreeMap<EntryName, Entry>);

struct Entry {
    standing: Standing,
    /// Which occurrence was fired when.
    occurrences: BTreeMap<DateTime<Utc>, DateTime<Utc>>,
    fired: u64,
    /// Which occurrence was fired last, and when.
    last_fired: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What was skipped, and when that was seen.
    gaps: Vec<(DateTime<Utc>, Skipped)>,
    skipped: u64,
}

#[async_trait]
impl ScheduleRepo for MemoryStore {
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError> {
        let now = self.now();
        let mut state = self.state();
        let registered = entries
            .iter()
            .map(|entry| state.schedules.register(entry, now));
        Ok(registered.collect())
    }

    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError> {
        let now = self.now();
        let fired = {
            let state = &mut *self.state();
            let mut seen = HashSet::new();
            let each = firings.iter().map(|firing| {
                let is_first = seen.insert(&firing.entry);
                state
                    .schedules
                    .fire(firing, is_first, &mut state.tasks, now)
            });
            each.collect()
        };
        self.ring();
        Ok(fired)
    }

    async fn time(&self) -> Result<DateTime<Utc>, PortError> {
        Ok(self.now())
    }

    async fn list(&self) -> Result<Vec<EntryRow>, PortError> {
        let state = self.state();
        let rows = state.schedules.0.iter().map(|(name, entry)| EntryRow {
            name: name.clone(),
            standing: entry.standing.clone(),
            fired: entry.fired,
            last_fired_at: entry.last_fired.map(|(_, at)| at),
            skipped: entry.skipped,
            last_skipped: entry.gaps.last().map(|(_, skipped)| *skipped),
        });
        Ok(rows.collect())
    }
}

impl Schedules {
    fn register(&mut self, new: &NewEntry, now: DateTime<Utc>) -> Standing {
        let anew = Standing {
            schedule: new.schedule.clone(),
            anchor: now,
            last_due: now,
        };
        let entry = self.0.entry(new.name.clone()).or_insert_with(|| Entry {
            standing: anew.clone(),
            occurrences: BTreeMap::new(),
            fired: 0,
            last_fired: None,
            gaps: Vec::new(),
            skipped: 0,
        });
        let standing = &mut entry.standing;
        if standing.schedule != new.schedule || now + AHEAD_AT_MOST < standing.last_due {
            *standing = anew;
        }
        standing.clone()
    }

    fn fire(
        &mut self,
        firing: &Firing,
        is_first: bool,
        tasks: &mut Tasks,
        now: DateTime<Utc>,
    ) -> Fired {
        let Some(entry) = self.0.get_mut(&firing.entry) else {
            return Fired::Elsewhere(None);
        };
        let Standing {
            schedule, last_due, ..
        } = &entry.standing;
        if !is_first || *schedule != firing.schedule || *last_due != firing.last_due {
            return Fired::Elsewhere(Some(entry.standing.clone()));
        }
        entry.standing.last_due = firing.moves_to();
        if let Some(skipped) = firing.skipped {
            entry.skipped += u64::from(skipped.count);
            entry.gaps.push((now, skipped));
        }
        if let Some(occurrence) = &firing.occurrence
            && !entry.occurrences.contains_key(&occurrence.due)
        {
            entry.occurrences.insert(occurrence.due, now);
            entry.fired += 1;
            entry.last_fired = Some((occurrence.due, now));
            tasks.add(&occurrence.task, now);
        }
        Fired::Now
    }

    /// Forgets up to `most` occurrences that were fired or skipped before `oldest`, but for
    /// the last that was fired of each entry; answers how many.
    pub(super) fn tidy(&mut self, oldest: DateTime<Utc>, most: usize) -> u64 {
        let mut left = most;
        for entry in self.0.values_mut() {
            let last = entry.last_fired.map(|(due, _)| due);
            entry.occurrences.retain(|due, fired_at| {
                let goes = 0 < left && *fired_at < oldest && Some(*due) != last;
                left -= usize::from(goes);
                !goes
            });
            entry.gaps.retain(|(seen_at, _)| {
                let goes = 0 < left && *seen_at < oldest;
                left -= usize::from(goes);
                !goes
            });
        }
        (most - left) as u64
    }
}
