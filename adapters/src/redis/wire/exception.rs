//! What went wrong, as Celery's clients raise it.

use std::time::Duration;

use domain::tasks::{Failure, FailureKind, Reason, Revocation, TaskName};
use serde::Serialize;
use serde_json::Value;

use super::repr;

/// An exception, in the form in which results carry one.
///
/// A Python client looks its class up in the modules it has loaded, and makes one of that name
/// if there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exception {
    #[serde(rename = "exc_type")]
    name: String,
    #[serde(rename = "exc_message")]
    arguments: Vec<Value>,
    #[serde(rename = "exc_module")]
    module: String,
    /// Whether Python would say where it was raised.
    #[serde(skip)]
    was_raised: bool,
}

const CELERY: &str = "celery.exceptions";
const BILLIARD: &str = "billiard.exceptions";

impl Exception {
    /// Why there is no hope for the task of this name.
    ///
    /// Whatever Celery has a class for is of that class; what a handler said is `TaskFailed`.
    pub fn of_failure(failure: &Failure, task: &TaskName) -> Self {
        let reason = || vec![Value::from(failure.reason.as_str())];
        match failure.kind {
            FailureKind::Unknown => Self::told("NotRegistered", CELERY, vec![task.as_str().into()]),
            FailureKind::Arguments => Self::raised("TypeError", "builtins", reason()),
            FailureKind::GivenUp => Self::raised("TaskFailed", "backbeat", reason()),
            FailureKind::Exhausted => Self::raised("MaxRetriesExceededError", CELERY, reason()),
            FailureKind::Crashed => Self::told("WorkerLostError", BILLIARD, reason()),
            FailureKind::TimeLimit(limit) => {
                Self::told("TimeLimitExceeded", BILLIARD, vec![seconds(limit)])
            }
            FailureKind::SoftTimeLimit(limit) => {
                Self::raised("SoftTimeLimitExceeded", BILLIARD, vec![seconds(limit)])
            }
        }
    }

    /// Why an attempt failed that is not the last.
    pub fn of_retry(reason: &Reason) -> Self {
        Self::raised("TaskFailed", "backbeat", vec![reason.as_str().into()])
    }

    /// Why an attempt was brought down that is not the last.
    pub fn of_crash(reason: &Reason) -> Self {
        Self::told("WorkerLostError", BILLIARD, vec![reason.as_str().into()])
    }

    /// Why nobody wants a task done any more.
    pub fn of_revocation(revocation: Revocation) -> Self {
        let why = vec![revocation.to_string().into()];
        Self::told("TaskRevokedError", CELERY, why)
    }

    /// Why the body of a chord is not done.
    pub fn of_chord(words: impl Into<String>) -> Self {
        let words: String = words.into();
        Self::raised("ChordError", CELERY, vec![words.into()])
    }

    /// As results carry it.
    ///
    /// # Panics
    ///
    /// Never: texts and values serialize.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("texts and values serialize")
    }

    /// As Python shows it, for events.
    pub fn repr(&self) -> String {
        repr::call(&self.name, &self.arguments)
    }

    /// What Python would have shown of where it was raised, in words of ours; `None` where
    /// Python has nothing to show, because nobody raised it.
    pub fn traceback(&self, task: &str, node: &str) -> Option<String> {
        let said = self.arguments.first().map(|argument| match argument {
            Value::String(text) => text.clone(),
            other => repr::value(other),
        });
        self.was_raised.then(|| {
            format!(
                "Traceback (most recent call last):\n  Task {task}, by worker {node}\n{}.{}: {}\n",
                self.module,
                self.name,
                said.unwrap_or_default()
            )
        })
    }

    fn raised(name: &str, module: &str, arguments: Vec<Value>) -> Self {
        Self {
            name: name.to_owned(),
            arguments,
            module: module.to_owned(),
            was_raised: true,
        }
    }

    fn told(name: &str, module: &str, arguments: Vec<Value>) -> Self {
        Self {
            was_raised: false,
            ..Self::raised(name, module, arguments)
        }
    }
}

