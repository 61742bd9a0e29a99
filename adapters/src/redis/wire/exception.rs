//! What went wrong, as Celery's clients raise it.

#[cfg(test)]
mod tests;

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
const REJECT: &str = "Reject";

impl Exception {
    /// Why there is no hope for the task of this name.
    ///
    /// Whatever Celery has a class for is of that class; what a handler said is `TaskFailed`.
    pub fn of_failure(failure: &Failure, task: &TaskName) -> Self {
        let reason = || vec![Value::from(failure.reason.said())];
        match failure.kind {
            FailureKind::Unknown => Self::told("NotRegistered", CELERY, vec![task.as_str().into()]),
            FailureKind::Payload => Self::raised("InvalidTaskError", CELERY, reason()),
            FailureKind::Arguments => Self::raised("TypeError", "builtins", reason()),
            FailureKind::GivenUp => Self::raised("TaskFailed", "backbeat", reason()),
            FailureKind::Rejected => Self::told(
                REJECT,
                CELERY,
                vec![failure.reason.said().into(), false.into()],
            ),
            FailureKind::Exhausted => Self::raised("MaxRetriesExceededError", CELERY, reason()),
            FailureKind::Crashed => Self::told("WorkerLostError", BILLIARD, reason()),
            FailureKind::TimeLimit(limit) => {
                Self::told("TimeLimitExceeded", BILLIARD, vec![seconds(limit)])
            }
            FailureKind::SoftTimeLimit(_) => {
                Self::raised("SoftTimeLimitExceeded", BILLIARD, Vec::new())
            }
        }
    }

    /// Why an attempt failed that is not the last.
    pub fn of_retry(reason: &Reason) -> Self {
        Self::raised("TaskFailed", "backbeat", vec![reason.said().into()])
    }

    /// Why an attempt was brought down that is not the last.
    pub fn of_crash(reason: &Reason) -> Self {
        Self::told("WorkerLostError", BILLIARD, vec![reason.said().into()])
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
        call(&self.name, &self.arguments)
    }

    /// What Python would have shown of where it was raised, in words of ours; `None` where
    /// Python has nothing to show, because nobody raised it.
    pub fn traceback(&self, task: &str, node: &str) -> Option<String> {
        let said = self.arguments.first().map(words);
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
        Some(Value::Array(arguments)) => call(name, arguments),
        Some(Value::Null) | None => call(name, &[]),
        Some(argument) => call(name, std::slice::from_ref(argument)),
    }
}

/// As Python shows an exception of this class, made of these arguments; one class has its own way.
fn call(name: &str, arguments: &[Value]) -> String {
    match arguments {
        [reason, requeue] if name == REJECT => {
            format!("reject requeue={}: {}", repr::value(requeue), words(reason))
        }
        arguments => repr::call(name, arguments),
    }
}

/// A value in words: a text is what it says.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr::value(other),
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
