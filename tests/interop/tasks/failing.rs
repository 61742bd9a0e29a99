//! Tasks that fail.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use domain::tasks::{Context, Handler, Reason, Task, TaskError, TaskId};
use serde::{Deserialize, Serialize};

/// Fails, and says what it was told to say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fail {
    #[serde(default = "boom")]
    message: String,
}

fn boom() -> String {
    "boom".to_owned()
}

impl Task for Fail {
    type Output = ();
    const NAME: &'static str = "interop.fail";
    const ARGUMENTS: &'static [&'static str] = &["message"];
}

pub(super) struct FailHandler;

#[async_trait]
impl Handler<Fail> for FailHandler {
    async fn handle(&self, task: Fail, _: &Context) -> Result<(), TaskError> {
        Err(TaskError::GiveUp(Reason::new(task.message)))
    }
}

/// Fails so often before it succeeds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retry {
    #[serde(default = "one")]
    fail_times: u32,
    #[serde(default = "one_second")]
    countdown: f64,
}

fn one() -> u32 {
    1
}

fn one_second() -> f64 {
    1.0
}

impl Task for Retry {
    type Output = u32;
    const NAME: &'static str = "interop.retry";
    const ARGUMENTS: &'static [&'static str] = &["fail_times", "countdown"];
    const MAX_RETRIES: Option<u32> = Some(3);
}

pub(super) struct RetryHandler;

#[async_trait]
impl Handler<Retry> for RetryHandler {
    async fn handle(&self, task: Retry, context: &Context) -> Result<u32, TaskError> {
        let retries = context.retries();
        if task.fail_times <= retries {
            return Ok(retries);
        }
        let wait = Duration::try_from_secs_f64(task.countdown).unwrap_or_default();
        let words = format!("attempt {retries}");
        Err(TaskError::RetryAfter(wait, Reason::new(words)))
    }
}

/// Is offered again so often before it is rejected for good; with nothing said, it is at once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reject {
    #[serde(default)]
    requeue_times: u32,
}

impl Task for Reject {
    type Output = ();
    const NAME: &'static str = "interop.reject";
    const ARGUMENTS: &'static [&'static str] = &["requeue_times"];
}

/// A rejected attempt does not count, so whoever counts them does it here.
#[derive(Default)]
pub(super) struct RejectHandler {
    requeued: Mutex<HashMap<TaskId, u32>>,
}

#[async_trait]
impl Handler<Reject> for RejectHandler {
    async fn handle(&self, task: Reject, context: &Context) -> Result<(), TaskError> {
        let mut requeued = self.requeued.lock().expect("nobody panics holding it");
        let times = requeued.entry(context.id.clone()).or_default();
        if task.requeue_times <= *times {
            requeued.remove(&context.id);
            return Err(TaskError::Reject(Reason::new("no good")));
        }
        *times += 1;
        Err(TaskError::Requeue(Reason::new(format!("not now, {times}"))))
    }
}