/// An exception that somebody stored, as Python shows it.
pub(super) fn shown(stored: &Value) -> String {
    let Some(name) = stored.get("exc_type").and_then(Value::as_str) else {
        return repr::value(stored);
    };
    let name = name.rsplit('.').next().unwrap_or(name);
    match stored.get("exc_message") {
        Some(Value::Array(arguments)) => repr::call(name, arguments),
        Some(Value::Null) | None => repr::call(name, &[]),
        Some(argument) => repr::call(name, std::slice::from_ref(argument)),
    }
}

/// A time limit as Python counts it: a whole number where it is one.
fn seconds(limit: Duration) -> Value {
    if limit.subsec_nanos() == 0 {
        limit.as_secs().into()
    } else {
        limit.as_secs_f64().into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: FailureKind) -> Exception {
        let name = "interop.add".to_owned().try_into().expect("a name");
        Exception::of_failure(&Failure::new(kind, "it's \"off\""), &name)
    }

    #[test]
    fn every_failure_is_one_that_python_knows_or_ours() {
        for (kind, name, module, argument) in [
            (
                FailureKind::Unknown,
                "NotRegistered",
                CELERY,
                json!("interop.add"),
            ),
            (
                FailureKind::Arguments,
                "TypeError",
                "builtins",
                json!("it's \"off\""),
            ),
            (
                FailureKind::GivenUp,
                "TaskFailed",
                "backbeat",
                json!("it's \"off\""),
            ),
            (
                FailureKind::Exhausted,
                "MaxRetriesExceededError",
                CELERY,
                json!("it's \"off\""),
            ),
            (
                FailureKind::Crashed,
                "WorkerLostError",
                BILLIARD,
                json!("it's \"off\""),
            ),
            (
                FailureKind::TimeLimit(Duration::from_secs(2)),
                "TimeLimitExceeded",
                BILLIARD,
                json!(2),
            ),
            (
                FailureKind::SoftTimeLimit(Duration::from_millis(1500)),
                "SoftTimeLimitExceeded",
                BILLIARD,
                json!(1.5),
            ),
        ] {
            let expected =
                json!({"exc_type": name, "exc_message": [argument], "exc_module": module});
            assert_eq!(of(kind).to_value(), expected);
        }
    }

    #[test]
    fn it_is_shown_as_python_shows_it() {
        assert_eq!(
            of(FailureKind::GivenUp).repr(),
            r#"TaskFailed('it\'s "off"')"#
        );
        assert_eq!(
            of(FailureKind::Unknown).repr(),
            "NotRegistered('interop.add')"
        );
        assert_eq!(
            of(FailureKind::TimeLimit(Duration::from_secs(2))).repr(),
            "TimeLimitExceeded(2)"
        );
        let stored = json!({"exc_type": "Outer.Nested", "exc_message": "no", "exc_module": "m"});
        assert_eq!(shown(&stored), "Nested('no')");
        assert_eq!(
            shown(&json!({"exc_type": "E", "exc_message": [1, "a"]})),
            "E(1, 'a')"
        );
        assert_eq!(shown(&json!(null)), "None");
    }

    #[test]
    fn only_what_was_raised_has_a_traceback() {
        let traceback = of(FailureKind::GivenUp).traceback("interop.add", "a@b");
        assert_eq!(
            traceback.as_deref(),
            Some(
                "Traceback (most recent call last):\n  Task interop.add, by worker a@b\nbackbeat.TaskFailed: it's \"off\"\n"
            )
        );
        for kind in [
            FailureKind::Unknown,
            FailureKind::TimeLimit(Duration::ZERO),
            FailureKind::Crashed,
        ] {
            assert_eq!(of(kind).traceback("a", "b"), None);
        }
        assert_eq!(
            Exception::of_revocation(Revocation::Expired).traceback("a", "b"),
            None
        );
    }
}
