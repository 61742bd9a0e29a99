//! What is due when, and what was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ports::{EntryRow, Skipped};
use domain::schedules::ScheduleEntry;
use serde_json::{Value, json};

use super::written;

/// An entry as it is set, as the store knows it, or both.
pub(super) struct Entry {
    name: String,
    /// When it is due, in words, and which task.
    set: Option<(String, String)>,
    next_due: Option<DateTime<Utc>>,
    row: Option<EntryRow>,
}

/// Up to `most` of the entries that are `set` and those of which there are `rows`, those first
/// that are due first.
pub(super) fn entries(set: &[ScheduleEntry], rows: Vec<EntryRow>, most: u32) -> Vec<Entry> {
    let mut rows: BTreeMap<_, _> = rows.into_iter().map(|it| (it.name.clone(), it)).collect();
    let set: Vec<Entry> = set
        .iter()
        .map(|entry| Entry::set(entry, rows.remove(&entry.name)))
        .collect();
    let mut entries: Vec<Entry> = rows.into_values().map(Entry::forgotten).collect();
    entries.extend(set);
    entries.sort_by_key(|entry| entry.next_due.unwrap_or(DateTime::<Utc>::MAX_UTC));
    entries.truncate(most as usize);
    entries
}

impl Entry {
    fn set(entry: &ScheduleEntry, row: Option<EntryRow>) -> Self {
        let schedule = entry.schedule.to_string();
        // With another schedule it begins when a beat is started.
        let stands = row.as_ref().map(|row| &row.standing);
        let stands = stands.filter(|standing| standing.schedule == schedule);
        Self {
            name: entry.name.to_string(),
            next_due: stands.and_then(|it| entry.schedule.next_after(it.anchor, it.last_due)),
            set: Some((schedule, entry.task.to_string())),
            row,
        }
    }

    fn forgotten(row: EntryRow) -> Self {
        Self {
            name: row.name.to_string(),
            set: None,
            next_due: None,
            row: Some(row),
        }
    }

    pub(super) fn line(&self) -> String {
        let name = &self.name;
        let set = match &self.set {
            Some((schedule, task)) => format!("{name} ({task}), {schedule}"),
            None => format!("{name}, not set any more"),
        };
        let next = match (&self.set, self.next_due) {
            (_, Some(due)) => format!("next due {}", written(due)),
            (Some(_), None) => "begins with the next start of a beat".to_owned(),
            (None, None) => "not due again".to_owned(),
        };
        let row = self.row.as_ref();
        let fired = match row.and_then(|row| Some((row.fired, row.last_fired_at?))) {
            Some((count, last)) => format!("fired {count} times, at last {}", written(last)),
            None => "never fired".to_owned(),
        };
        let skipped = row.map_or(0, |row| row.skipped);
        let last = row.and_then(|row| row.last_skipped).map(|last| {
            let Skipped { from, to, .. } = last;
            format!(", at last from {} to {}", written(from), written(to))
        });
        let last = last.unwrap_or_default();
        format!("{set}: {next}, {fired}, {skipped} skipped{last}")
    }

    pub(super) fn json(&self) -> Value {
        let (schedule, task) = self.set.as_ref().map_or((None, None), |(schedule, task)| {
            (Some(schedule.as_str()), Some(task.as_str()))
        });
        let row = self.row.as_ref();
        let gap = row.and_then(|row| row.last_skipped).map(
            |gap| json!({"from": written(gap.from), "to": written(gap.to), "count": gap.count}),
        );
        json!({
            "name": self.name, "schedule": schedule, "task": task, "next_due": self.next_due.map(written),
            "fired": row.map_or(0, |row| row.fired), "last_fired_at": row.and_then(|row| row.last_fired_at).map(written),
            "skipped": row.map_or(0, |row| row.skipped), "last_skipped": gap,
        })
    }
}
