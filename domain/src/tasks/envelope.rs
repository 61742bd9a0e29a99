//! A sealed task: everything a queue knows of it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{Key, Payload, QueueName, Task, TaskId, TaskName};

/// A sealed task.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Which task. Work with a key has the id that its key gives it.
    pub id: TaskId,
    /// What is to be done.
    pub name: TaskName,
    /// With which arguments.
    pub payload: Payload,
    /// Where it is queued.
    pub queue: QueueName,
    /// How urgent it is.
    pub priority: Priority,
    /// From when on it may be done.
    pub due: Due,
    /// From when on it is not worth doing.
    pub expires_at: Option<DateTime<Utc>>,
    /// What "the same work" is.
    pub key: Option<Key>,
    /// What travels along.
    pub headers: Map<String, Value>,
}

impl Envelope {
    /// Seals `task`, due now, on `queue`.
    ///
    /// `distinct` tells this piece of work from others of the same name: an album's id, a
    /// date. The key is made of both and the id of the key, so that sealing the same work
    /// twice makes the same envelope.
    pub fn seal<T: Task>(task: &T, distinct: impl fmt::Display, queue: QueueName) -> Self {
        let key = Key::of::<T>(distinct);
        Self {
            id: TaskId::of_key(&key),
            name: TaskName::of::<T>(),
            payload: Payload::of_task(task),
            queue,
            priority: Priority::default(),
            due: Due::Now,
            expires_at: None,
            key: Some(key),
            headers: Map::new(),
        }
    }

    /// The header of this name, if it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(Value::as_str)
    }
}

/// How urgent a task is, from 0 to 9; 0 is served first, as Celery does on Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// The priority with this number; beyond 9 it is 9.
    pub fn new(number: u8) -> Self {
        Self(number.min(9))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// From when on a task may be done, judged by the queue's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// From the moment it is queued.
    Now,
    /// From so long after it is queued.
    After(Duration),
    /// From this instant.
    At(DateTime<Utc>),
}

impl Due {
    /// The instant this means for a queue whose clock shows `now`.
    pub fn from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Now => now,
            Self::After(wait) => chrono::TimeDelta::from_std(wait)
                .ok()
                .and_then(|wait| now.checked_add_signed(wait))
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
            Self::At(instant) => instant,
        }
    }
}

/// Why something was retried, buried or parked: one line for people and logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    line: String,
    /// What was said, if the line is not all of it.
    said: Option<Box<str>>,
}

impl Reason {
    const MOST_CHARACTERS: usize = 2000;
    const MOST_SAID: usize = 64 * 1024;

    /// The reason with these words, made one line of at most 2,000 characters.
    pub fn new(words: impl Into<String>) -> Self {
        let words: String = words.into();
        let is_fine = |each: char| !each.is_control();
        if words.len() <= Self::MOST_CHARACTERS && words.chars().all(is_fine) {
            return Self {
                line: words,
                said: None,
            };
        }
        let in_one_line = words
            .chars()
            .map(|each| if is_fine(each) { each } else { ' ' });
        Self {
            line: in_one_line.take(Self::MOST_CHARACTERS).collect(),
            said: Some(words.chars().take(Self::MOST_SAID).collect()),
        }
    }

    /// The words, in one line.
    pub fn as_str(&self) -> &str {
        &self.line
    }

    /// The words as they were said, for whoever waits for the result: at most 65,536 characters.
    /// A store keeps the line alone.
    pub fn said(&self) -> &str {
        self.said.as_deref().unwrap_or(&self.line)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn due_is_resolved_by_the_clock_it_is_given() {
        let now = DateTime::<Utc>::UNIX_EPOCH;

        assert_eq!(Due::Now.from(now), now);
        assert_eq!(
            Due::After(Duration::from_secs(90)).from(now),
            now + TimeDelta::seconds(90)
        );
        assert_eq!(
            Due::At(now - TimeDelta::days(1)).from(now),
            now - TimeDelta::days(1)
        );
        assert_eq!(
            Due::After(Duration::MAX).from(now),
            DateTime::<Utc>::MAX_UTC
        );
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        assert_eq!(Reason::new("a\r\nb\0").as_str(), "a  b ");
        assert_eq!(Reason::new("ä".repeat(5000)).as_str().chars().count(), 2000);
    }

    #[test]
    fn a_reason_remembers_what_was_said() {
        assert_eq!(Reason::new("a\r\nb\0").said(), "a\r\nb\0");
        assert_eq!(Reason::new("a line").said(), "a line");
        let much = Reason::new("ä".repeat(100_000));
        assert_eq!(much.said().chars().count(), 65_536);
    }
}
