//! What is kept of a task beside its message, as `record.lua` describes it.

use chrono::{DateTime, Utc};
use domain::tasks::{Priority, QueueName, Reason};

/// The latest instant that Redis counts exactly, in microseconds: in the year 2255.
const LATEST: i64 = (1 << 53) - 1;

/// What is known of a task beside its message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) priority: Priority,
    /// When it is due again.
    pub(super) due: Option<DateTime<Utc>>,
    pub(super) order: u64,
    pub(super) attempts: u32,
    pub(super) crashes: u32,
    /// When its life began, if it was given another.
    pub(super) since: Option<DateTime<Utc>>,
    /// When it was first claimed.
    pub(super) seen: DateTime<Utc>,
    /// When it came to where it is.
    pub(super) moved: DateTime<Utc>,
    pub(super) queue: QueueName,
    pub(super) reason: Option<Reason>,
}

impl Head {
    /// The head of a task that was never claimed.
    pub(super) fn new(
        queue: QueueName,
        priority: Priority,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            priority,
            due: Some(due),
            order: 0,
            attempts: 0,
            crashes: 0,
            since: None,
            seen: now,
            moved: now,
            queue,
            reason: None,
        }
    }

    /// The head that the tasks of a batch have in common: `head` as `record.lua` describes
    /// it, and how many they are. Their order is left out; `None` when it is none.
    pub(super) fn of_batch(head: &str) -> Option<(Self, u32)> {
        let mut words = head.splitn(5, ' ');
        let count = number(words.next())?;
        let priority = Priority::new(number(words.next())?);
        let seen = instant(words.nth(1))?.unwrap_or_default();
        let queue = words.next()?.to_owned().try_into().ok()?;
        let head = Self {
            due: None,
            ..Self::new(queue, priority, seen, seen)
        };
        Some((head, count))
    }

    /// The record of this head and `message`.
    pub(super) fn record(&self, message: &[u8]) -> Vec<u8> {
        let micros = |instant: Option<DateTime<Utc>>| instant.map_or(0, score);
        let reason = self.reason.as_ref().map_or("", Reason::as_str);
        let head = format!(
            "{} {:017} {:016} {} {} {} {} {} {}\x1f{reason}\n",
            self.priority.number(),
            micros(self.due),
            self.order,
            self.attempts,
            self.crashes,
            micros(self.since),
            score(self.seen),
            score(self.moved),
            self.queue,
        );
        [head.as_bytes(), message].concat()
    }

    /// The head of `record`, and its message; `None` when it is no record.
    pub(super) fn read(record: &[u8]) -> Option<(Self, &[u8])> {
        let line_end = record.iter().position(|byte| *byte == b'\n')?;
        let head = std::str::from_utf8(&record[..line_end]).ok()?;
        let (known, reason) = head.split_once('\x1f')?;
        let mut words = known.splitn(9, ' ');
        let head = Self {
            priority: Priority::new(number(words.next())?),
            due: instant(words.next())?,
            order: number(words.next())?,
            attempts: number(words.next())?,
            crashes: number(words.next())?,
            since: instant(words.next())?,
            seen: instant(words.next())?.unwrap_or_default(),
            moved: instant(words.next())?.unwrap_or_default(),
            queue: words.next()?.to_owned().try_into().ok()?,
            reason: (!reason.is_empty()).then(|| Reason::new(reason)),
        };
        Some((head, &record[line_end + 1..]))
    }
}

/// `instant` as Redis keeps it; 0 is none, so what was before 1970 is just after.
pub(super) fn score(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros().clamp(1, LATEST)
}

/// An instant that is there or not; `None` when the word is none at all.
#[expect(clippy::option_option, reason = "no instant is an answer")]
fn instant(word: Option<&str>) -> Option<Option<DateTime<Utc>>> {
    match number(word)? {
        0 => Some(None),
        micros => DateTime::from_timestamp_micros(micros).map(Some),
    }
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> Option<T> {
    word?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_out_as_it_went_in() {
        let instant = |micros| DateTime::from_timestamp_micros(micros).expect("an instant");
        let head = Head {
            priority: Priority::new(7),
            due: None,
            order: 42,
            attempts: 3,
            crashes: 2,
            since: Some(instant(1_767_268_800_000_001)),
            seen: instant(1_767_268_800_000_002),
            moved: instant(1_767_268_800_000_003),
            queue: "a queue of words".to_owned().try_into().expect("a name"),
            reason: Some(Reason::new("it is “away”")),
        };
        let message = b"{\n\x1f\xff";

        let record = head.record(message);

        assert_eq!(Head::read(&record), Some((head, &message[..])));
    }

    #[test]
    fn a_batch_says_once_what_its_tasks_have_in_common() {
        let (head, count) = Head::of_batch("128 3 77 1767268800000002 a queue").expect("a head");

        assert_eq!((count, head.priority.number()), (128, 3));
        assert_eq!(head.queue.as_str(), "a queue");
        assert_eq!(head.seen.timestamp_micros(), 1_767_268_800_000_002);
        assert_eq!((head.due, head.attempts, head.crashes), (None, 0, 0));
        assert_eq!(Head::of_batch("128 3 77"), None);
    }

    #[test]
    fn what_is_no_record_is_none() {
        for text in ["", "\n", "1 2 3\n", "a b c d e f g h i\x1f\n{}"] {
            assert_eq!(Head::read(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn far_instants_are_the_farthest_that_redis_counts() {
        assert_eq!(score(DateTime::<Utc>::MAX_UTC), LATEST);
        assert_eq!(score(DateTime::<Utc>::MIN_UTC), 1);
    }
}
