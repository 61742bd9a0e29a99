//! Tasks that return what follows from their arguments.

use std::time::Duration;

use async_trait::async_trait;
use domain::tasks::numbers::AnyNumber;
use domain::tasks::{Context, Handler, PayloadError, Reason, Task, TaskError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// Adds two numbers, texts or lists.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    x: Value,
    y: Value,
}

impl Task for Add {
    type Output = Value;
    const NAME: &'static str = "interop.add";
    const ARGUMENTS: &'static [&'static str] = &["x", "y"];
}

pub(super) struct AddHandler;

#[async_trait]
impl Handler<Add> for AddHandler {
    async fn handle(&self, Add { x, y }: Add, _: &Context) -> Result<Value, TaskError> {
        let sum = match (x, y) {
            (Value::String(x), Value::String(y)) => Some(Value::String(x + &y)),
            (Value::Array(x), Value::Array(y)) => Some(Value::Array([x, y].concat())),
            (x, y) => sum(x, y),
        };
        sum.ok_or_else(|| TaskError::GiveUp(Reason::new("these have no sum")))
    }
}

fn sum(x: Value, y: Value) -> Option<Value> {
    let number = |value| serde_json::from_value::<AnyNumber>(value).ok();
    let (x, y) = (number(x)?, number(y)?);
    let whole = x.as_i128().zip(y.as_i128());
    let sum = match whole.and_then(|(x, y)| x.checked_add(y)) {
        Some(sum) => AnyNumber::from(sum),
        None => AnyNumber::from(x.as_f64() + y.as_f64()),
    };
    serde_json::to_value(sum).ok()
}

/// Returns whatever it is given.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Echo {
    args: Vec<Value>,
    kwargs: Map<String, Value>,
}

impl Task for Echo {
    type Output = Self;
    const NAME: &'static str = "interop.echo";

    fn from_arguments(args: Vec<Value>, kwargs: Map<String, Value>) -> Result<Self, PayloadError> {
        Ok(Self { args, kwargs })
    }
}

pub(super) struct EchoHandler;

#[async_trait]
impl Handler<Echo> for EchoHandler {
    async fn handle(&self, echo: Echo, _: &Context) -> Result<Echo, TaskError> {
        Ok(echo)
    }
}

/// Waits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sleep {
    seconds: Number,
}

impl Task for Sleep {
    type Output = Number;
    const NAME: &'static str = "interop.sleep";
    const ARGUMENTS: &'static [&'static str] = &["seconds"];
}

pub(super) struct SleepHandler;

#[async_trait]
impl Handler<Sleep> for SleepHandler {
    async fn handle(&self, Sleep { seconds }: Sleep, _: &Context) -> Result<Number, TaskError> {
        sleep(&seconds).await?;
        Ok(seconds)
    }
}

/// Waits so many seconds.
pub(super) async fn sleep(seconds: &Number) -> Result<(), TaskError> {
    let wait = seconds.as_f64().map(Duration::try_from_secs_f64);
    let Some(Ok(wait)) = wait else {
        let words = format!("{seconds} is no number of seconds to wait");
        return Err(TaskError::GiveUp(Reason::new(words)));
    };
    tokio::time::sleep(wait).await;
    Ok(())
}

/// Is told of tasks that failed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Errback {
    task_id: Value,
}

impl Task for Errback {
    type Output = Value;
    const NAME: &'static str = "interop.errback";
    const ARGUMENTS: &'static [&'static str] = &["task_id"];
}

pub(super) struct ErrbackHandler;

#[async_trait]
impl Handler<Errback> for ErrbackHandler {
    async fn handle(&self, task: Errback, _: &Context) -> Result<Value, TaskError> {
        Ok(task.task_id)
    }
}
