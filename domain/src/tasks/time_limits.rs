//! How long an attempt may take.

use std::time::Duration;

use serde_json::Value;

use super::{Envelope, FailureKind};

/// How long an attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// Then it is ended.
    pub hard: Duration,
    /// Then it fails, if it is set and comes before.
    pub soft: Option<Duration>,
}

impl TimeLimits {
    /// These limits, but what the message of `task` says of them: its header `timelimit` is
    /// `[hard, soft]` in seconds, either of which may be null.
    #[must_use]
    pub fn as_told_by(self, task: &Envelope) -> Self {
        let told = task.headers.get("timelimit").and_then(Value::as_array);
        let limit = |place| seconds(told?.get(place)?);
        Self {
            hard: limit(0).unwrap_or(self.hard),
            soft: limit(1).or(self.soft),
        }
    }

    /// The limit that comes first, and what outrunning it is.
    pub fn first(self) -> (Duration, FailureKind) {
        match self.soft {
            Some(soft) if soft < self.hard => (soft, FailureKind::SoftTimeLimit(soft)),
            _ => (self.hard, FailureKind::TimeLimit(self.hard)),
        }
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().filter(|seconds| 0.0 < *seconds)?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tasks::{QueueName, Task};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Rest {}

    impl Task for Rest {
        type Output = ();
        const NAME: &'static str = "tasks.rest";
    }

    #[test]
    fn a_message_may_say_otherwise() {
        let seconds = Duration::from_secs;
        let usual = TimeLimits {
            hard: seconds(300),
            soft: None,
        };
        let mut task = Envelope::seal(&Rest {}, 1, QueueName::default());
        let mut told = |header: Value| {
            task.headers.insert("timelimit".to_owned(), header);
            usual.as_told_by(&task).first()
        };

        assert_eq!(
            told(json!([20, 10])),
            (seconds(10), FailureKind::SoftTimeLimit(seconds(10)))
        );
        assert_eq!(
            told(json!([20, null])),
            (seconds(20), FailureKind::TimeLimit(seconds(20)))
        );
        for nothing in [
            json!([null, null]),
            json!(null),
            json!([0, "x"]),
            json!([-1]),
            json!([1e300]),
        ] {
            let first = told(nothing);
            assert_eq!(first, (seconds(300), FailureKind::TimeLimit(seconds(300))));
        }
    }
}
