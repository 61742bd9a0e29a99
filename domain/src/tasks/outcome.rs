//! How an attempt ended, and what a queue has to know of it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::Reason;
use crate::ports::Verdict;

/// How an attempt at a task ended, or why none was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The task is carried out; its result.
    Done(Value),
    /// It failed, and is tried again after a while.
    Retry(Duration, Reason),
    /// It is tried again after a while: nobody's attempt would have succeeded.
    Postpone(Duration, Reason),
    /// Its worker did not want it, and it is offered again after a while.
    Requeue(Duration, Reason),
    /// It brought its attempt down, and is tried again after a while.
    Crashed(Duration, Reason),
    /// There is no hope.
    Failed(Failure),
    /// Nobody wants it done any more.
    Revoked(Revocation),
    /// It was not begun, or not ended, for reasons that are not its own.
    Release,
}

impl Outcome {
    /// What the queue is told.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Done(result) => Verdict::Done(result.clone()),
            Self::Retry(wait, reason) => Verdict::Retry(*wait, reason.clone()),
            Self::Postpone(wait, reason) | Self::Requeue(wait, reason) => {
                Verdict::Postpone(*wait, reason.clone())
            }
            Self::Crashed(wait, reason) => Verdict::Crashed(*wait, reason.clone()),
            Self::Failed(failure) => Verdict::Bury(failure.reason.clone()),
            Self::Revoked(Revocation::Expired) => {
                Verdict::Bury(Reason::new("it expired before it was begun"))
            }
            Self::Revoked(_) => Verdict::Done(Value::Null),
            Self::Release => Verdict::Release,
        }
    }
}

/// Why there is no hope for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// Why, in one line.
    pub reason: Reason,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, words: impl Into<String>) -> Self {
        let reason = Reason::new(words);
        Self { kind, reason }
    }
}

/// Kinds of failure that users tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No handler is known for the name of the task.
    Unknown,
    /// What should be its arguments are none of any task.
    Payload,
    /// Its arguments are not those of the task.
    Arguments,
    /// Its handler said that there is no hope.
    GivenUp,
    /// Its handler rejected it, for good.
    Rejected,
    /// It failed as often, or for as long, as it may.
    Exhausted,
    /// It brought down too many workers.
    Crashed,
    /// It outran its time limit, and was ended.
    TimeLimit(Duration),
    /// It outran the limit after which it should have come to an end.
    SoftTimeLimit(Duration),
}

/// Why nobody wants a task done any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It was revoked before it was begun.
    Revoked,
    /// It expired before it was begun.
    Expired,
    /// It was revoked while it ran, and ended.
    Terminated(Signal),
}

/// The signal, by its number, for which whoever ended a task asked. A task is no process and gets
/// none; the number is told to those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(pub u8);

impl Signal {
    /// What is asked for by who names none.
    pub const TERM: Self = Self(15);
}

impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Terminated(_) => "terminated",
        })
    }
}
