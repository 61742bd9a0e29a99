//! What is kept of a task beside its message, as `record.lua` describes it.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use domain::tasks::{Priority, QueueName, Reason};

/// What a record begins with.
const FRONT: &str = "{\"backbeat\":\"";
/// What is between the head and the reason.
const US: &str = "\\u001f";
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
            "{FRONT}{} {:017} {:016} {} {} {} {} {} {}{US}{}\"",
            self.priority.number(),
            micros(self.due),
            self.order,
            self.attempts,
            self.crashes,
            micros(self.since),
            score(self.seen),
            score(self.moved),
            escaped(self.queue.as_str()),
            escaped(reason),
        );
        match message.strip_prefix(b"{") {
            Some(fields) => [head.as_bytes(), b",", fields].concat(),
            None => [head.as_bytes(), b"}\n", message].concat(),
        }
    }

    /// The head of `record`, and its message; `None` when it is no record.
    pub(super) fn read(record: &[u8]) -> Option<(Self, Cow<'_, [u8]>)> {
        let record = record.strip_prefix(FRONT.as_bytes())?;
        let quote = record.iter().position(|byte| *byte == b'"')?;
        let head = std::str::from_utf8(&record[..quote]).ok()?;
        let (known, reason) = head.split_once(US)?;
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
            queue: unescaped(words.next()?).try_into().ok()?,
            reason: (!reason.is_empty()).then(|| Reason::new(unescaped(reason))),
        };
        let message = match &record[quote + 1..] {
            [b',', fields @ ..] => Cow::Owned([b"{", fields].concat()),
            [b'}', b'\n', message @ ..] => Cow::Borrowed(message),
            _ => return None,
        };
        Some((head, message))
    }
}

/// `text` within the quotes of a record, where a quote ends it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '\\' | '\x7f' | '\0'..'\x20' => {
                let code = u32::from(letter);
                write!(escaped, "\\u{code:04x}").expect("a string takes any text");
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u00");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        plain.extend(code.map(char::from));
        plain.push_str(part.get(2..).unwrap_or_default());
    }
    plain
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

    fn head() -> Head {
        let instant = |micros| DateTime::from_timestamp_micros(micros).expect("an instant");
        Head {
            priority: Priority::new(7),
            due: None,
            order: 42,
            attempts: 3,
            crashes: 2,
            since: Some(instant(1_767_268_800_000_001)),
            seen: instant(1_767_268_800_000_002),
            moved: instant(1_767_268_800_000_003),
            queue: "a queue of words".to_owned().try_into().expect("a name"),
            reason: Some(Reason::new("it is “away” \"\\u001f\\")),
        }
    }

    #[test]
    fn a_record_comes_out_as_it_went_in() {
        for message in [
            "{}",
            "{",
            "{\"body\":\"\"}",
            "",
            "}\n",
            "[{}]",
            "{\n\x1f\u{ff}",
        ] {
            let record = head().record(message.as_bytes());

            let read = Head::read(&record).map(|(head, message)| (head, message.into_owned()));
            assert_eq!(read, Some((head(), message.as_bytes().to_vec())));
        }
    }

    #[test]
    fn a_record_is_its_message_with_one_more_field() {
        let record = head().record(b"{\"body\":\"W10=\"}");

        assert_eq!(
            String::from_utf8_lossy(&record),
            "{\"backbeat\":\"7 00000000000000000 0000000000000042 3 2 1767268800000001 \
             1767268800000002 1767268800000003 a queue of words\\u001fit is “away” \
             \\u0022\\u005cu001f\\u005c\",\"body\":\"W10=\"}"
        );
        let read: serde_json::Value = serde_json::from_slice(&record).expect("JSON");
        assert_eq!(read["body"], "W10=");
    }

    #[test]
    fn what_is_no_object_is_behind_a_line() {
        let record = head().record(b"none");

        assert!(record.ends_with(b"\"}\nnone"), "{record:?}");
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
        for text in ["", "\n", "1 2 3\n", "{\"backbeat\":\"a b\\u001f\"}\n{}"] {
            assert_eq!(Head::read(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn far_instants_are_the_farthest_that_redis_counts() {
        assert_eq!(score(DateTime::<Utc>::MAX_UTC), LATEST);
        assert_eq!(score(DateTime::<Utc>::MIN_UTC), 1);
    }
}
