//! Which results are stored.

use domain::tasks::{Envelope, Outcome};
use serde_json::Value;

/// Which results are stored, as far as messages do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "Celery has a setting for each"
)]
pub struct Wishes {
    /// None is, unless a message asks for it (`task_ignore_result`).
    pub ignores_results: bool,
    /// Those of failures are even then (`task_store_errors_even_if_ignored`).
    pub stores_errors: bool,
    /// That an attempt is being made is (`task_track_started`).
    pub tracks_started: bool,
    /// With the arguments, the worker and the queue (`result_extended`).
    pub is_extended: bool,
}

impl Wishes {
    /// Whether the result of this task is stored.
    ///
    /// Celery's producers may wait for a result unless they say they do not; the platform, whose
    /// tasks have keys, does not unless it says so.
    pub(super) fn include(self, task: &Envelope) -> bool {
        let ignores = task.headers.get("ignore_result").and_then(Value::as_bool);
        !ignores.unwrap_or(self.ignores_results || task.key.is_some())
    }

    /// Whether this end of it is stored.
    pub(super) fn include_end(self, task: &Envelope, outcome: &Outcome) -> bool {
        let is_failure = matches!(outcome, Outcome::Failed(_));
        self.include(task) || (is_failure && self.stores_errors && task.key.is_none())
    }
}

#[cfg(test)]
mod tests {
    use domain::tasks::{Due, Payload, Priority, QueueName};
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn whoever_says_nothing_waits_unless_it_is_the_platform() {
        let usual = Wishes::default();
        let ignoring = Wishes {
            ignores_results: true,
            ..usual
        };
        let with_key = Some("albums.1".to_owned().try_into().expect("a key"));
        for (header, key, wishes, expected) in [
            (json!(null), None, usual, true),
            (json!(false), None, usual, true),
            (json!(true), None, usual, false),
            (json!(null), None, ignoring, false),
            (json!(false), None, ignoring, true),
            (json!(null), with_key.clone(), usual, false),
            (json!(false), with_key, usual, true),
        ] {
            let task = Envelope {
                id: "a".to_owned().try_into().expect("an id"),
                name: "tests.a".to_owned().try_into().expect("a name"),
                payload: Payload::of_arguments(&[], &Map::new()),
                queue: QueueName::default(),
                priority: Priority::default(),
                due: Due::Now,
                expires_at: None,
                key,
                headers: Map::from_iter([("ignore_result".to_owned(), header)]),
            };

            assert_eq!(wishes.include(&task), expected, "{task:?}");
        }
    }
}
