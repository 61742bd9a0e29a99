//! What is stored of a task for those who wait for it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use domain::tasks::{Revocation, numbers};
use serde::Serialize;
use serde_json::{Map, Value};

use super::body::opened;
use super::{Exception, exception, write_moment};

/// How a task fares.
#[derive(Clone, Copy, Debug)]
pub enum ResultState<'a> {
    /// An attempt is being made by this process of this worker.
    Started {
        /// The id of the process.
        pid: u32,
        /// The name of the worker.
        hostname: &'a str,
    },
    /// It failed, and waits for another attempt; where it was raised, if anywhere.
    Retry(&'a Exception, Option<&'a str>),
    /// It is done.
    Success(&'a Value),
    /// There is no hope; where it was raised, if anywhere.
    Failure(&'a Exception, Option<&'a str>),
    /// Nobody wants it done any more.
    Revoked(Revocation),
}

impl ResultState<'_> {
    /// What Celery calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "STARTED",
            Self::Retry(..) => "RETRY",
            Self::Success(_) => "SUCCESS",
            Self::Failure(..) => "FAILURE",
            Self::Revoked(_) => "REVOKED",
        }
    }

    fn is_ready(&self) -> bool {
        !matches!(self, Self::Started { .. } | Self::Retry(..))
    }

    fn result(&self) -> Cow<'_, Value> {
        match self {
            Self::Started { pid, hostname } => {
                Cow::Owned(serde_json::json!({"pid": pid, "hostname": hostname}))
            }
            Self::Success(value) => Cow::Borrowed(value),
            Self::Retry(exception, _) | Self::Failure(exception, _) => {
                Cow::Owned(exception.to_value())
            }
            Self::Revoked(revocation) => {
                Cow::Owned(Exception::of_revocation(*revocation).to_value())
            }
        }
    }

    fn traceback(&self) -> Option<&str> {
        match self {
            Self::Retry(_, traceback) | Self::Failure(_, traceback) => *traceback,
            _ => None,
        }
    }
}

/// All that is stored of a task.
#[derive(Clone, Copy, Debug)]
pub struct ResultDocument<'a> {
    /// Its id.
    pub task_id: &'a str,
    /// How it fares.
    pub state: ResultState<'a>,
    /// What it sent, as Celery writes results of results.
    pub children: &'a [Value],
    /// The task that sent it.
    pub parent_id: Option<&'a str>,
    /// The group it belongs to.
    pub group_id: Option<&'a str>,
    /// What is stored only if it is asked for (`result_extended`).
    pub extended: Option<Extended<'a>>,
}

/// What is stored of a task only if it is asked for (`result_extended`).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Extended<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its positional arguments.
    pub args: &'a [Value],
    /// Its keyword arguments.
    pub kwargs: &'a Map<String, Value>,
    /// The name of the worker.
    pub worker: &'a str,
    /// How many attempts were made before.
    pub retries: u32,
    /// The queue it came from.
    pub queue: &'a str,
}

#[derive(Serialize)]
struct Written<'a> {
    // First, where our scripts look for it.
    status: &'static str,
    result: Cow<'a, Value>,
    traceback: Option<&'a str>,
    children: &'a [Value],
    date_done: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    extended: Option<Extended<'a>>,
    task_id: &'a str,
}

impl ResultDocument<'_> {
    /// The document as `AsyncResult` reads it; a task that has ended did so at `now`.
    ///
    /// # Panics
    ///
    /// Never: texts and values serialize.
    pub fn write(&self, now: DateTime<Utc>) -> String {
        let written = Written {
            status: self.state.name(),
            result: self.state.result(),
            traceback: self.state.traceback(),
            children: self.children,
            date_done: self.state.is_ready().then(|| write_moment(now)).flatten(),
            group_id: self.group_id,
            parent_id: self.parent_id,
            extended: self.extended,
            task_id: self.task_id,
        };
        let json = serde_json::to_string(&written).expect("texts and values serialize");
        numbers::written(json)
    }
}

/// What a part of a chord says of itself to whoever counts: `[1, id, state, result]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The id of the task.
    pub task_id: String,
    /// What was stored of it.
    pub stored: Stored,
}

impl Part {
    /// As it is kept.
    pub fn write(task_id: &str, state: &ResultState<'_>) -> String {
        let part = serde_json::json!([1, task_id, state.name(), state.result()]);
        numbers::written(part.to_string())
    }

    /// What was kept; `None` when it is no part.
    pub fn read(kept: &[u8]) -> Option<Self> {
        let (_, task_id, status, result): (Value, String, String, Value) = json(kept)?;
        let stored = Stored { status, result };
        Some(Self { task_id, stored })
    }
}

/// What somebody stored of a task.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Stored {
    /// How it fares, as Celery calls it.
    pub status: String,
    /// What came of it.
    #[serde(default)]
    pub result: Value,
}

impl Stored {
    /// What the task `id` gives to the body of its chord.
    ///
    /// # Errors
    ///
    /// When it gives nothing, because it failed.
    pub fn given_by(self, id: &str) -> Result<Value, Exception> {
        if matches!(self.status.as_str(), "FAILURE" | "REVOKED") {
            let raised = exception::shown(&self.result);
            let words = format!("Dependency {id} raised {raised}");
            return Err(Exception::of_chord(words));
        }
        Ok(self.result)
    }
}

/// What comes before a packed document, its way of packing, and a zero.
const PACKED: &[u8] = b"\0celery-compressed\0";

/// What is stored of a task, packed or not; `None` when nobody understands it.
pub fn read_stored<T: serde::de::DeserializeOwned>(document: &[u8]) -> Option<T> {
    let Some(packed) = document.strip_prefix(PACKED) else {
        return json(document);
    };
    let end = packed.iter().position(|byte| *byte == 0)?;
    let way = std::str::from_utf8(&packed[..end]).ok()?;
    json(&opened(packed[end + 1..].to_vec(), Some(way)).ok()?)
}

fn json<T: serde::de::DeserializeOwned>(text: &[u8]) -> Option<T> {
    numbers::read(text, |json| serde_json::from_slice(json)).ok()
}

#[cfg(test)]
mod tests;
