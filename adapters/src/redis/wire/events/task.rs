//! What becomes of a task.

use chrono::{DateTime, Utc};
use domain::tasks::Signal;
use serde_json::{Value, json};

use super::Stamp;
use crate::redis::wire::write_moment;

/// What became of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskEvent<'a> {
    /// A producer sent it.
    Sent(Sent<'a>),
    /// A worker has it.
    Received(Received<'a>),
    /// An attempt is made.
    Started,
    /// It is carried out.
    Succeeded {
        /// The result, as Python shows it.
        result: String,
        /// How many seconds the attempt took.
        runtime: f64,
    },
    /// It failed, and is tried again.
    Retried {
        /// The exception, as Python shows it.
        exception: String,
        /// Where it came from, for people.
        traceback: String,
    },
    /// There is no hope.
    Failed {
        /// The exception, as Python shows it.
        exception: String,
        /// Where it came from, for people; nobody knows when there was no attempt.
        traceback: Option<String>,
    },
    /// A worker rejected it.
    Rejected {
        /// Whether it is offered again.
        requeue: bool,
    },
    /// Nobody wants it done any more.
    Revoked {
        /// By which signal it was ended, if it ran.
        terminated: Option<Signal>,
        /// Whether it was too late for it.
        expired: bool,
    },
}

/// What is told of a task when it is sent or received.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received<'a> {
    /// What it is shown as.
    pub name: &'a str,
    /// Its positional arguments, as Python shows them.
    pub args: String,
    /// Its keyword arguments, as Python shows them.
    pub kwargs: String,
    /// The first task of its workflow.
    pub root_id: Option<&'a str>,
    /// The task that sent it.
    pub parent_id: Option<&'a str>,
    /// How many attempts were made.
    pub retries: u32,
    /// When it is due, if not at once.
    pub eta: Option<DateTime<Utc>>,
    /// From when on it is not worth doing.
    pub expires: Option<DateTime<Utc>>,
}

/// What is told of a task when it is sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent<'a> {
    /// What is told when it is received, too.
    pub task: Received<'a>,
    /// The queue it was sent to.
    pub queue: &'a str,
}

impl TaskEvent<'_> {
    /// The event of the task with this id, as JSON.
    pub fn write(&self, id: &str, stamp: &Stamp<'_>) -> String {
        let (kind, mut fields) = match self {
            Self::Sent(sent) => {
                let mut fields = sent.task.fields();
                fields["queue"] = Value::from(sent.queue);
                fields["exchange"] = Value::from("");
                fields["routing_key"] = Value::from(sent.queue);
                ("task-sent", fields)
            }
            Self::Received(received) => ("task-received", received.fields()),
            Self::Started => ("task-started", json!({})),
            Self::Succeeded { result, runtime } => (
                "task-succeeded",
                json!({"result": result, "runtime": runtime}),
            ),
            Self::Retried {
                exception,
                traceback,
            } => (
                "task-retried",
                json!({"exception": exception, "traceback": traceback}),
            ),
            Self::Failed {
                exception,
                traceback,
            } => {
                let mut fields = json!({"exception": exception});
                if let Some(traceback) = traceback {
                    fields["traceback"] = Value::from(traceback.as_str());
                }
                ("task-failed", fields)
            }
            Self::Rejected { requeue } => ("task-rejected", json!({"requeue": requeue})),
            Self::Revoked {
                terminated,
                expired,
            } => (
                "task-revoked",
                json!({
                    "terminated": terminated.is_some(),
                    "signum": terminated.map(|Signal(number)| number),
                    "expired": expired,
                }),
            ),
        };
        fields["uuid"] = Value::from(id);
        stamp.on(kind, fields)
    }
}

impl Received<'_> {
    fn fields(&self) -> Value {
        json!({
            "name": self.name,
            "args": self.args,
            "kwargs": self.kwargs,
            "root_id": self.root_id,
            "parent_id": self.parent_id,
            "retries": self.retries,
            "eta": self.eta.and_then(write_moment),
            "expires": self.expires.and_then(write_moment),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// Each event has the fields that Celery's has, beside those that all have.
    #[test]
    fn no_field_is_missing() {
        let received = || Received {
            name: "samples.add",
            expires: Some(EXPIRY),
            ..Received::default()
        };
        let exception = || "ValueError('boom')".to_owned();
        for (event, kind, fields) in [
            (
                TaskEvent::Received(received()),
                "task-received",
                "args eta expires kwargs name parent_id retries root_id",
            ),
            (
                TaskEvent::Sent(Sent {
                    task: received(),
                    queue: "q",
                }),
                "task-sent",
                "args eta exchange expires kwargs name parent_id queue retries root_id routing_key",
            ),
            (TaskEvent::Started, "task-started", ""),
            (
                TaskEvent::Succeeded {
                    result: "5".to_owned(),
                    runtime: 0.25,
                },
                "task-succeeded",
                "result runtime",
            ),
            (
                TaskEvent::Retried {
                    exception: exception(),
                    traceback: String::new(),
                },
                "task-retried",
                "exception traceback",
            ),
            (
                TaskEvent::Failed {
                    exception: exception(),
                    traceback: Some(String::new()),
                },
                "task-failed",
                "exception traceback",
            ),
            (
                TaskEvent::Failed {
                    exception: exception(),
                    traceback: None,
                },
                "task-failed",
                "exception",
            ),
            (
                TaskEvent::Rejected { requeue: false },
                "task-rejected",
                "requeue",
            ),
            (
                TaskEvent::Revoked {
                    terminated: Some(Signal::TERM),
                    expired: false,
                },
                "task-revoked",
                "expired signum terminated",
            ),
        ] {
            let stamp = Stamp {
                node: "a@b",
                pid: 1,
                clock: 1,
                at: EXPIRY,
            };
            let event = event.write("an id", &stamp);
            let event: Value = serde_json::from_str(&event).expect("JSON");
            assert_eq!(event["type"], kind);
            assert_eq!(event["uuid"], "an id");
            let event = event.as_object().expect("an object");
            let common = ["type", "hostname", "pid", "clock", "timestamp", "uuid"];
            let own: Vec<&str> = event.keys().map(String::as_str).collect();
            let own = own.into_iter().filter(|each| !common.contains(each));
            assert_eq!(own.collect::<Vec<_>>().join(" "), fields, "{kind}");
        }
    }
}
