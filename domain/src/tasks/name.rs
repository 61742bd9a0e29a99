//! What tasks, their queues and their work are called.

use std::fmt;

use uuid::Uuid;

use super::Task;
use crate::model::ValueError;

/// Declares a one-line text that is not empty and not longer than the wire and the tables bear.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, at most $most:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = ValueError;

            fn try_from(text: String) -> Result<Self, ValueError> {
                if text.is_empty() {
                    return Err(ValueError::Blank);
                }
                if text.len() > $most {
                    return Err(ValueError::TooLong { most: $most });
                }
                if text.chars().any(char::is_control) {
                    return Err(ValueError::ControlCharacter);
                }
                Ok(Self(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Which task: a UUID for work born here, whatever a foreign producer chose otherwise.
    TaskId, at most 255
);
name!(
    /// What a task does, as it is called on the wire: `albums.tasks.congratulate_artist`.
    TaskName, at most 255
);
name!(
    /// The name of a queue.
    QueueName, at most 255
);
name!(
    /// What "the same work" is: the name of a task and what tells its work apart.
    Key, at most 511
);

impl TaskId {
    /// Where ids made of keys live among all UUIDs (RFC 9562, 5.5).
    const NAMESPACE: Uuid = Uuid::from_u128(0x6b0e_90f1_3d0c_5e0a_9d56_5a8a_53a9_41d2);

    /// The id of the work with this key: the same for the same key, everywhere.
    pub fn of_key(key: &Key) -> Self {
        Self(Uuid::new_v5(&Self::NAMESPACE, key.as_str().as_bytes()).to_string())
    }
}

impl TaskName {
    /// The name of the task `T`.
    pub(super) fn of<T: Task>() -> Self {
        Self(T::NAME.to_owned())
    }
}

/// Celery's own default (`task_default_queue`).
impl Default for QueueName {
    fn default() -> Self {
        Self("celery".to_owned())
    }
}

impl Key {
    /// The key of the work of `T` that `distinct` tells from others of the same name.
    pub(super) fn of<T: Task>(distinct: impl fmt::Display) -> Self {
        Self(format!("{}:{distinct}", T::NAME))
    }

    /// The key of the work of the task called `name` that `distinct` tells from others of that name.
    ///
    /// Kept short enough by the caller: names have at most 255 bytes.
    pub(crate) fn of_name(name: &TaskName, distinct: impl fmt::Display) -> Self {
        Self(format!("{name}:{distinct}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_work_has_the_same_id() {
        let key = |text: &str| Key::try_from(text.to_owned()).expect("a key");

        assert_eq!(TaskId::of_key(&key("a:1")), TaskId::of_key(&key("a:1")));
        assert_ne!(TaskId::of_key(&key("a:1")), TaskId::of_key(&key("a:2")));
        // Queued rows carry ids made by earlier releases: this value never changes.
        assert_eq!(
            TaskId::of_key(&key("a:1")).as_str(),
            "c1615a48-e345-5721-a2f0-f9b53a9e0fbb"
        );
    }
}
