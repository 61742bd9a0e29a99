//! Entries as they are written, in the shape of Celery's `beat_schedule`.

mod fields;
mod schedule;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::{EntryName, ScheduleEntry};
use crate::tasks::{Payload, Routes};
use fields::Fields;

/// The fields of an entry.
const FIELDS: [&str; 6] = ["task", "schedule", "args", "kwargs", "options", "relative"];
/// What may be said of how an entry's task is queued.
const OPTIONS: [&str; 4] = ["queue", "priority", "expires", "headers"];

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

/// The entries that `table` holds by their names, with their crontabs read in `zone`.
///
/// What names no queue goes by `routes`.
///
/// # Errors
///
/// Everything that is wrong with any of them.
pub fn entries(
    table: &Map<String, Value>,
    zone: Tz,
    routes: &Routes,
) -> Result<Vec<ScheduleEntry>, Vec<EntryProblem>> {
    let mut problems = Vec::new();
    let entries = table
        .iter()
        .filter_map(|(name, written)| entry(name, written, zone, routes, &mut problems))
        .collect();
    if problems.is_empty() {
        return Ok(entries);
    }
    Err(problems)
}

fn entry(
    name: &str,
    written: &Value,
    zone: Tz,
    routes: &Routes,
    problems: &mut Vec<EntryProblem>,
) -> Option<ScheduleEntry> {
    let mut fields = Fields::of_entry(name, written, problems)?;
    fields.only(&FIELDS);
    let entry_name = fields.named(EntryName::try_from(name.to_owned()));
    let task = fields.needed("task", "name it, for example \"tasks.add\"", fields::name);
    let what = "say how many seconds lie between, or {\"crontab\": \"minute hour day_of_month month_of_year day_of_week\"}";
    let schedule = fields.needed_all("schedule", what, |value| schedule::read(value, zone));
    let args = fields.read("args", fields::list).unwrap_or_default();
    let kwargs = fields.read("kwargs", fields::object).unwrap_or_default();
    fields.read("relative", fields::not_relative);
    let mut options = fields.inner("options");
    options.only(&OPTIONS);
    let queue = options.read("queue", fields::name);
    let priority = options
        .read("priority", fields::priority)
        .unwrap_or_default();
    let expires = options.read("expires", fields::expires);
    let headers = options.read("headers", fields::object).unwrap_or_default();
    Some(ScheduleEntry {
        name: entry_name?,
        schedule: schedule?,
        queue: queue.or_else(|| task.as_ref().map(|task| routes.queue_of(task).clone()))?,
        task: task?,
        payload: Payload::of_arguments(&args, &kwargs),
        priority,
        expires,
        headers,
    })
}

#[cfg(test)]
mod tests;
