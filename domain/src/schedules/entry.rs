//! What is due by a schedule.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::Schedule;
use crate::model::ValueError;
use crate::tasks::{Due, Envelope, Key, Payload, Priority, QueueName, TaskId, TaskName};

/// What an entry is called: one line of at most 200 bytes, unlike every other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryName(String);

impl EntryName {
    const MOST: usize = 200;

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EntryName {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        if text.trim().is_empty() {
            return Err(ValueError::Blank);
        }
        if text.len() > Self::MOST {
            return Err(ValueError::TooLong { most: Self::MOST });
        }
        if text.chars().any(char::is_control) {
            return Err(ValueError::ControlCharacter);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A task that is due by a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleEntry {
    /// What it is called.
    pub name: EntryName,
    /// When it is due.
    pub schedule: Schedule,
    /// Which task.
    pub task: TaskName,
    /// With which arguments.
    pub payload: Payload,
    /// Where the task is queued.
    pub queue: QueueName,
    /// How urgent it is.
    pub priority: Priority,
    /// How long after it was fired it may be done; zero is at once.
    pub countdown: TimeDelta,
    /// From when on it is not worth doing.
    pub expires: Option<Expires>,
    /// What travels along.
    pub headers: Map<String, Value>,
}

/// From when on a fired task is not worth doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires {
    /// From so long after it was fired.
    After(TimeDelta),
    /// From this instant.
    At(DateTime<Utc>),
}

impl ScheduleEntry {
    /// Seals the task of the occurrence that is due at `due`, fired at `now`.
    ///
    /// Its key is made of task, entry and `due`, and its id of the key, so that whoever
    /// fires the same occurrence makes the same task; `due` is when it is first due,
    /// however late it is fired.
    pub fn seal(&self, due: DateTime<Utc>, now: DateTime<Utc>) -> Envelope {
        let instant = due.to_rfc3339_opts(SecondsFormat::Micros, true);
        let key = Key::of_name(&self.task, format_args!("{}:{instant}", self.name));
        let mut headers = self.headers.clone();
        headers.insert("celery_beat_task".to_owned(), Value::Bool(true));
        Envelope {
            id: TaskId::of_key(&key),
            name: self.task.clone(),
            payload: self.payload.clone(),
            queue: self.queue.clone(),
            priority: self.priority,
            due: Due::At(self.start(due, now)),
            expires_at: self.expires.and_then(|expires| match expires {
                Expires::After(time) => now.checked_add_signed(time),
                Expires::At(instant) => Some(instant),
            }),
            key: Some(key),
            headers,
        }
    }

    /// From when on the task may be done: with a countdown so long after it was fired.
    fn start(&self, due: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.countdown.is_zero() {
            return due;
        }
        now.checked_add_signed(self.countdown)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
