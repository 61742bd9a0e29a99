//! Entries as they are written, in the shape of Celery's `beat_schedule`.

mod fields;
mod options;
mod schedule;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::{EntryName, ScheduleEntry};
use crate::tasks::{Payload, Priority, Routes, TaskName};
use fields::Fields;
use options::Options;

/// The fields of an entry.
const FIELDS: [&str; 7] = [
    "task", "schedule", "args", "kwargs", "options", "relative", "enabled",
];

/// What goes for an entry that does not say it itself.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'a> {
    /// In which zone crontabs are read.
    pub zone: Tz,
    /// Where tasks go.
    pub routes: &'a Routes,
    /// How urgent they are.
    pub priority: Priority,
}

/// One thing that is wrong with an entry, said so that it can be put right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry {entry:?}: {field} {complaint}")]
pub struct EntryProblem {
    /// What the entry is called.
    pub entry: String,
    /// Which part of it is wrong: `schedule`, `options.priority`.
    pub field: String,
    /// What is wrong with it, and how to mend it.
    pub complaint: String,
}

/// The entries that `table` holds by their names, without those that are not enabled.
///
/// # Errors
///
/// Everything that is wrong with any of them.
pub fn entries(
    table: &Map<String, Value>,
    defaults: Defaults<'_>,
) -> Result<Vec<ScheduleEntry>, Vec<EntryProblem>> {
    let mut problems = Vec::new();
    let entries = table
        .iter()
        .filter_map(|(name, written)| entry(name, written, defaults, &mut problems))
        .collect();
    if problems.is_empty() {
        return Ok(entries);
    }
    Err(problems)
}

fn entry(
    name: &str,
    written: &Value,
    defaults: Defaults<'_>,
    problems: &mut Vec<EntryProblem>,
) -> Option<ScheduleEntry> {
    let mut fields = Fields::of_entry(name, written, problems)?;
    fields.only(&FIELDS);
    let entry_name = fields.named(EntryName::try_from(name.to_owned()));
    let task: Option<TaskName> =
        fields.needed("task", "name it, for example \"tasks.add\"", fields::name);
    let what = "say how many seconds lie between, or {\"crontab\": \"minute hour day_of_month month_of_year day_of_week\"}";
    let mut schedule = fields.needed_all("schedule", what, |value| {
        schedule::read(value, defaults.zone)
    });
    let args = fields.read("args", fields::list).unwrap_or_default();
    let kwargs = fields.read("kwargs", fields::object).unwrap_or_default();
    if fields.read("relative", fields::boolean) == Some(true) {
        let aligned = schedule.take();
        schedule =
            aligned.and_then(|it| fields.checked("relative", schedule::aligned(it, defaults.zone)));
    }
    let enabled = fields.read("enabled", fields::boolean).unwrap_or(true);
    let by_route = || {
        task.as_ref()
            .map(|task| defaults.routes.queue_of(task).clone())
    };
    let options = Options::read(&mut fields.inner("options"), by_route);
    let entry = ScheduleEntry {
        name: entry_name?,
        schedule: schedule?,
        queue: options.queue?,
        task: task?,
        payload: Payload::of_arguments(&args, &kwargs),
        priority: options.priority.unwrap_or(defaults.priority),
        countdown: options.countdown,
        expires: options.expires,
        headers: options.headers,
    };
    enabled.then_some(entry)
}

#[cfg(test)]
mod tests;
